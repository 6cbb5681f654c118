"""A switch and its institutions as real processes, for labs and integration tests.

    with Testbed() as bed:
        bed.start()
        bed.wallet("yape").call("ayni.walletsim.v1.WalletSimService/Pay", {...})

Everything lives in one temporary folder and on loopback. Programs come from AYNI_BIN (default
.build/release/bin). AYNI_KEEP=1 keeps the folder, and its path is printed.
"""

import collections
import json
import os
import pathlib
import queue
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

import ayni_client

# A shell has what it starts in the background ignore these, and whatever that starts in turn.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGQUIT, signal.SIG_DFL)

REPOSITORY = ayni_client.REPOSITORY
BINARIES = pathlib.Path(os.environ.get("AYNI_BIN", REPOSITORY / ".build/release/bin"))
# Nothing takes this long on a working system, a sanitizer's build on a busy machine included.
PATIENCE_SECONDS = float(os.environ.get("AYNI_PATIENCE_SECONDS", "120"))

Participant = collections.namedtuple("Participant", "id code entity")
INSTITUTIONS = (Participant(2, "yape", 2), Participant(3, "bim", 921), Participant(4, "coopac", 880))

LEDGER_CONFIG = "accounts = 65536\nremembered_transfers = 1048576\nlive_transfers = 65536"

TRANSFERS = "ayni.v1.TransferService/"
ADMIN = "ayni.v1.AdminService/"
SETTLEMENT = "ayni.v1.SettlementService/"
LEDGER = "ayni.v1.LedgerService/"
WALLET = "ayni.walletsim.v1.WalletSimService/"


def wait_until(condition, what, seconds=PATIENCE_SECONDS, pause=0.02):
    """Returns the first true value of `condition()`; raises when none comes."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {seconds:.0f} s for: {what}")
        time.sleep(pause)


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


def pen(minor_units):
    return {"currency_code": "PEN", "minor_units": minor_units}


class Process:
    """A program of ours, its output in a file, started when it says that it listens."""

    def __init__(self, name, arguments, log, environment=None):
        self.name, self.log = name, pathlib.Path(log)
        self.lines = queue.Queue()
        self.process = subprocess.Popen([str(word) for word in arguments], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                        env={**os.environ, **(environment or {})})
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        with self.log.open("a") as log:
            for line in self.process.stdout:
                log.write(line)
                log.flush()
                self.lines.put(line)
        self.lines.put(None)

    def wait_for(self, text):
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                line = self.lines.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise TimeoutError(f"{self.name} did not print {text!r}; see {self.log}") from None
            if line is None:
                raise RuntimeError(f"{self.name} ended with {self.process.wait()}:\n{self.tail()}")
            if text in line:
                return line

    def tail(self, lines=15):
        return "\n".join(self.log.read_text().splitlines()[-lines:]) if self.log.exists() else ""

    def is_running(self):
        return self.process.poll() is None

    def state(self):
        """What the kernel says it does, and who traces it: a tracer that hangs keeps a dead process."""
        def lines(pid):
            words = dict(line.split(":", 1) for line in
                         pathlib.Path(f"/proc/{pid}/status").read_text().splitlines())
            return words["State"].strip(), words["TracerPid"].strip()
        try:
            state, tracer = lines(self.process.pid)
            return state if tracer == "0" else f"{state}, traced by {tracer} ({lines(tracer)[0]})"
        except OSError as error:
            return str(error)

    def kill(self):
        """As a power cut would: SIGKILL."""
        self.process.kill()
        return self._reap()

    def stop(self):
        """Politely. Raises when it does not end well."""
        if self.is_running():
            self.process.send_signal(signal.SIGTERM)
        status = self._reap()
        if status != 0:
            raise RuntimeError(f"{self.name} ended with {status} when told to stop:\n{self.tail()}")

    def _reap(self):
        try:
            status = self.process.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            state = self.state()
            self.process.kill()
            self.process.wait()
            raise TimeoutError(f"{self.name} did not end ({state}):\n{self.tail()}") from None
        self.reader.join(PATIENCE_SECONDS)
        self.process.stdout.close()
        return status


class Testbed:
    """`institutions` are onboarded with `funds` céntimos each; for those in `played` a walletsim runs,
    others are known to the switch but not there; those in `gateways` call the switch in order to be
    paid. `environments` and `prefixes` hold, by the name of
    a program, what its next start gets: variables, and words before its command line. `binaries` is
    where the switch and ayctl are taken from at their next start."""

    def __init__(self, institutions=INSTITUTIONS, played=None, funds=1_000_000_00, config="",
                 wallet_arguments=(), journal_config="", history_config="",
                 ledger_config=LEDGER_CONFIG, gateways=()):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="ayni-lab-"))
        self.institutions = institutions
        self.played = [p.code for p in institutions] if played is None else list(played)
        self.funds, self.extra_config, self.journal_config = funds, config, journal_config
        self.history_config, self.ledger_config = history_config, ledger_config
        self.wallet_arguments = list(wallet_arguments)
        self.gateways = gateways
        self.processes, self.clients = {}, {}
        self.binaries = BINARIES
        self.environments, self.prefixes = {}, {}
        ports = iter(free_ports(2 + 2 * len(institutions)))
        self.endpoint = f"127.0.0.1:{next(ports)}"
        self.metrics_endpoint = f"127.0.0.1:{next(ports)}"
        self.wallet_endpoints = {p.code: f"127.0.0.1:{next(ports)}" for p in institutions}
        self.wallet_metrics = {p.code: f"127.0.0.1:{next(ports)}" for p in institutions}
        self.messages = ayni_client.Messages(
            ayni_client.descriptors_of_the_repository(self.folder))
        self.certificates = self.folder / "certificates"

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        for client in self.clients.values():
            client.close()
        for process in self.processes.values():
            if process.is_running():
                process.kill()
        if os.environ.get("AYNI_KEEP") or kind is not None:
            print(f"kept: {self.folder}", flush=True)
        else:
            shutil.rmtree(self.folder, ignore_errors=True)

    # Starting and stopping.

    def start(self):
        """Certificates, switch, wallets, institutions with money."""
        self.make_certificates()
        self.write_config()
        self.start_switch()
        for code in self.played:
            self.start_wallet(code)
        self.onboard()

    def make_certificates(self):
        self.ayctl("dev-ca", "--directory", self.certificates,
                   *(word for p in self.institutions for word in ("--participant", p.code)))

    def write_config(self):
        (self.folder / "tokens.key").write_text(bytes(range(32)).hex())
        os.chmod(self.folder / "tokens.key", 0o600)
        lines = [
            "[grpc]", f'listen = "{self.endpoint}"',
            "[tls]", *(f'{key} = "{self.certificates / name}"' for key, name in (
                ("ca_file", "ca.pem"), ("certificate_file", "switch.pem"),
                ("key_file", "switch.key"))),
            "[journal]", f'directory = "{self.folder / "journal"}"', "segment_mebibytes = 8",
            self.journal_config,
            "[history]", f'directory = "{self.folder / "history"}"', self.history_config,
            "[tokens]", f'key_file = "{self.folder / "tokens.key"}"',
            "[ledger]", self.ledger_config,
            "[router]", "retell_after_milliseconds = 200", "retell_at_most_milliseconds = 1000",
            "[metrics]", f'listen = "{self.metrics_endpoint}"', self.extra_config]
        for p in self.institutions:
            lines += ["[[participants]]", f"id = {p.id}", f'code = "{p.code}"',
                      *(['style = "gateway"'] if p.code in self.gateways else
                        [f'endpoint = "{self.wallet_endpoints[p.code]}"', 'style = "session"'])]
        self.config = self.folder / "switch.toml"
        self.config.write_text("\n".join(lines) + "\n")

    def start_switch(self, wait=True):
        process = self._start("switchd", [self.binaries / "switchd", "--config", self.config],
                              self.folder / "switchd.log")
        if wait:
            process.wait_for("listening on")
        return process

    def start_wallet(self, code, *arguments):
        process = self._start(code, [
            BINARIES / "walletsim", "--participant", code, "--listen", self.wallet_endpoints[code],
            "--switch", self.endpoint, "--data", self.folder / f"wallet-{code}",
            "--ca", self.certificates / "ca.pem", "--cert", self.certificates / f"{code}.pem",
            "--key", self.certificates / f"{code}.key", "--metrics", self.wallet_metrics[code],
            *(["--gateway"] if code in self.gateways else ()),
            *self.wallet_arguments, *arguments], self.folder / f"wallet-{code}.log")
        process.wait_for("listening on")
        return process

    def _start(self, name, command, log):
        process = Process(name, [*self.prefixes.get(name, ()), *command], log,
                          self.environments.get(name))
        self.processes[name] = process
        return process

    def onboard(self):
        operator = self.client("operator")
        for p in self.institutions:
            operator.call(ADMIN + "CreateParticipant", {
                "participant_id": p.id, "code": p.code, "entity_code": p.entity})
            if self.funds:
                operator.call(SETTLEMENT + "RecordFundsIn", {
                    "transfer_id": ayni_client.new_id(), "participant": p.code,
                    "amount": pen(self.funds), "bank_reference": "lab"})
        self.wait_connected()

    def wait_connected(self, codes=None):
        def all_are():
            try:
                answer = self.client("operator").call(ADMIN + "ListParticipants", {"page_size": 1000})
            except ayni_client.Refused:
                return False
            up = {p.code for p in answer.participants if p.connected}
            return set(self.played if codes is None else codes) <= up
        wait_until(all_are, "the institutions' sessions are up")

    # Talking.

    def client(self, name):
        """A client of the switch with the certificate `name`."""
        return self._client(("switch", name), self.endpoint, name)

    def wallet(self, code):
        """A client of the institution's own app side."""
        return self._client(("wallet", code), self.wallet_endpoints[code], code)

    def _client(self, key, endpoint, name):
        if key not in self.clients:
            self.clients[key] = ayni_client.Client(
                self.messages, endpoint, tls=[self.certificates / file for file in (
                    "ca.pem", f"{name}.pem", f"{name}.key")])
        return self.clients[key]

    def ayctl(self, *words, check=True):
        answer = subprocess.run([str(self.binaries / "ayctl"), *(str(word) for word in words)],
                                capture_output=True, text=True, timeout=PATIENCE_SECONDS * 5)
        if check and answer.returncode != 0:
            raise RuntimeError(f"ayctl {words}: {answer.returncode}\n{answer.stdout}{answer.stderr}")
        return answer

    def verify_journal(self):
        """Replays the journal in another process; what `ayctl journal verify` says as a dictionary."""
        return json.loads(self.ayctl("journal", "verify", self.folder / "journal",
                                     "--json").stdout)

    # Looking.

    def status(self):
        return self.client("operator").patient_call(ADMIN + "GetLedgerStatus")

    def position(self, code):
        return self.client("operator").patient_call(
            SETTLEMENT + "GetPosition", {"participant": code, "currency_code": "PEN"})

    def books(self, code):
        return self.wallet(code).patient_call(WALLET + "GetBooks")

    def metric(self, name, **labels):
        """Σ of the switch's samples of that name whose labels are as given."""
        with urllib.request.urlopen(f"http://{self.metrics_endpoint}/metrics", timeout=30) as page:
            text = page.read().decode()
        total = 0.0
        for line in text.splitlines():
            match = re.match(rf"{name}(?:{{(.*)}})? (\S+)", line)
            if match:
                found = dict(re.findall(r'(\w+)="([^"]*)"', match.group(1) or ""))
                if all(found.get(key) == value for key, value in labels.items()):
                    total += float(match.group(2))
        return total

    def open_customers(self, code, count, balance):
        self.wallet(code).call(WALLET + "OpenCustomers", {
            "prefix": "C", "count": count, "initial_balance": pen(balance)})

    def behave(self, code, mode, reason="", delay_ms=0):
        self.wallet(code).call(WALLET + "SetBehaviour", {
            "mode": f"MODE_{mode}", "reason": reason, "delay": f"{delay_ms / 1000:.3f}s"})

    def wait_quiet(self, seconds=PATIENCE_SECONDS):
        """Nothing reserved at the switch, nothing held or promised at an institution, every outcome
        acknowledged."""
        left = ["no answer yet"]

        def is_quiet():
            try:
                left[:] = self.unfinished()
            except ayni_client.Refused as refused:
                left[:] = [str(refused)]
            return not left
        try:
            wait_until(is_quiet, "quiet", seconds)
        except TimeoutError:
            raise TimeoutError(f"after {seconds:.0f} s not quiet: {'; '.join(left)}") from None

    def unfinished(self):
        """What is still reserved, held, promised or untold, in words. Raises when a program that
        nobody stopped has ended: nothing can become quiet then."""
        for process in self.processes.values():
            if not process.is_running():
                raise RuntimeError(f"{process.name} ended with {process.process.returncode}:\n"
                                   f"{process.tail()}")
        left = []
        reserved = self.status().reserved_transfers
        if reserved:
            left.append(f"{reserved} reservations at the switch")
        for p in self.client("operator").patient_call(ADMIN + "ListParticipants", {}).participants:
            if p.unacknowledged_outcomes:
                left.append(f"{p.code} owes {p.unacknowledged_outcomes} acknowledgements"
                            f" (session {'up' if p.connected else 'down'})")
        for code in self.played:
            books = self.books(code)
            if books.holds or books.promises:
                left.append(f"{code} has {books.holds} holds, {books.promises} promises")
        return left


class Lab:
    """Counts what passed and failed, and says so at the end as `tests/lab` promises."""

    def __init__(self, name):
        self.name, self.passed, self.failed = name, 0, 0

    def check(self, is_true, what):
        if is_true:
            self.passed += 1
        else:
            self.failed += 1
        print(f"{'ok    ' if is_true else 'FAILED'} {what}", flush=True)
        return is_true

    def equal(self, found, expected, what):
        detail = "" if found == expected else f": found {found!r}, expected {expected!r}"
        return self.check(found == expected, what + detail)

    def say(self, text):
        print(f"       {text}", flush=True)

    def check_books(self, bed, code):
        """One institution's own books add up, and its position at the switch says the same."""
        books, position = bed.books(code), bed.position(code)
        self.equal(books.balances + books.held,
                   books.initial + books.received - books.sent, f"{code}: its own books add up")
        self.equal(position.net, books.received - books.sent,
                   f"{code}: position at the switch = its own books, to the céntimo")
        self.equal(position.reserved, 0, f"{code}: nothing is reserved")
        return books, position

    def check_debits_and_credits(self, bed):
        for totals in bed.status().totals:
            self.equal((totals.debits_posted, totals.debits_pending),
                       (totals.credits_posted, totals.credits_pending),
                       f"{totals.currency_code}: Σ debits = Σ credits")

    def check_money(self, bed):
        """The switch's positions and the institutions' own books tell the same story."""
        total_balance, total_initial, total_net = 0, 0, 0
        for code in bed.played:
            books, position = self.check_books(bed, code)
            total_balance += books.balances + books.held
            total_initial += books.initial
            total_net += position.net
        self.equal(total_balance, total_initial, "no sol was made or lost over all institutions")
        self.equal(total_net, 0, "positions sum to zero")
        self.check_debits_and_credits(bed)

    def finish(self):
        print(f"{self.passed} passed, {self.failed} failed", flush=True)
        sys.exit(1 if self.failed or not self.passed else 0)
