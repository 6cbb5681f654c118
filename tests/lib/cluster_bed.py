"""Switches that share a journal in PostgreSQL, and their institutions."""

import contextlib
import threading
import time
import urllib.error
import urllib.request

import ayni_client
from ayni_testbed import Testbed, free_ports, wait_until

# What a call is answered with while nobody leads, or the leader does not answer.
AWAY = ("UNAVAILABLE", "DEADLINE_EXCEEDED", "CANCELLED", "UNKNOWN", "INTERNAL")


class LeaderClient:
    """A client of whichever switch leads: goes on to the next when one is away or says that it does
    not lead. Any thread."""

    def __init__(self, bed, name, patience_seconds=120, attempt_seconds=3.0):
        self.bed, self.name = bed, name
        self.patience_seconds, self.attempt_seconds = patience_seconds, attempt_seconds
        self.place = 0

    def close(self):
        pass  # The clients of each switch are the bed's.

    def call(self, method, fields=None, timeout=None, waits=False):
        del waits
        deadline = time.monotonic() + self.patience_seconds
        while True:
            place = self.place
            try:
                return self.bed.client_of(place, self.name).call(
                    method, fields, timeout=timeout or self.attempt_seconds)
            except ayni_client.Refused as refused:
                if refused.code not in AWAY or time.monotonic() > deadline:
                    raise
                self.place = (place + 1) % len(self.bed.switches)
                time.sleep(0.02)

    def patient_call(self, method, fields=None, seconds=60.0):
        del seconds
        return self.call(method, fields)


class ClusterBed(Testbed):
    """`database` is a libpq connection string, `databases` may have another for each switch. Switches
    are named "switch-0", "switch-1" …; while they are `supervised` one that ended is started again."""

    def __init__(self, database, switches=2, **options):
        super().__init__(**options)
        self.database, self.databases = database, [database] * switches
        self.switches = [f"switch-{place}" for place in range(switches)]
        ports = iter(free_ports(2 * switches))
        self.endpoints = [f"127.0.0.1:{next(ports)}" for _ in self.switches]
        self.metrics_endpoints = [f"127.0.0.1:{next(ports)}" for _ in self.switches]
        self.leader_clients = {}
        self.lock = threading.Lock()
        self.frozen, self.down = set(), set()

    def start(self):
        self.ayctl("schema", "migrate", "--database", self.database)
        self.make_certificates()
        for name in self.switches:
            self.write_config_of(name)
        for name in self.switches:
            self.start_switch_named(name)
        wait_until(lambda: self.leader() is not None, "a switch leads")
        for code in self.played:
            self.start_wallet(code)
        self.onboard()

    def write_config_of(self, name):
        place = self.switches.index(name)
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        whole = self.folder
        self.endpoint, self.metrics_endpoint = self.endpoints[place], self.metrics_endpoints[place]
        self.journal_config = f'database = "{self.databases[place]}"\nnode = "{name}"'
        self.write_config()
        text = (whole / "switch.toml").read_text()
        for kind in ("journal", "history"):
            text = text.replace(f'directory = "{whole / kind}"', f'directory = "{folder / kind}"')
        (folder / "switch.toml").write_text(text)

    def start_switch_named(self, name, wait=True):
        process = self._start(name, [self.binaries / "switchd", "--config",
                                     self.folder / name / "switch.toml"],
                              self.folder / name / "switchd.log")
        if wait:
            process.wait_for("listening on")
        return process

    def start_wallet(self, code, *arguments):
        self.endpoint = self.endpoints[0]
        others = [word for endpoint in self.endpoints[1:] for word in ("--switch", endpoint)]
        return super().start_wallet(code, *others, *arguments)

    @contextlib.contextmanager
    def supervised(self):
        """As under a service manager: whatever way a switch ends, it is started again."""
        is_over = threading.Event()

        def supervise():
            while not is_over.wait(0.05):
                for name in self.switches:
                    if name not in self.down and not self.processes[name].is_running():
                        self.start_switch_named(name, wait=False)
        thread = threading.Thread(target=supervise, daemon=True)
        thread.start()
        try:
            yield
        finally:
            is_over.set()
            thread.join()

    @contextlib.contextmanager
    def lost(self, name):
        """Killed, and not started again by the supervisor in the meantime."""
        self.down.add(name)
        try:
            self.processes[name].kill()
            yield
        finally:
            self.down.discard(name)

    def log_of(self, name):
        return (self.folder / name / "switchd.log").read_text()

    # Talking.

    def client_of(self, place, name):
        with self.lock:
            return self._client(("switch", name, place), self.endpoints[place], name)

    def client(self, name):
        if name not in self.leader_clients:
            self.leader_clients[name] = LeaderClient(self, name)
        return self.leader_clients[name]

    def status_of(self, place):
        """GetLedgerStatus as that switch answers it, leading or not; None when it does not."""
        try:
            return self.client_of(place, "operator").call(
                "ayni.v1.AdminService/GetLedgerStatus", timeout=2.0)
        except ayni_client.Refused:
            return None

    def leader(self):
        """The place of the switch that leads, or None. One that is cut off may still believe that it
        does: it has an older epoch."""
        leading = {}
        for place, name in enumerate(self.switches):
            if name in self.frozen or not self.processes[name].is_running():
                continue
            if self.metric_of(place, "ayni_leading") == 1:
                leading[self.metric_of(place, "ayni_epoch") or 0] = place
        return leading[max(leading)] if leading else None

    def metric_of(self, place, name):
        """A metric without labels, or None when the switch does not answer."""
        try:
            url = f"http://{self.metrics_endpoints[place]}/metrics"
            with urllib.request.urlopen(url, timeout=1) as answer:
                for line in answer.read().decode().splitlines():
                    if line.startswith(name + " "):
                        return float(line.split()[1])
        except (urllib.error.URLError, OSError, TimeoutError):
            pass
        return None
