"""What `loadtest/bench` measures: one function for each name. Each yields Figures."""

import dataclasses
import json
import statistics
import threading
import time

import books
import pg_journal
import versus_postgres
from measure import Figure, cpu_of_item, median_of, rounded, timed, warmed
from stand import PAYEE, PAYER, Stand, sum_of


def prepared(stand, scale, failures):
    """A warm stand, with the echo server."""
    warmed(stand, scale, failures)
    stand.start_echo()


def beside_echo(name, mode, echo_mode, at_least, scale, failures, load):
    """Single transfers and their echo in turn: the maximum in a closed loop, then the latency of
    both in an open loop at the same rate."""
    for tls in (True, False):
        with Stand(tls) as stand:
            prepared(stand, scale, failures)
            label = f"{name}.{stand.security}"
            subject, echo, open_subject, open_echo, behind = [], [], [], [], []
            flags = {**load, "accounts": scale.accounts}
            for _ in range(scale.runs):
                # Half of the echo before and half behind: a machine that changes touches both alike.
                halves = {"seconds": scale.seconds / 2, "warmup": scale.warmup}
                before = failures.check(f"{label} echo", stand.load(echo_mode, **flags, **halves))
                subject.append(failures.check(label, stand.load(mode, **flags, **timed(scale))))
                behind.append(stand.wait_settled())
                after = failures.check(f"{label} echo", stand.load(echo_mode, **flags, **halves))
                echo.append({**before, "rate": (before["rate"] + after["rate"]) / 2})
                rate = max(1, round(0.5 * subject[0]["rate"]))
                open_echo.append(failures.check(f"{label} echo, open loop", stand.load(
                    echo_mode, **flags, **timed(scale), rate=rate)))
                open_subject.append(failures.check(f"{label}, open loop", stand.load(
                    mode, **flags, **timed(scale), rate=rate)))
                stand.wait_settled()
            ratios = [one["rate"] / other["rate"] for one, other in zip(subject, echo)]
            yield Figure(f"{label}.rate", [run["rate"] for run in subject], "transfers/s", {
                "echo_rate": median_of(echo, "rate"), "in_flight": load["in_flight"],
                "cpu_us": cpu_of_item(subject), "history_behind": max(behind)})
            yield Figure(f"{label}.of_echo", ratios, "ratio", {}, at_least)
            for quantile in ("p50_us", "p99_us", "p99_9_us"):
                yield Figure(f"{label}.{quantile}", [run[quantile] for run in open_subject], "us", {
                    "echo": median_of(open_echo, quantile), "offered_rate": rate,
                    "at_maximum_rate": median_of(subject, quantile),
                    "echo_at_maximum_rate": median_of(echo, quantile)})


def unary(scale, failures):
    yield from beside_echo("unary", "unary", "echo-unary", 0.70, scale, failures,
                           {"in_flight": 512, "connections": 2})


def stream(scale, failures):
    yield from beside_echo("stream", "stream", "echo-stream", 0.80, scale, failures,
                           {"in_flight": 1_024, "connections": 2})


def ledger_batch(scale, failures):
    for tls in (True, False):
        for batch, in_flight in ((1_000, 16), (8_000, 4)):
            with Stand(tls) as stand:
                prepared(stand, scale, failures)
                label = f"ledger-batch-{batch}.{stand.security}"
                flags = {"batch": batch, "in_flight": in_flight, "accounts": scale.accounts}
                subject, echo, behind = [], [], []
                for _ in range(scale.runs):
                    echo.append(failures.check(f"{label} echo", stand.load(
                        "echo-batch", **flags, **timed(scale))))
                    subject.append(failures.check(label, stand.load(
                        "batch", **flags, **timed(scale))))
                    behind.append(stand.wait_settled())
                yield Figure(f"{label}.rate", [run["rate"] for run in subject], "transfers/s", {
                    "echo_rate": median_of(echo, "rate"), "in_flight": in_flight,
                    "cpu_us": cpu_of_item(subject), "history_behind": max(behind)}, 500_000)
                yield Figure(f"{label}.p99_us", [run["p99_us"] for run in subject], "us", {
                    "p50": median_of(subject, "p50_us"), "echo": median_of(echo, "p99_us")})


def hot_account(scale, failures):
    for tls in (True, False):
        with Stand(tls) as stand:
            prepared(stand, scale, failures)
            label = f"hot-account.{stand.security}"
            flags = {"batch": 8_000, "in_flight": 4, "accounts": scale.accounts}
            runs = {"uniform": [], "hot": []}
            for _ in range(scale.runs):
                # There and back: what changes steadily while a run lasts touches both alike.
                once = {"uniform": [], "hot": []}
                for kind in ("uniform", "hot", "hot", "uniform"):
                    once[kind].append(failures.check(f"{label} {kind}", stand.load(
                        "batch", distribution=kind, **flags, **timed(scale)))["rate"])
                    stand.wait_settled()
                for kind, rates in once.items():
                    runs[kind].append(statistics.mean(rates))
            ratios = [hot / uniform for hot, uniform in zip(runs["hot"], runs["uniform"])]
            yield Figure(f"{label}.of_uniform", ratios, "ratio", {
                "hot_rate": round(statistics.median(runs["hot"])),
                "uniform_rate": round(statistics.median(runs["uniform"]))}, 0.95)


# Frames and the writes that carried them, by process.
FRAME_METRICS = {
    "switchd": ("ayni_link_frames_sent_total", "ayni_link_writes_total"),
    PAYER.code: ("ayni_walletsim_frames_written_total", "ayni_walletsim_writes_total"),
    PAYEE.code: ("ayni_walletsim_frames_written_total", "ayni_walletsim_writes_total"),
}


def frame_counts(stand):
    endpoints = {"switchd": stand.metrics_endpoint, **stand.wallet_metrics}
    return {process: [sum_of(endpoints[process], name) for name in names]
            for process, names in FRAME_METRICS.items()}


def frames_of_write(before, after):
    """Of each process; null where it exports no such metric."""
    result = {}
    for process, (frames, writes) in after.items():
        first_frames, first_writes = before[process]
        known = None not in (frames, writes, first_frames, first_writes)
        result[process] = (rounded((frames - first_frames) / (writes - first_writes))
                           if known and writes > first_writes else None)
    return result


def wallets(scale, failures):
    for tls in (True, False):
        for style in ("unary", "stream"):
            with Stand(tls, wallets=True, payer_style=style) as stand:
                stand.start()
                flags = {"accounts": scale.customers, "payee": PAYEE.code}
                stand.load("wallets", **flags, setup_only=True,
                           payee_target=stand.wallet_endpoints[PAYEE.code])
                stand.load("wallets", **flags, in_flight=512, count=20 * scale.customers)
                stand.wait_settled()
                label = f"wallets-{style}.{stand.security}"
                yield from wallet_figures(stand, label, flags, scale, failures)


def wallet_figures(stand, label, flags, scale, failures):
    target = 8_000
    closed, opened, before = [], [], frame_counts(stand)
    for _ in range(scale.runs):
        closed.append(failures.check(label, stand.load(
            "wallets", **flags, in_flight=512, **timed(scale))))
        stand.wait_settled()
    frames = frames_of_write(before, frame_counts(stand))
    # A little under what was just reached, when that is less than the target.
    rate = max(1, min(target, round(0.8 * statistics.median(run["rate"] for run in closed))))
    for _ in range(scale.runs):
        opened.append(failures.check(f"{label}, open loop", stand.load(
            "wallets", **flags, in_flight=8_192, rate=rate, **timed(scale))))
        stand.wait_settled()
    yield Figure(f"{label}.rate", [run["rate"] for run in closed], "payments/s", {
        "in_flight": 512, "cpu_us": cpu_of_item(closed), "frames_per_write": frames,
        "p99_us": median_of(closed, "p99_us")}, target)
    for quantile in ("p50_us", "p99_us", "p99_9_us"):
        yield Figure(f"{label}.{quantile}", [run[quantile] for run in opened], "us", {
            "offered_rate": rate, "reached_rate": median_of(opened, "rate")})


def load_ids(stand, scale, failures, what):
    """`scale.transfers` one-step transfers, as fast as they go."""
    failures.check(what, stand.load("batch", accounts=scale.accounts, batch=8_000, in_flight=4,
                                    count=scale.transfers))
    stand.wait_settled()


def memory(scale, failures):
    of_account, of_id, resident = [], [], {}
    for _ in range(min(scale.runs, 3)):
        with Stand(tls=True, accounts=max(scale.accounts + 64, 65_536),
                   remembered=max(scale.transfers + 1_024, 524_288)) as stand:
            stand.start()
            resident["empty"] = stand.resident_bytes()
            stand.load("batch", accounts=scale.accounts, setup_only=True)
            stand.wait_settled()
            resident["with_accounts"] = stand.resident_bytes()
            load_ids(stand, scale, failures, "memory")
            resident["with_ids"] = stand.resident_bytes()
            remembered = stand.status().remembered_transfers
            of_account.append((resident["with_accounts"] - resident["empty"]) / scale.accounts)
            of_id.append((resident["with_ids"] - resident["with_accounts"]) / remembered)
    yield Figure("memory.per_account", of_account, "bytes", {
        "accounts": scale.accounts, "resident_bytes": dict(resident)})
    yield Figure("memory.per_remembered_id", of_id, "bytes", {"remembered": remembered})


def posted(stand):
    """What no restart may change: accounts, and what was ever posted to them."""
    status = stand.status()
    return (status.accounts, [(each.currency_code, each.debits_posted, each.credits_posted)
                              for each in status.totals])


def restart(scale, failures):
    with Stand(tls=True) as stand:
        stand.start()
        stand.load("batch", accounts=scale.accounts, setup_only=True)
        load_ids(stand, scale, failures, "restart")
        before, seconds, rates = posted(stand), [], []
        for _ in range(scale.runs):
            stand.processes["switchd"].kill()
            started = time.monotonic()
            process = stand.start_switch(wait=False)
            stand.wait_serving(process)
            seconds.append(time.monotonic() - started)
            commands = stand.metric("ayni_replayed_commands")
            rates.append(commands / seconds[-1])
            if posted(stand) != before:
                failures.seen.append(f"restart: {posted(stand)} after replay, {before} before")
        yield Figure("restart.seconds", seconds, "s", {
            "accounts": stand.status().accounts, "replayed_commands": round(commands)})
        yield Figure("restart.replay_rate", rates, "commands/s")


def snapshot(scale, failures):
    """Snapshots taken beside load, then restarts with and without them, on one large ledger."""
    with Stand(tls=True, accounts=max(scale.accounts + 64, 65_536)) as stand:
        stand.start()
        stand.load("batch", accounts=scale.accounts, setup_only=True)
        load_ids(stand, scale, failures, "snapshot")
        first = take_snapshot(stand)
        again = take_snapshot(stand)
        yield Figure("snapshot.bytes", [first["bytes"]], "bytes", {
            "accounts": scale.accounts, "transfers": scale.transfers})
        yield Figure("snapshot.take_seconds", [again["seconds"]], "s", {
            "replaying_everything": rounded(first["seconds"])})
        for mode, flags in (("unary", {"in_flight": 256, "connections": 2}),
                            ("stream", {"in_flight": 1_024, "connections": 2})):
            yield from beside_snapshots(stand, mode, flags, again["seconds"], scale, failures)
        yield from snapshot_restarts(stand, scale, failures)


def take_snapshot(stand, news=True):
    """What ayctl says about the snapshot that it took, and how many seconds that was."""
    if news:  # it takes none of a state that it has
        stand.load("batch", accounts=1_000, batch=1_000, count=1_000)
    started = time.monotonic()
    answer = stand.ayctl("journal", "snapshot", stand.folder / "journal", "--json")
    return {**json.loads(answer.stdout), "seconds": time.monotonic() - started}


class Snapshots(threading.Thread):
    """One snapshot after the other, until told to stop."""

    def __init__(self, stand):
        super().__init__()
        self.stand, self.taken, self.error = stand, [], None
        self.stopping = threading.Event()

    def run(self):
        try:
            while not self.stopping.is_set():
                self.taken.append(take_snapshot(self.stand, news=False))
        except Exception as error:  # to be raised by whoever joins
            self.error = error

    def finish(self):
        self.stopping.set()
        self.join()
        if self.error:
            raise self.error
        return [each for each in self.taken if each["is_new"]]


def beside_snapshots(stand, mode, flags, snapshot_seconds, scale, failures):
    """The latency of single transfers in an open loop, with and without a snapshot being taken, in
    turn. A run is as long as a snapshot takes, within reason, so that it meets each part of it."""
    label = f"snapshot.{mode}"
    flags = {**flags, "accounts": scale.accounts}
    closed = failures.check(label, stand.load(mode, **flags, **timed(scale)))
    stand.wait_settled()
    rate = max(1, round(0.5 * closed["rate"]))
    seconds = min(20.0, max(scale.seconds, snapshot_seconds))
    runs, taken = {"with": [], "without": []}, []
    for number in range(scale.runs):
        # In turn, so that neither is always the first.
        for kind in ("without", "with") if number % 2 == 0 else ("with", "without"):
            snapshots = Snapshots(stand) if kind == "with" else None
            if snapshots:
                snapshots.start()
            runs[kind].append(failures.check(f"{label} {kind}", stand.load(
                mode, **flags, seconds=seconds, warmup=scale.warmup, rate=rate)))
            if snapshots:
                taken += snapshots.finish()
            stand.wait_settled()
    for quantile in ("p50_us", "p99_us", "p99_9_us"):
        yield Figure(f"{label}.{quantile}", [run[quantile] for run in runs["with"]], "us", {
            "without": median_of(runs["without"], quantile),
            "without_min": rounded(min(run[quantile] for run in runs["without"])),
            "without_max": rounded(max(run[quantile] for run in runs["without"])),
            "offered_rate": rate,
            "snapshots": len(taken), "snapshot_seconds": median_of(taken, "seconds")})


def snapshot_restarts(stand, scale, failures):
    """kill -9 and start again: from the newest snapshot with a tail of one command in twenty behind
    it, and, with the snapshots put away, from the first command."""
    take_snapshot(stand)
    tail = dataclasses.replace(scale, transfers=max(1, scale.transfers // 20))
    load_ids(stand, tail, failures, "snapshot tail")
    shelf, away = stand.folder / "journal/snapshots", stand.folder / "snapshots-away"
    before, runs = posted(stand), {"snapshot": [], "full": []}
    for _ in range(scale.runs):
        for kind in ("snapshot", "full"):
            if kind == "full":
                shelf.rename(away)
            # However long a machine with neighbours takes for a replay of everything.
            runs[kind].append(timed_restart(stand, patience=300 + scale.transfers / 100_000))
            if kind == "full":
                away.rename(shelf)
            if posted(stand) != before:
                failures.seen.append(f"snapshot: {posted(stand)} after a restart, {before} before")
    started_from = {run["started_from"] > 0 for run in runs["snapshot"]}
    if started_from != {True}:
        failures.seen.append("snapshot: a restart did not use the snapshot")
    for key, unit in (("seconds", "s"), ("resident_bytes", "bytes")):
        yield Figure(f"snapshot.restart_{key}", [run[key] for run in runs["snapshot"]], unit, {
            "full_replay": median_of(runs["full"], key),
            "replayed_commands": median_of(runs["snapshot"], "commands"),
            "full_replay_commands": median_of(runs["full"], "commands")})


def timed_restart(stand, patience=300):
    stand.processes["switchd"].kill()
    started = time.monotonic()
    process = stand.start_switch(wait=False)
    stand.wait_serving(process, patience)
    seconds = time.monotonic() - started
    run = {"seconds": seconds, "resident_bytes": stand.resident_bytes(),
           "commands": stand.metric("ayni_replayed_commands"),
           "started_from": stand.metric("ayni_snapshot_start_sequence")}
    stand.wait_settled()
    return run


NAMES = {
    "unary": (unary, "single durable transfers by unary calls, beside an echo", 260),
    "stream": (stream, "single durable transfers over a stream, beside a stream echo", 260),
    "ledger-batch": (ledger_batch, "batches of 1,000 and 8,000 transfers, beside an echo", 260),
    "wallets": (wallets, "payments from wallet to wallet, two walletsims and the switch", 280),
    "hot-account": (hot_account, "one account debited by all, beside uniform accounts", 220),
    "memory": (memory, "bytes for each account and each remembered id", 120),
    "restart": (restart, "kill -9, then the time until the switch serves", 100),
    "projection": (books.projection, "books built from a journal; their lag behind a switch under load", 300),
    "pg-journal": (pg_journal.pg_journal,
                   "the journal in PostgreSQL, alone and with a standby, beside files", 700),
    "versus-postgres": (versus_postgres.versus_postgres,
                        "beside a stored procedure that writes a row for each transfer", 330),
    "snapshot": (snapshot, "latency while snapshots are taken; restarts with and without them", 600),
}
