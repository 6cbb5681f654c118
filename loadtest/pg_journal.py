"""What `loadtest/bench pg-journal` measures: the switch with its journal in PostgreSQL (alone, with a
synchronous standby, and with that and a switch that follows), beside the same with the file journal."""

import contextlib
import dataclasses
import statistics

from database import Database, ReplicatedDatabase
from measure import cpu_of_item, Figure, median_of, rounded, timed, warmed
from stand import PAYEE, Stand

IN_POSTGRES = ("alone", "standby", "followed")
# By loadgen's mode; the targets are those of the database alone.
UNITS = {"batch": "transfers/s", "wallets": "payments/s"}
TARGETS = {"batch": 250_000, "wallets": 4_000}


@dataclasses.dataclass
class Journalled:
    """A switch, and the database that has its journal; none when files have it."""
    stand: Stand
    database: Database = None

    def counters(self):
        names = {"commands": "ayni_journal_commands_total",
                 "batches": "ayni_journal_batches_total",
                 "append_seconds": "ayni_journal_append_seconds_sum"}
        found = {name: self.stand.metric(metric) for name, metric in names.items()}
        if self.database:
            found["wal_bytes"] = self.database.wal_bytes()
            found["cpu_seconds"] = self.database.cpu_seconds()
        return found

    def load(self, mode, **flags):
        """One run, nothing left over from it; with what the journal did meanwhile."""
        before = self.counters()
        run = self.stand.load(mode, **flags)
        after = self.counters()
        run["journal"] = {name: after[name] - before[name] for name in after}
        run["history_behind"] = self.stand.wait_settled()
        if self.database:
            run["journal"]["checkpoint_seconds"] = self.database.checkpoint()
        return run


def what_journals_did(runs):
    """By the median of the runs."""
    def median(value_of):
        return rounded(statistics.median(value_of(run["journal"]) for run in runs))
    found = {"commands_per_append": median(lambda did: did["commands"] / did["batches"]),
             "append_ms": median(lambda did: 1e3 * did["append_seconds"] / did["batches"])}
    if "wal_bytes" in runs[0]["journal"]:
        found["wal_bytes_per_command"] = median(lambda did: did["wal_bytes"] / did["commands"])
        found["postgres_cpu_us_per_command"] = median(
            lambda did: 1e6 * did["cpu_seconds"] / did["commands"])
        found["checkpoint_seconds"] = median(lambda did: did["checkpoint_seconds"])
    return found


@contextlib.contextmanager
def switches(scale, failures):
    """By what they are, up and warm. One works at a time."""
    with contextlib.ExitStack() as stack:
        alone = stack.enter_context(Database())
        replicated = stack.enter_context(ReplicatedDatabase())
        replicated.sql("CREATE DATABASE followed", "postgres")
        result = {}
        for kind, database, name in (("file", None, ""), ("alone", alone, "ayni"),
                                     ("standby", replicated, "ayni"),
                                     ("followed", replicated, "followed")):
            connection = database.connection_string(name) if database else ""
            stand = stack.enter_context(Stand(tls=True, wallets=True, database=connection))
            warmed(stand, scale, failures)
            if kind == "followed":
                stand.start_follower()
            warm_wallets(stand, scale, failures)
            result[kind] = Journalled(stand, database)
        yield result


def warm_wallets(stand, scale, failures):
    flags = payments(scale)
    stand.load("wallets", **flags, setup_only=True,
               payee_target=stand.wallet_endpoints[PAYEE.code])
    failures.check("pg-journal warm-up", stand.load("wallets", **flags, in_flight=512,
                                                    count=5 * scale.customers))
    stand.wait_settled()


def payments(scale):
    return {"accounts": scale.customers, "payee": PAYEE.code}


def offered(scale):
    """What is measured: its name, what makes figures of the runs, loadgen's mode and flags. The rates
    of open loops are within what the slowest reaches."""
    transfers = {"accounts": scale.accounts, **timed(scale)}
    paid = {**payments(scale), **timed(scale)}
    return [("batch-1000", rates, "batch", {**transfers, "batch": 1_000, "in_flight": 16}),
            ("batch-8000", rates, "batch", {**transfers, "batch": 8_000, "in_flight": 4}),
            ("stream", latencies, "stream", {**transfers, "connections": 2, "in_flight": 8_192,
                                             "rate": 10_000}),
            ("wallets", rates, "wallets", {**paid, "in_flight": 512}),
            ("wallets", latencies, "wallets", {**paid, "in_flight": 8_192, "rate": 2_000})]


def in_turn(kinds, number):
    """Another one first each time, so that none always follows the same one."""
    first = number % len(kinds)
    return kinds[first:] + kinds[:first]


def pg_journal(scale, failures):
    with switches(scale, failures) as subjects:
        for name, figures_of, mode, flags in offered(scale):
            runs = {kind: [] for kind in subjects}
            for number in range(scale.runs):
                for kind in in_turn(list(subjects), number):
                    runs[kind].append(failures.check(
                        f"pg-journal {name}, {kind}", subjects[kind].load(mode, **flags)))
            yield from figures_of(f"pg-journal.{name}", mode, runs)


def rates(name, mode, runs):
    """Of a closed loop."""
    for kind in IN_POSTGRES:
        yield Figure(f"{name}.{kind}.rate", [run["rate"] for run in runs[kind]], UNITS[mode], {
            "file": median_of(runs["file"], "rate"), "in_flight": runs[kind][0]["in_flight"],
            "p50_us": median_of(runs[kind], "p50_us"), "p99_us": median_of(runs[kind], "p99_us"),
            "file_p99_us": median_of(runs["file"], "p99_us"),
            "cpu_us": cpu_of_item(runs[kind]), **what_journals_did(runs[kind]),
            "file_append_ms": what_journals_did(runs["file"])["append_ms"],
            "history_behind": max(run["history_behind"] for run in runs[kind]),
        }, TARGETS[mode] if kind == "alone" else None)


def latencies(name, mode, runs):
    """Of an open loop."""
    del mode
    for kind in IN_POSTGRES:
        for quantile in ("p50_us", "p99_us"):
            yield Figure(f"{name}.{kind}.{quantile}", [run[quantile] for run in runs[kind]], "us", {
                "file": median_of(runs["file"], quantile),
                "offered_rate": runs[kind][0]["offered_rate"],
                "reached_rate": median_of(runs[kind], "rate"),
                "append_ms": what_journals_did(runs[kind])["append_ms"],
                "file_append_ms": what_journals_did(runs["file"])["append_ms"]})
