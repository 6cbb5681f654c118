"""What all measurements share: how long they last, what a figure is, a switch that is warm."""

import dataclasses
import statistics


@dataclasses.dataclass
class Scale:
    """How long and how often."""
    runs: int
    seconds: float
    warmup: float
    accounts: int
    customers: int
    transfers: int  # of memory, restart and snapshot


FULL = Scale(runs=5, seconds=4, warmup=1, accounts=1_000_000, customers=10_000,
             transfers=10_000_000)
# What `snapshot` must also bear: 13 GB of files, 5 GB of memory, a quarter of an hour.
LARGE = Scale(runs=1, seconds=4, warmup=1, accounts=10_000_000, customers=10_000,
              transfers=100_000_000)
QUICK = Scale(runs=1, seconds=1, warmup=0.5, accounts=100_000, customers=1_000,
              transfers=500_000)


@dataclasses.dataclass
class Figure:
    name: str
    values: list  # one a run
    unit: str
    beside: dict = dataclasses.field(default_factory=dict)
    at_least: float = None

    def line(self):
        """The value is the median of the runs. A missed target stands in `beside`, too."""
        value = statistics.median(self.values)
        beside = dict(self.beside)
        if self.at_least is not None:
            beside["target"] = self.at_least
            beside["met"] = self.is_met()
        return {"name": self.name, "value": rounded(value), "unit": self.unit,
                "runs": len(self.values), "min": rounded(min(self.values)),
                "max": rounded(max(self.values)), "beside": beside}

    def is_met(self):
        return self.at_least is None or statistics.median(self.values) >= self.at_least


def rounded(value):
    return round(value, 3) if abs(value) < 1000 else round(value)


def median_of(runs, key):
    return rounded(statistics.median(run[key] for run in runs))


def cpu_of_item(runs):
    """Core-microseconds of each process for one item that succeeded; the median of the runs."""
    return {name: rounded(statistics.median(
        run["cpu_us"][name] / max(1, run["ok"]) for run in runs)) for name in runs[0]["cpu_us"]}


class Failures:
    """A load figure counts only when everything that was offered succeeded."""

    def __init__(self):
        self.seen = []

    def check(self, what, run):
        if run["errors"] or run["unanswered"]:
            self.seen.append(f"{what}: errors {run['errors']}, unanswered {run['unanswered']}, "
                             f"first {run.get('first_error')}")
        return run


def warmed(stand, scale, failures):
    """A stand that is up, with accounts, and warm."""
    stand.start()
    stand.load("batch", accounts=scale.accounts, setup_only=True)
    # A switch that has just started touches each page of its tables for the first time.
    failures.check("warm-up", stand.load("batch", accounts=scale.accounts, batch=8_000, in_flight=4,
                                         count=800_000))
    stand.wait_settled()
    return stand


def timed(scale):
    return {"seconds": scale.seconds, "warmup": scale.warmup}
