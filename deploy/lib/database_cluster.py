"""PostgreSQL nodes under Patroni, and etcd, as processes of one machine: for a first look
(deploy/cluster/local) and for the tests, which add faults (tests/lib/patroni_cluster.py). Both start
what deploy/cluster/*.yml.in say, so that what is tested is what is recommended.

PostgreSQL refuses to run as root, so that root starts everything as the user `postgres`.
"""

import json
import os
import pathlib
import pwd
import random
import re
import secrets
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

TEMPLATES = pathlib.Path(__file__).resolve().parents[1] / "cluster"
PROGRAMS = pathlib.Path("/usr/lib/postgresql/15/bin")
# Patroni's modules are Debian's, so is the interpreter; another python3 may stand first in PATH.
PYTHON = "/usr/bin/python3"
PATIENCE_SECONDS = 120
# Patroni and etcd are asked directly, whatever proxy the machine has for other things.
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def wait_until(condition, what, seconds=PATIENCE_SECONDS, pause=0.05):
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
    """Below those that the kernel gives to clients: a node that is away must find its port free again."""
    first = int(pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    found = []
    for port in random.SystemRandom().sample(range(first // 2, first), first - first // 2):
        with socket.socket() as listener:
            try:
                listener.bind(("127.0.0.1", port))
            except OSError:
                continue
        found.append(port)
        if len(found) == count:
            return found
    raise RuntimeError(f"there are no {count} free ports")


def fetch(url, seconds=2):
    """The status and the body of an answer; (None, "") when there is none."""
    try:
        with DIRECT.open(url, timeout=seconds) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, ""
    except OSError:
        return None, ""


def started_at(pid):
    """When a process began, in ticks since the machine did; None when it is not running. A pid may come
    back for another process, this with it does not."""
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else int(fields[19])


class Running:
    """A process that this program or an earlier one started."""

    def __init__(self, pid, began=None, child=None):
        self.pid, self.child = pid, child
        self.began = started_at(pid) if began is None else began

    def is_running(self):
        if self.child is not None and self.child.poll() is not None:
            return False
        return self.began is not None and started_at(self.pid) == self.began

    def send(self, number):
        if self.is_running():
            os.kill(self.pid, number)

    def stop(self, seconds=PATIENCE_SECONDS, number=signal.SIGTERM):
        """Politely at first; returns whether that was enough."""
        self.send(number)
        try:
            wait_until(lambda: not self.is_running(), f"end of process {self.pid}", seconds)
            return True
        except TimeoutError:
            self.send(signal.SIGKILL)
            wait_until(lambda: not self.is_running(), f"end of process {self.pid}")
            return False


class Loopback:
    """Where the servers are: all at one address, told apart by their ports."""

    clients = "127.0.0.1/32"

    def address(self, _name):
        return "127.0.0.1"

    def words(self, _name):
        """What is put before the command line of a server."""
        return []


class DatabaseCluster:
    """Nodes `node1`, `node2` …, members of etcd `etcd1` …, all in one folder. Which processes run and
    on which ports is kept in the folder (cluster.json), so that another program can go on with it."""

    def __init__(self, folder, nodes=3, etcd_members=1, network=None):
        self.folder = pathlib.Path(folder)
        self.archive_command = ""  # Set before prepare(), the WAL is archived.
        self.state_file = self.folder / "cluster.json"
        self.network = network or Loopback()
        self.user = pwd.getpwnam("postgres") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
        self.nodes = [f"node{number}" for number in range(1, nodes + 1)]
        self.etcd_members = [f"etcd{number}" for number in range(1, etcd_members + 1)]
        self.ports, self.running = {}, {}

    @classmethod
    def found_in(cls, folder):
        """The one whose state another program left in the folder; None when there is none."""
        try:
            state = json.loads((pathlib.Path(folder) / "cluster.json").read_text())
        except FileNotFoundError:
            return None
        cluster = cls(folder, len(state["nodes"]), len(state["etcd_members"]))
        cluster.ports = {name: tuple(ports) for name, ports in state["ports"].items()}
        cluster.running = {name: Running(*words) for name, words in state["running"].items()}
        return cluster

    def remember(self):
        self.state_file.write_text(json.dumps({
            "nodes": self.nodes, "etcd_members": self.etcd_members, "ports": self.ports,
            "running": {name: (each.pid, each.began) for name, each in self.running.items()}}))

    # Configuration.

    def prepare(self):
        """Ports, passwords and configuration files."""
        self.folder.mkdir(parents=True, exist_ok=True)
        os.chmod(self.folder, 0o700)
        self.give(self.folder)
        if self.as_owner("test", "-x", self.folder, check=False).returncode != 0:
            raise RuntimeError(f"the user {self.user.pw_name} can not reach {self.folder}: "
                               "choose a folder below one that everybody may enter")
        names = self.nodes + self.etcd_members
        numbers = iter(free_ports(2 * len(names)))
        self.ports = {name: (next(numbers), next(numbers)) for name in names}
        passwords = {f"{who}_PASSWORD": secrets.token_urlsafe(24)
                     for who in ("POSTGRES", "REPLICATOR", "REWIND", "REST", "AYNI")}
        common = {"CLIENTS": self.network.clients, "WATCHDOG": "off",
                  "ARCHIVE_MODE": "on" if self.archive_command else "off",
                  "ARCHIVE_COMMAND": self.archive_command,
                  "ETCD_HOSTS": ",".join(f"{self.network.address(name)}:{self.ports[name][0]}"
                                         for name in self.etcd_members),
                  "MEMBERS": ",".join(
                      f"{name}=http://{self.network.address(name)}:{self.ports[name][1]}"
                      for name in self.etcd_members), **passwords}
        for name in names:
            self.make_folder(self.folder / name)
            first, second = ("CLIENT_PORT", "PEER_PORT") if name in self.etcd_members else (
                "POSTGRES_PORT", "REST_PORT")
            self.write(self.configuration(name), self.filled_in(name, {
                "NAME": name, "ADDRESS": self.network.address(name), "FOLDER": self.folder / name,
                first: self.ports[name][0], second: self.ports[name][1], **common}))
        self.write(self.folder / "pgpass", "".join(
            f"*:*:*:{user}:{passwords[key]}\n" for user, key in (
                ("postgres", "POSTGRES_PASSWORD"), ("ayni", "AYNI_PASSWORD"))))
        self.remember()

    def configuration(self, name):
        return self.folder / name / ("etcd.yml" if name in self.etcd_members else "patroni.yml")

    def filled_in(self, name, values):
        template = TEMPLATES / (self.configuration(name).name + ".in")
        text = "\n".join(line for line in template.read_text().splitlines()
                         if not line.startswith("#")) + "\n"
        return re.sub(r"@([A-Z_]+)@", lambda match: str(values[match.group(1)]), text)

    def give(self, path):
        if os.geteuid() == 0:
            os.chown(path, self.user.pw_uid, self.user.pw_gid)

    def make_folder(self, path):
        path.mkdir(mode=0o700, exist_ok=True)
        self.give(path)

    def write(self, path, text):
        path.touch(mode=0o600)
        path.write_text(text)
        self.give(path)

    # Processes.

    def words_of_owner(self):
        if os.geteuid() != 0:
            return []
        return ["setpriv", f"--reuid={self.user.pw_uid}", f"--regid={self.user.pw_gid}", "--clear-groups"]

    def environment(self):
        return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "HOME": str(self.folder),
                "PYTHONUNBUFFERED": "1"}

    def as_owner(self, *words, check=True):
        answer = subprocess.run([*self.words_of_owner(), *(str(word) for word in words)],
                                capture_output=True, text=True, check=False, cwd=self.folder,
                                stdin=subprocess.DEVNULL, env=self.environment())
        if check and answer.returncode != 0:
            raise RuntimeError(f"{words[0]}: {answer.returncode}\n{answer.stdout}{answer.stderr}")
        return answer

    def start(self):
        for name in self.etcd_members + self.nodes:
            self.start_server(name)

    def start_server(self, name):
        """etcd, or a node's Patroni, in a session of its own: a Ctrl-C is not for it."""
        program = ["/usr/bin/etcd", "--config-file"] if name in self.etcd_members else [
            PYTHON, "/usr/bin/patroni"]
        words = [*self.network.words(name), *self.words_of_owner(), *program,
                 str(self.configuration(name))]
        with self.log(name).open("ab") as log:
            child = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                     cwd=self.folder / name, env=self.environment(),
                                     start_new_session=True)
        self.running[name] = Running(child.pid, child=child)
        self.remember()

    def is_running(self, name):
        return name in self.running and self.running[name].is_running()

    def log(self, name):
        return self.folder / name / "log"

    def tail(self, name, lines=5):
        text = self.log(name).read_text(errors="replace") if self.log(name).exists() else ""
        return "\n".join(text.splitlines()[-lines:])

    def postmaster(self, node):
        """A node's postmaster, started by its Patroni; None when there is none."""
        data = self.folder / node / "data"
        try:
            pid = int((data / "postmaster.pid").read_text().split()[0])
            words = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
        except (OSError, ValueError, IndexError):
            return None
        found = Running(pid)
        return found if str(data) in words and found.is_running() else None

    def stop(self):
        """Ends everything, by pid. Patroni stops its PostgreSQL first; all at once, so that nobody takes
        over from those that went before. Returns the names of those that had to be killed."""
        killed = []
        for name in self.nodes:
            if name in self.running:
                self.running[name].send(signal.SIGTERM)
        for name in self.nodes + self.etcd_members:
            if name in self.running and not self.running[name].stop():
                killed.append(name)
            postmaster = self.postmaster(name)  # Patroni ended in another way and left it behind.
            if postmaster and not postmaster.stop(number=signal.SIGINT):
                killed.append(f"PostgreSQL of {name}")
        self.running = {}
        self.remember()
        return killed

    # What is to be seen.

    def in_etcd(self, key):
        """A value that Patroni keeps, as the first member of etcd that answers has it, or None."""
        for name in self.etcd_members:
            status, body = fetch(f"http://{self.network.address(name)}:{self.ports[name][0]}"
                                 f"/v2/keys/service/ayni/{key}")
            if status == 200:
                return json.loads(body)["node"].get("value")
        return None

    def rest(self, node, path):
        return fetch(f"http://{self.network.address(node)}:{self.ports[node][1]}/{path}")

    def leader(self):
        """Who holds the leader's key and says that it leads; None when nobody does."""
        name = self.in_etcd("leader")
        return name if name in self.nodes and self.rest(name, "primary")[0] == 200 else None

    def synchronous_standbys(self):
        """Those that every COMMIT is on, and one of whom takes over."""
        state = json.loads(self.in_etcd("sync") or "{}")
        return [name for name in (state.get("sync_standby") or "").split(",") if name]

    def role(self, node):
        """What the node says of itself: "running master", "streaming replica", "starting …"."""
        _, body = self.rest(node, "patroni")
        if not body:
            return "no answer" if self.is_running(node) else "stopped"
        said = json.loads(body)
        state = said.get("replication_state") or said.get("state", "?")
        return f"{state} {said['role']}" if "role" in said else state

    def wait_for_leader(self, other_than=None, seconds=PATIENCE_SECONDS):
        return wait_until(lambda: (name := self.leader()) != other_than and name,
                          f"a leader other than {other_than}", seconds)

    def wait_until_synchronous(self, seconds=PATIENCE_SECONDS):
        """Leader and synchronous standbys: writes are taken again."""
        return wait_until(lambda: (leader := self.leader()) and (standbys := self.synchronous_standbys())
                          and (leader, standbys), "a leader with a synchronous standby", seconds)

    # Clients.

    def connection_string(self, user="ayni", database="ayni"):
        """For libpq: tries one node after the other until it finds the one that takes writes.

        connect_timeout (seconds, for each node) and tcp_user_timeout (milliseconds) are how long a
        node that is gone is waited for; keepalives find out when nothing is being sent."""
        return " ".join((
            "host=" + ",".join(self.network.address(node) for node in self.nodes),
            "port=" + ",".join(str(self.ports[node][0]) for node in self.nodes),
            f"user={user} dbname={database} passfile={self.folder / 'pgpass'}",
            "target_session_attrs=read-write connect_timeout=2 tcp_user_timeout=5000",
            "keepalives=1 keepalives_idle=2 keepalives_interval=1 keepalives_count=3"))

    def sql(self, text, user="postgres", database="postgres"):
        """What psql prints, unaligned and without headings, on the leader."""
        return self.as_owner("psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", text,
                             self.connection_string(user, database)).stdout.strip()

    def create_database(self):
        """The role and the database `ayni`, where they are not there yet, on every node: libpq gives up
        at a standby that does not have them, though the next one would be the leader."""
        password = next(line.rpartition(":")[2] for line in
                        (self.folder / "pgpass").read_text().splitlines() if ":ayni:" in line)
        if not self.sql("SELECT 1 FROM pg_roles WHERE rolname = 'ayni'"):
            self.sql(f"CREATE ROLE ayni LOGIN PASSWORD '{password}'")
        if not self.sql("SELECT 1 FROM pg_database WHERE datname = 'ayni'"):
            self.sql("CREATE DATABASE ayni OWNER ayni")
        for node in self.nodes:
            words = (f"host={self.network.address(node)} port={self.ports[node][0]} user=ayni "
                     f"dbname=ayni passfile={self.folder / 'pgpass'} connect_timeout=2")
            wait_until(lambda: self.as_owner("psql", "-XAtqc", "SELECT 1", words,
                                             check=False).returncode == 0, f"database ayni on {node}")

    def patronictl(self, *words):
        return self.as_owner(PYTHON, "/usr/bin/patronictl", "-c", self.configuration(self.nodes[0]),
                             *words).stdout
