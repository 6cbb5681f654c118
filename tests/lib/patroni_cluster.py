"""The PostgreSQL cluster of deploy/cluster for one test, and everything that may happen to it.

    with PatroniCluster(nodes=3) as cluster:
        cluster.kill_node(cluster.leader())

Takes about 15 s to start. With has_network each node and each member of etcd is in a network namespace
of its own, and can be cut off (needs root). AYNI_KEEP=1 keeps the folder, and its path is printed.
"""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile

import network

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "deploy/lib"))
from database_cluster import PYTHON, DatabaseCluster, started_at, wait_until  # noqa: E402,F401

CLIENTS = network.CLIENTS


class SharedMemory:
    """What PostgreSQL leaves in the machine's memory when it is killed. It takes it away itself when it
    starts again; a node of a test may never do so."""

    def __init__(self):
        self.postmasters, self.files = set(), set()

    def note(self, postmaster, processes):
        """Before they are killed."""
        if postmaster is not None:
            self.postmasters.add(postmaster.pid)
        for pid in processes:
            try:
                words = pathlib.Path(f"/proc/{pid}/maps").read_text().split()
            except OSError:
                continue
            self.files |= {pathlib.Path(word) for word in words
                           if word.startswith("/dev/shm/PostgreSQL.")}

    def remove(self):
        for path in self.files:
            path.unlink(missing_ok=True)
        for line in pathlib.Path("/proc/sysvipc/shm").read_text().splitlines()[1:]:
            _, identity, _, _, creator, _, attached, *_ = line.split()
            if int(creator) in self.postmasters and attached == "0":
                subprocess.run(["ipcrm", "-m", identity], capture_output=True, check=False)


class PatroniCluster(DatabaseCluster):
    """Running, with its database `ayni`, when entered; gone without a trace when left."""

    def __init__(self, nodes=3, etcd_members=1, has_network=False):
        super().__init__(tempfile.mkdtemp(prefix="ayni-cluster-"), nodes, etcd_members)
        self.network_made = None
        if has_network:
            self.network_made = self.network = network.Network(self.nodes + self.etcd_members)
        self.shared_memory = SharedMemory()

    def __enter__(self):
        try:
            if self.network_made:
                self.network_made.__enter__()
            self.prepare()
            self.start()
            self.wait_until_synchronous()
            self.create_database()
            self.wait_until_whole()
        except BaseException as error:
            self.__exit__(type(error))
            raise
        return self

    def __exit__(self, kind=None, *_):
        for node in self.nodes:
            self.end_postgres(node)
        for name in self.nodes + self.etcd_members:
            self.kill_node(name)
        self.shared_memory.remove()
        if self.network_made:
            self.network_made.__exit__()
        if os.environ.get("AYNI_KEEP") or kind is not None:
            print(f"kept: {self.folder}", flush=True)
        else:
            shutil.rmtree(self.folder, ignore_errors=True)

    def end_postgres(self, node):
        """At once, but so that it clears its own memory away, for which it needs its processes."""
        self.thaw(node)
        if node in self.running:
            self.running[node].stop(number=signal.SIGKILL)
        postmaster = self.postmaster(node)
        if postmaster:
            postmaster.send(signal.SIGQUIT)
            try:
                wait_until(lambda: not postmaster.is_running(), f"end of PostgreSQL of {node}", 10)
            except TimeoutError:
                pass  # It is killed with the rest of the node.

    # What is to be seen.

    def standbys(self):
        leader = self.leader()
        return [node for node in self.nodes if node != leader]

    def is_whole(self):
        """Every node runs on the leader's timeline and follows it, one of them synchronously."""
        leader = self.leader()
        members = {node: json.loads(self.in_etcd(f"members/{node}") or "{}") for node in self.nodes}
        timelines = {said.get("timeline") for said in members.values()}
        if not leader or not self.synchronous_standbys() or len(timelines) != 1 or any(
                said.get("state") != "running" for said in members.values()):
            return False
        try:
            return set(self.sql("SELECT application_name FROM pg_stat_replication"
                                " WHERE state = 'streaming'").split()) == set(self.nodes) - {leader}
        except RuntimeError:
            return False

    def wait_until_whole(self, seconds=120):
        try:
            return wait_until(self.is_whole, "every node follows the leader", seconds, pause=0.2)
        except TimeoutError as error:
            seen = ", ".join(f"{node}: {self.role(node)}" for node in self.nodes)
            raise TimeoutError(f"{error}; leader {self.leader()}, {seen}; {self.folder}") from None

    def timeline(self):
        """Of the leader: one more for each time that a standby took over."""
        return int(self.sql("SELECT substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)"), 16)

    # Faults.

    def kill_postgres(self, node):
        """The postmaster alone, as a bug would end it; Patroni lives and sees it."""
        postmaster = self.postmaster(node)
        self.shared_memory.note(postmaster, self.processes_of(node))
        postmaster.send(signal.SIGKILL)
        wait_until(lambda: not postmaster.is_running(), "end of the postmaster")

    def kill_node(self, name):
        """Everything of a node, or of a member of etcd, as a power cut would end it."""
        self.freeze(name)  # So that nothing is started while the others are being ended.
        self.shared_memory.note(self.postmaster(name), self.processes_of(name))
        for pid in self.processes_of(name):
            self._send(pid, signal.SIGKILL)
        wait_until(lambda: not self.processes_of(name), f"end of {name}")
        if name in self.running:
            wait_until(lambda: not self.running[name].is_running(), f"end of {name}")

    def start_node(self, name):
        self.start_server(name)

    def freeze(self, name):
        """Every process of it: the machine stands still, its kernel still acknowledges what arrives."""
        frozen = set()
        while new := self.processes_of(name) - frozen:
            for pid in new:
                self._send(pid, signal.SIGSTOP)
            frozen |= new

    def thaw(self, name):
        for pid in self.processes_of(name):
            self._send(pid, signal.SIGCONT)

    def switchover(self, candidate=None):
        self.patronictl("switchover", "--force",
                        *(("--candidate", candidate) if candidate else ()))

    def reinit(self, node):
        """Throws a node's data away and copies the leader's."""
        self.patronictl("reinit", "--force", "ayni", node)

    def cut(self, one, other, one_way=False):
        """Between two nodes, or a node and etcd, or a node and CLIENTS."""
        self.network_made.cut(one, other, one_way)

    def cut_from(self, name, others):
        self.network_made.cut_from(name, others)

    def heal(self):
        self.network_made.heal()

    def processes_of(self, name):
        """Patroni is started in the node's folder, and PostgreSQL goes into its data: whatever is in
        there belongs to it, also what lost its parent."""
        found, folder = set(), str(self.folder.resolve() / name)
        for entry in pathlib.Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    place = os.readlink(entry / "cwd")
                except OSError:
                    continue
                if (place + "/").startswith(folder + "/") and started_at(int(entry.name)) is not None:
                    found.add(int(entry.name))
        return found

    @staticmethod
    def _send(pid, number):
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass
