"""Dies at every call that a switch makes to its disk, loses what was not synced, and is judged."""

import collections
import shutil
import signal

import ayni_client
from ayni_testbed import PATIENCE_SECONDS
from faulty_disk import FAULT, Lost
from judge import BLOCK, last_used
from ledger_load import LedgerLoad

OPERATIONS = {"write": ("kill-before", "kill-middle", "kill-after"), "sync": ("kill-before", "kill-after"),
              "open": ("kill-before", "kill-after"), "rename": ("kill-before", "kill-after"),
              "remove": ("kill-before", "kill-after"), "allocate": ("kill-before", "kill-after"),
              "truncate": ("kill-before", "kill-after"), "mkdir": ("kill-before", "kill-after")}
STORES = ("journal", "history")
SEGMENT_BYTES = 8 << 20

Trial = collections.namedtuple("Trial", "phase operation number action path has_direct")


class Switch:
    """A switch without institutions that are there, its disk, and copies of its stores to begin with."""

    def __init__(self, bed, disk, owner="yape"):
        self.bed, self.disk, self.owner = bed, disk, owner
        self.kills, self.lost = 0, Lost(0, 0, 0)
        self.balances = {}  # by the name of a copy

    def prepare(self, lab):
        """Stores with some postings, and stores whose first segment is nearly full."""
        self.bed.make_certificates()
        self.bed.write_config()
        self.start()
        self.bed.onboard()
        load = LedgerLoad(self.bed, self.owner)
        load.open_accounts()
        assert load.work(20)
        # In a folder that is new, its own name included.
        self.kill()
        self.power_cut(None)
        lab.check(self.start() and not load.fault(0),
                  "a power cut after the first postings of all: they are there")
        self._keep("some", load)
        self.start()
        segment = self.bed.folder / "journal" / "00000001.journal"
        room = SEGMENT_BYTES - last_used(segment)
        posted = 4_000
        while room > 20 * BLOCK:
            before = last_used(segment)
            load.post([ayni_client.new_id() for _ in range(posted)])
            taken = last_used(segment) - before
            room -= taken
            posted = max(1, min(4_000, posted * (room - 12 * BLOCK) // taken))
        self._keep("nearly full", load)

    def _keep(self, name, load):
        self.balances[name] = load.balance()
        self.bed.processes["switchd"].stop()
        for store in STORES:
            target = self.bed.folder / f"{store} {name}"
            shutil.copytree(self.bed.folder / store, target)

    def restore(self, name):
        """Begins with a copy, all of it durable. None: with nothing."""
        for store in STORES:
            shutil.rmtree(self.bed.folder / store, ignore_errors=True)
            if name is not None:
                shutil.copytree(self.bed.folder / f"{store} {name}", self.bed.folder / store)
        self.disk.forget()

    def start(self, **fault):
        """False when it ended before it served."""
        self.bed.environments["switchd"] = self.disk.environment(**fault)
        process = self.bed.start_switch(wait=False)
        try:
            process.wait_for("listening on")
        except RuntimeError:
            process._reap()
            return False
        return True

    def kill(self):
        self.kills += 1
        return self.bed.processes["switchd"].kill()

    def power_cut(self, chance):
        lost = self.disk.power_cut(chance)
        self.lost = Lost(*(a + b for a, b in zip(self.lost, lost)))
        return lost


class EveryCall:
    """Phases: "first start" of all, "start again", "work", "segment change", "stop"."""

    BEGIN_WITH = {"first start": None, "segment change": "nearly full"}

    def __init__(self, lab, switch, chance):
        self.lab, self.switch, self.bed, self.chance = lab, switch, switch.bed, chance

    def run(self, phase, operation, path, has_direct=True, numbers=None):
        """Each call of that kind in that phase in each way, or those of `numbers` in one way each.
        Ends with the first that is not reached; returns how many were."""
        number, reached = 0, 0
        while numbers is None or numbers:
            number = number + 1 if numbers is None else numbers.pop(0)
            actions = OPERATIONS[operation]
            if numbers is not None:
                actions = [self.chance.choice(actions)]
            for action in actions:
                if not self.one(Trial(phase, operation, number, action, path, has_direct)):
                    return reached
                reached += 1
        return reached

    def one(self, trial):
        """False when there is no such call."""
        begin_with = self.BEGIN_WITH.get(trial.phase, "some")
        self.switch.restore(begin_with)
        load = LedgerLoad(self.bed, self.switch.owner)
        is_start = trial.phase in ("first start", "start again")
        served = self.switch.start(fault=f"{trial.operation}:{trial.number}:{trial.action}",
                                   path=f"/{trial.path}", is_armed=is_start,
                                   has_direct=trial.has_direct)
        process = self.bed.processes["switchd"]
        if served and not is_start:
            self._work(trial, load, process)
        if process.is_running():
            process.kill()
        if not self.switch.disk.count(FAULT):
            return False
        self.switch.kills += 1
        lost = self.switch.power_cut(self.chance if trial.number % 2 else None)
        fault = self._fault(load, begin_with)
        name = f"{trial.phase}: {trial.action} of {trial.path} {trial.operation} {trial.number}"
        self.lab.check(not fault, f"{name}, {lost.sectors} sectors, {lost.files} sizes, {lost.names} "
                       f"names lost: {fault or f'{len(load.acknowledged)} acknowledged are there'}")
        return True

    def _work(self, trial, load, process):
        load.balance()  # Waits for the connection, so that the calls below are really made.
        if trial.phase == "stop":
            load.work(3)
        self.switch.disk.arm()
        if trial.phase == "stop":
            process.process.send_signal(signal.SIGTERM)
            process.process.wait(PATIENCE_SECONDS)
        else:
            load.work(40 if trial.phase == "segment change" else 12)

    def _fault(self, load, begun_with):
        """What is wrong after the power cut, in words."""
        if not self.switch.start():
            return "it does not start again: " + self.bed.processes["switchd"].tail(3)
        if begun_with is not None:
            fault = load.fault(self.switch.balances[begun_with])
            if fault:
                return fault
        status, verified = self.bed.status(), self.bed.verify_journal()
        if (verified["sequence"], verified["digest"]) != (status.as_of_sequence, status.digest):
            return "replay gives another digest"
        self.bed.processes["switchd"].kill()
        return ""
