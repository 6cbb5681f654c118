"""The processes that a measurement needs, in a temporary folder on a disk."""

import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

import grpc

REPOSITORY = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY / "tests/lib"))

import ayni_client
from ayni_testbed import BINARIES, Participant, Process, Testbed, free_ports, wait_until

# The journal's syncs are what is measured, and /tmp is memory on many machines.
tempfile.tempdir = os.environ.get("TMPDIR", "/var/tmp")

PAYER = Participant(2, "yape", 2)
PAYEE = Participant(3, "bim", 921)


class Stand(Testbed):
    """switchd, echod and, for payments, two walletsims: with mutual TLS or, to see what that costs,
    without. The payer's certificate is also the load generator's. `database`: the journal is in
    PostgreSQL there, a libpq connection string."""

    def __init__(self, tls, accounts=1_048_576, remembered=16_777_216, wallets=False,
                 payer_style="stream", database=""):
        super().__init__(institutions=(PAYER, PAYEE) if wallets else (PAYER,),
                         played=(PAYER.code, PAYEE.code) if wallets else (),
                         funds=10_000_000_000_00)
        self.tls, self.accounts, self.remembered = tls, accounts, remembered
        self.payer_style = payer_style
        self.database = database
        self.follower_metrics = None
        self.seed = 0

    @property
    def security(self):
        return "mtls" if self.tls else "plain"

    def write_config(self):
        (self.folder / "tokens.key").write_text(bytes(range(32)).hex())
        os.chmod(self.folder / "tokens.key", 0o600)
        files = {"ca_file": "ca.pem", "certificate_file": "switch.pem", "key_file": "switch.key"}
        tls = ([f'{key} = "{self.certificates / name}"' for key, name in files.items()]
               if self.tls else ["insecure_loopback = true"])
        lines = ["[grpc]", f'listen = "{self.endpoint}"', "[tls]", *tls,
                 "[journal]", f'directory = "{self.folder / "journal"}"', "sync = true",
                 f'database = "{self.database}"', 'node = "first"',
                 "[history]", f'directory = "{self.folder / "history"}"',
                 "[tokens]", f'key_file = "{self.folder / "tokens.key"}"',
                 "[ledger]", f"accounts = {self.accounts}",
                 f"remembered_transfers = {self.remembered}",
                 "[metrics]", f'listen = "{self.metrics_endpoint}"']
        for code in self.played:
            p = next(each for each in self.institutions if each.code == code)
            lines += ["[[participants]]", f"id = {p.id}", f'code = "{p.code}"',
                      f'endpoint = "{self.wallet_endpoints[code]}"', 'style = "session"']
        self.config = self.folder / "switch.toml"
        self.config.write_text("\n".join(lines) + "\n")

    def start(self):
        if self.database:
            self.ayctl("schema", "migrate", "--database", self.database)
        super().start()

    def start_switch(self, wait=True):
        process = super().start_switch(wait)
        if wait:
            wait_until(lambda: self.metric("ayni_leading") == 1, "the switch leads")
        return process

    def start_follower(self):
        """A second switch on the same journal: it follows, and hears of each batch before callers do."""
        folder = self.folder / "follower"
        folder.mkdir()
        listen, self.follower_metrics = (f"127.0.0.1:{port}" for port in free_ports(2))
        text = self.config.read_text()
        for its, own in ((self.endpoint, listen), (self.metrics_endpoint, self.follower_metrics),
                         (f'directory = "{self.folder}', f'directory = "{folder}'),
                         ('node = "first"', 'node = "follower"')):
            text = text.replace(its, own)
        config = folder / "switch.toml"
        config.write_text(text)
        process = Process("follower", [BINARIES / "switchd", "--config", config],
                          folder / "switchd.log")
        self.processes["follower"] = process
        process.wait_for("listening on")
        wait_until(lambda: self.metric("ayni_followers") == 1, "the follower is told by the leader")

    def start_echo(self):
        security = (["--ca", self.certificates / "ca.pem", "--cert",
                     self.certificates / "switch.pem", "--key", self.certificates / "switch.key"]
                    if self.tls else ["--insecure-loopback"])
        process = Process("echod", [BINARIES / "echod", *security], self.folder / "echod.log")
        self.processes["echod"] = process
        self.echo_endpoint = process.wait_for("listening on").split()[-1]

    def start_wallet(self, code, *arguments):
        security = (["--ca", self.certificates / "ca.pem", "--cert",
                     self.certificates / f"{code}.pem", "--key", self.certificates / f"{code}.key"]
                    if self.tls else ["--insecure-loopback"])
        process = Process(code, [
            BINARIES / "walletsim", "--participant", code, "--listen", self.wallet_endpoints[code],
            "--switch", self.endpoint, "--data", self.folder / f"wallet-{code}", *security,
            "--payer-style", self.payer_style, "--metrics", self.wallet_metrics[code], *arguments],
            self.folder / f"wallet-{code}.log")
        self.processes[code] = process
        process.wait_for("listening on")
        return process

    def _client(self, key, endpoint, name):
        if self.tls:
            return super()._client(key, endpoint, name)
        if key not in self.clients:
            role = "operator" if name == "operator" else "participant"
            self.clients[key] = ayni_client.Client(self.messages, endpoint,
                                                   identity=f"{role}/{name}")
        return self.clients[key]

    # Measuring.

    def load(self, mode, **flags):
        """Runs loadgen against what `mode` is for; its answer as a dictionary."""
        target = self.endpoint
        if mode.startswith("echo"):
            target = self.echo_endpoint
        elif mode == "wallets":
            target = self.wallet_endpoints[PAYER.code]
        # Ids are made of the time and of the seed: each run has a seed of its own.
        self.seed += 1
        words = [BINARIES / "loadgen", "--mode", mode, "--target", target, "--seed", self.seed]
        if self.tls:
            words += ["--ca", self.certificates / "ca.pem",
                      "--cert", self.certificates / f"{PAYER.code}.pem",
                      "--key", self.certificates / f"{PAYER.code}.key"]
        else:
            words += ["--insecure-loopback", f"participant/{PAYER.code}"]
        for name, process in self.processes.items():
            words += ["--watch", f"{name}={process.process.pid}"]
        for name, value in flags.items():
            words += [f"--{name.replace('_', '-')}"] + ([] if value is True else [value])
        answer = subprocess.run([str(word) for word in words], capture_output=True, text=True,
                                timeout=900)
        if answer.returncode != 0:
            raise RuntimeError(f"loadgen {mode}: {answer.returncode}\n{answer.stdout}"
                               f"{answer.stderr}\n{self.processes['switchd'].tail()}")
        return json.loads(answer.stdout) if answer.stdout else None

    def wait_settled(self):
        """Work that a run leaves behind (the index of history, untold outcomes) is done, so that
        the next run does not pay for it. Returns how many entries history was behind at first."""
        behind = []

        def is_settled():
            applied = self.metric("ayni_last_applied_sequence")
            behind.append(applied - self.metric("ayni_history_sequence"))
            return (behind[-1] <= 0 and self.metric("ayni_unacknowledged_outcomes") == 0
                    and self.follower_has(applied))
        wait_until(is_settled, "history is complete and every outcome is acknowledged", seconds=600)
        return max(0, behind[0])

    def follower_has(self, sequence):
        return (self.follower_metrics is None or
                sum_of(self.follower_metrics, "ayni_last_applied_sequence") >= sequence)

    def wallet_metric(self, code, name):
        return sum_of(self.wallet_metrics[code], name)

    def resident_bytes(self, name="switchd"):
        pid = self.processes[name].process.pid
        for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Rss:"):
                return int(line.split()[1]) * 1024
        raise RuntimeError(f"/proc/{pid}/smaps_rollup has no Rss")

    def wait_serving(self, process, seconds=300.0):
        """Until the health service says SERVING."""
        host, port = self.endpoint.split(":")
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if not process.is_running():
                raise RuntimeError(f"switchd ended:\n{process.tail()}")
            if can_connect(host, int(port)) and self._says_serving():
                return
            time.sleep(0.01)
        raise TimeoutError(f"switchd is not SERVING after {seconds:.0f} s:\n{process.tail()}")

    def _says_serving(self):
        client = self._client(("health", time.monotonic()), self.endpoint, PAYER.code)
        check = client.channel.unary_unary("/grpc.health.v1.Health/Check")
        try:
            return check(b"", timeout=2, metadata=client.metadata) == b"\x08\x01"
        except grpc.RpcError:
            return False


def sum_of(endpoint, name):
    """Σ of all samples of a metric, or None when it is not there."""
    with urllib.request.urlopen(f"http://{endpoint}/metrics", timeout=30) as page:
        samples = [float(line.rsplit(" ", 1)[1]) for line in page.read().decode().splitlines()
                   if line.startswith((name + " ", name + "{"))]
    return sum(samples) if samples else None


def can_connect(host, port):
    with socket.socket() as attempt:
        attempt.settimeout(0.2)
        return attempt.connect_ex((host, port)) == 0
