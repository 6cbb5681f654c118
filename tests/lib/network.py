"""Machines of one test, each with a network of its own: Linux network namespaces around one that routes
between them, so that any of them can be cut off from any other, in both directions or in one. What is
cut is dropped without a word, as by a cable that was pulled. Needs root and iproute2."""

import os
import random
import shutil
import subprocess

CLIENTS = "clients"  # The test's own processes, outside of all namespaces.
BLOCKS = range(1, 255)  # 198.18.0.0/15 is set aside for trials (RFC 2544); a test takes 198.18.N.0/24.


def is_possible():
    """Root may still be without namespaces, in a container for example: then the first one fails."""
    if os.geteuid() != 0 or shutil.which("ip") is None:
        return False
    name = f"ayni-{os.getpid()}-try"
    if subprocess.run(["ip", "netns", "add", name], capture_output=True, check=False).returncode:
        return False
    return subprocess.run(["ip", "netns", "del", name], capture_output=True,
                          check=False).returncode == 0


def run(*words):
    answer = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, words))}: {answer.returncode} {answer.stderr.strip()}")
    return answer.stdout


class Network:
    """Made when entered, removed when left; by then nothing may run in it any more."""

    def __init__(self, names):
        self.names = list(names)
        self.tag = f"ayni-{os.getpid()}-{random.SystemRandom().randrange(1 << 16):04x}"
        self.router = f"{self.tag}-router"
        self.outside = f"ay{os.getpid()}"  # An interface's name has at most 15 letters.
        used = run("ip", "-4", "route")
        self.block = random.SystemRandom().choice(
            [number for number in BLOCKS if f"198.18.{number}." not in used])
        self.clients = f"198.18.{self.block}.0/24"
        self.made, self.cuts = [], []

    def __enter__(self):
        try:
            self._make_namespace(self.router)
            run("ip", "netns", "exec", self.router, "sysctl", "-qw", "net.ipv4.ip_forward=1")
            for name in self.names:
                self._make_namespace(self.namespace(name))
                self._connect(name, self.namespace(name), "eth0")
                run("ip", "-n", self.namespace(name), "route", "add", "default",
                    "via", self._address(name, 1))
            self._connect(CLIENTS, None, self.outside)
            run("ip", "route", "add", self.clients, "via", self._address(CLIENTS, 1))
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        # Both ends of a pair go with either namespace, and the route with its interface.
        for name in self.made:
            subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)
        self.made = []

    def namespace(self, name):
        return f"{self.tag}-{name}"

    def address(self, name):
        return self._address(name, 2)

    def words(self, name):
        """What is put before a command line to run it there; the process stays the same."""
        return ["ip", "netns", "exec", self.namespace(name)]

    def cut(self, one, other, one_way=False):
        """Nothing comes through from `one` to `other`, nor back, unless it is one way only."""
        for source, target in ((one, other), (other, one))[:1 if one_way else 2]:
            if (source, target) not in self.cuts:
                run(*self._rule("add", source, target))
                self.cuts.append((source, target))

    def cut_from(self, name, others):
        for other in others:
            self.cut(name, other)

    def heal(self):
        while self.cuts:
            run(*self._rule("del", *self.cuts.pop()))

    def _rule(self, verb, source, target):
        return ("ip", "-n", self.router, "rule", verb, "from", self.address(source),
                "to", self.address(target), "blackhole")

    def _address(self, name, end):
        """Four addresses for each link: end 1 is the router's, end 2 the machine's."""
        return f"198.18.{self.block}.{4 * (self.names + [CLIENTS]).index(name) + end}"

    def _make_namespace(self, name):
        run("ip", "netns", "add", name)
        self.made.append(name)
        run("ip", "-n", name, "link", "set", "lo", "up")

    def _connect(self, name, namespace, interface):
        """A cable between the router and a namespace, or the outside when it is None."""
        there = ["-n", namespace] if namespace else []
        if namespace:
            run("ip", "-n", self.router, "link", "add", name, "type", "veth",
                "peer", "name", interface, "netns", namespace)
        else:  # Our own namespace has no name, so the cable is laid from here.
            run("ip", "link", "add", interface, "type", "veth", "peer", "name", name,
                "netns", self.router)
        run("ip", "-n", self.router, "addr", "add", self._address(name, 1) + "/30", "dev", name)
        run("ip", "-n", self.router, "link", "set", name, "up")
        run("ip", *there, "addr", "add", self._address(name, 2) + "/30", "dev", interface)
        run("ip", *there, "link", "set", interface, "up")
