"""What `loadtest/bench projection` measures: how fast books are built from a journal, and how far they
are behind a switch under load."""

import pathlib
import re
import statistics
import subprocess
import tempfile
import threading
import time
from datetime import datetime

from measure import Figure
from stand import BINARIES, Process, Stand, sum_of, wait_until
from postgres_server import PostgresServer  # found by what stand adds to the path

# PostgreSQL as one would run it on this machine.
SETTINGS = {"shared_buffers": "1GB", "max_wal_size": "8GB"}
LARGEST = 2_000_000  # transfers: a run of some tens of seconds


def write_config(folder, journal, server, listen="127.0.0.1:0"):
    config = pathlib.Path(folder) / "projectord.toml"
    config.write_text("\n".join([
        "[journal]", f'directory = "{journal}"',
        "[database]", f'connection = "{server.connection_string()}"',
        "[metrics]", f'listen = "{listen}"']) + "\n")
    return config


def migrate(server):
    subprocess.run([BINARIES / "ayctl", "schema", "migrate", "--database",
                    server.connection_string()], check=True, stdout=subprocess.DEVNULL)


def seconds_of(log):
    """From its first to its last line: the end of the process takes longer, for its web server."""
    times = [datetime.fromisoformat(stamp.replace("Z", "+00:00"))
             for stamp in re.findall(r"^ts=(\S+)", log, re.MULTILINE)]
    return (times[-1] - times[0]).total_seconds()


def build(scale, name, flags):
    """Postings and rows a second, one value a run; the largest of the checksums must agree."""
    postings, rows, checksums = [], [], set()
    with tempfile.TemporaryDirectory(prefix="ayni-bench-") as folder:
        journal = pathlib.Path(folder) / "journal"
        subprocess.run([BINARIES / "journal_maker", journal, *flags], check=True,
                       stdout=subprocess.DEVNULL)
        with PostgresServer(SETTINGS) as server:
            migrate(server)
            config = write_config(folder, journal, server)
            for _ in range(min(scale.runs, 3)):
                answer = subprocess.run([BINARIES / "projectord", "--config", config, "--rebuild"],
                                        capture_output=True, text=True, check=True)
                seconds = seconds_of(answer.stderr)
                counted = [int(server.sql(f"SELECT count(*) FROM {table}"))
                           for table in ("posting", "transfer", "account_entry")]
                postings.append(counted[0] / seconds)
                rows.append(sum(counted) / seconds)
                checksums.add(server.sql("SELECT sum(checksum) FROM books_checksum()"))
    if len(checksums) != 1:
        raise RuntimeError(f"{name}: books of one journal with checksums {checksums}")
    return postings, rows


class Sampler(threading.Thread):
    """The lag of the books, again and again."""

    def __init__(self, endpoint):
        super().__init__()
        self.endpoint, self.lags, self.stopping = endpoint, [], threading.Event()

    def run(self):
        while not self.stopping.wait(0.1):
            lag = sum_of(self.endpoint, "ayni_projection_lag_seconds")
            if lag is not None:
                self.lags.append(lag)

    def finish(self):
        self.stopping.set()
        self.join()
        return sorted(self.lags)


def under_load(scale, failures, rate):
    """Single transfers over a stream, at a rate, while projectord follows."""
    with Stand(tls=True) as stand, PostgresServer(SETTINGS) as server:
        stand.start()
        stand.load("stream", accounts=10_000, setup_only=True)
        migrate(server)
        config = write_config(stand.folder, stand.folder / "journal", server)
        process = Process("projectord", [BINARIES / "projectord", "--config", config],
                          stand.folder / "projectord.log")
        stand.processes["projectord"] = process
        endpoint = process.wait_for("listening on").split()[-1]
        caught_up(stand, endpoint)
        sampler = Sampler(endpoint)
        sampler.start()
        run = failures.check("projection", stand.load(
            "stream", accounts=10_000, in_flight=1_024, rate=rate,
            seconds=max(10.0, 3 * scale.seconds), warmup=scale.warmup))
        lags = sampler.finish()
        started = time.monotonic()
        caught_up(stand, endpoint)
        yield Figure("projection.lag_p99_ms", [1_000 * lags[int(0.99 * (len(lags) - 1))]], "ms", {
            "p50": round(1_000 * statistics.median(lags)), "max": round(1_000 * lags[-1]),
            "offered_rate": rate, "reached_rate": round(run["rate"]), "samples": len(lags),
            "caught_up_after_s": round(time.monotonic() - started, 1)})


def caught_up(stand, endpoint):
    sequence = stand.metric("ayni_last_durable_sequence")
    wait_until(lambda: (sum_of(endpoint, "ayni_projection_sequence") or 0) >= sequence,
               "the books have come up with the journal", seconds=600)


def projection(scale, failures):
    transfers = min(scale.transfers, LARGEST)
    for name, flags in (
            ("payments", ["--payments", str(transfers)]),
            ("transfers", ["--transfers", str(transfers)]),
            ("transfers-of-8", ["--transfers", str(transfers // 4), "--legs", "8"])):
        postings, rows = build(scale, name, flags)
        yield Figure(f"projection.{name}.postings", postings, "postings/s", {
            "rows": round(statistics.median(rows)), "transfers": transfers})
    yield from under_load(scale, failures, 5_000)
