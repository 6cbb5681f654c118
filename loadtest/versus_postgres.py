"""What `loadtest/bench versus-postgres` measures: Ayni, its journal in PostgreSQL, beside a row for each
transfer, written by a stored procedure in the same PostgreSQL (row_per_transfer.sql)."""

import contextlib
import math
import pathlib
import re
import statistics
import subprocess

from database import Database
from measure import Figure, rounded, timed, warmed
from postgres_server import PROGRAMS
from stand import Stand

SCHEMA = pathlib.Path(__file__).parent / "row_per_transfer.sql"
TRANSFERS_OF_CALL = {"single": 1, "array-1000": 1_000}
SCRIPTS = {
    ("single", "uniform"): r"""
        \set debit random(1, :accounts)
        \set other random(1, :accounts - 1)
        \set credit :other + CASE WHEN :other >= :debit THEN 1 ELSE 0 END
        \set amount random(1, 128)
        SELECT create_transfer(time_ordered_id(), :debit, :credit, :amount);""",
    ("single", "hot"): r"""
        \set credit random(2, :accounts)
        \set amount random(1, 128)
        SELECT create_transfer(time_ordered_id(), 1, :credit, :amount);""",
    ("array-1000", "uniform"): "SELECT create_random_transfers(1000, :accounts, false);",
    ("array-1000", "hot"): "SELECT create_random_transfers(1000, :accounts, true);",
}
# Of these the best is taken, for each of the scripts.
CLIENTS = {"single": (8, 24, 64), "array-1000": (1, 2, 4)}
# How Ayni is asked, and which calls of the procedure that is held beside.
MODES = {
    "unary": ("single", "unary", {"in_flight": 512, "connections": 2}),
    "stream": ("single", "stream", {"in_flight": 1_024, "connections": 2}),
    "batch-1000": ("array-1000", "batch", {"batch": 1_000, "in_flight": 16}),
}


class RowPerTransfer:
    """The procedure, in a database of its own on `server`, with as many accounts."""

    def __init__(self, server, accounts):
        self.server, self.accounts = server, accounts
        self.database = server.connection_string("transfers")
        server.sql("CREATE DATABASE transfers", "postgres")
        self.sql("--single-transaction", "--file", SCHEMA)
        self.sql("--command", "INSERT INTO account (account_id, overdraft_limit) "
                              f"SELECT number, 1e15 FROM generate_series(1, {accounts}) AS number",
                 "--command", "VACUUM (ANALYZE, FREEZE) account")

    def sql(self, *words):
        return subprocess.run([PROGRAMS / "psql", "-XAtq", "-v", "ON_ERROR_STOP=1", *words,
                               self.database], check=True, capture_output=True, text=True).stdout

    def load(self, kind, distribution, clients, seconds):
        """Transfers a second, durable and none refused, in a closed loop of `clients`: 0 when there
        are so many that none of them comes to an end."""
        script = self.server.folder / "script.sql"
        script.write_text(SCRIPTS[kind, distribution])
        answer = subprocess.run(
            [PROGRAMS / "pgbench", "--no-vacuum", "--protocol=prepared", f"--client={clients}",
             f"--jobs={min(2, clients)}", f"--time={math.ceil(seconds)}", f"--file={script}",
             f"--define=accounts={self.accounts}", self.database],
            capture_output=True, text=True, check=False)

        def number(pattern):
            return float(re.search(f"^{pattern}", answer.stdout, re.MULTILINE)[1])

        if answer.returncode != 0 or number(r"number of failed transactions: (\d+)") > 0:
            raise RuntimeError(f"pgbench: {answer.returncode}\n{answer.stdout}{answer.stderr}")
        if number(r"number of transactions actually processed: (\d+)") == 0:
            return 0.0
        return number(r"tps = ([\d.]+) \(without") * TRANSFERS_OF_CALL[kind]

    def best_clients(self, kind, distribution, seconds):
        return max(CLIENTS[kind], key=lambda clients: self.load(
            kind, distribution, clients, seconds))

    def check(self):
        """The procedure did what it was measured for."""
        sums = [self.sql("--command", f"SELECT sum({what}) FROM {table}").strip() for what, table in (
            ("amount", "transfer"), ("debits_posted", "account"), ("credits_posted", "account"))]
        if len(set(sums)) != 1:
            raise RuntimeError(f"Σ of transfers, debits and credits differ: {sums}")


def versus_postgres(scale, failures):
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(Database())
        stand = stack.enter_context(Stand(tls=True, database=server.connection_string()))
        warmed(stand, scale, failures)
        rows = RowPerTransfer(server, scale.accounts)
        for distribution in ("uniform", "hot"):
            yield from beside_rows(stand, rows, distribution, scale, failures)
        rows.check()


def beside_rows(stand, rows, distribution, scale, failures):
    clients = {kind: rows.best_clients(kind, distribution, scale.seconds / 2) for kind in CLIENTS}
    ours, theirs = {mode: [] for mode in MODES}, {kind: [] for kind in CLIENTS}
    for _ in range(scale.runs):
        for kind in CLIENTS:
            # Half before and half behind: a machine that changes touches both alike.
            halves = [rows.load(kind, distribution, clients[kind], scale.seconds / 2)]
            for mode, (beside, how, flags) in MODES.items():
                if beside == kind:
                    ours[mode].append(failures.check(f"versus-postgres {distribution} {mode}",
                                                     stand.load(how, accounts=scale.accounts,
                                                                distribution=distribution, **flags,
                                                                **timed(scale)))["rate"])
                    stand.wait_settled()
            halves.append(rows.load(kind, distribution, clients[kind], scale.seconds / 2))
            theirs[kind].append(statistics.mean(halves))
            if not all(halves):
                raise RuntimeError(f"versus-postgres {distribution}: the procedure made no transfer")
    for mode, (kind, _, _) in MODES.items():
        yield Figure(f"versus-postgres.{distribution}.{mode}.ratio",
                     [our / their for our, their in zip(ours[mode], theirs[kind])], "ratio", {
            "rate": rounded(statistics.median(ours[mode])),
            f"postgres_{kind}_rate": rounded(statistics.median(theirs[kind])),
            "postgres_clients": clients[kind]})
