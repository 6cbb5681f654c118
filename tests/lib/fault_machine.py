"""All programs of a payment system on one machine that loses power, stops, and has bad disks, while
customers pay."""

import random
import signal
import time

import ayni_client
from ayni_testbed import BINARIES, PATIENCE_SECONDS, wait_until
from faulty_disk import AFTER_FAILURE, FAULT, FaultyDisk, Lost, read_log
from judge import check_acknowledged, check_replay
from load import Load

CUSTOMERS = 100


class Machine:
    def __init__(self, bed, chance):
        self.bed, self.chance, self.kills, self.lost = bed, chance, 0, Lost(0, 0, 0)
        self.names = ["switchd", *bed.played]
        self.disks = {name: FaultyDisk(BINARIES / "faulty_disk.so", bed.folder, name, [bed.folder])
                      for name in self.names}
        for name in self.names:
            self.well(name)
        self.loads, self.checked = [], {}

    def well(self, name, **fault):
        """The next start of that program has a good disk, or the one of `fault`."""
        self.bed.environments[name] = self.disks[name].environment(**fault)

    def begin(self, in_flight=16):
        self.bed.start()
        for code in self.bed.played:
            self.bed.open_customers(code, CUSTOMERS, 1_000_000_000)
        self.loads = [Load(self.bed, payer, payees, random.Random(self.chance.random()), CUSTOMERS,
                           in_flight=in_flight, patient=True)
                      for payer, payees in (("yape", ["bim", "coopac"]), ("bim", ["yape", "coopac"]))]
        self.checked = {load: 0 for load in self.loads}
        for load in self.loads:
            load.start()

    def start(self, name):
        if name == "switchd":
            self.bed.start_switch()
        else:
            self.bed.start_wallet(name)

    def kill(self, names, cut):
        """SIGKILL to all of them at once; then their disks lose what was not synced, if `cut`."""
        for name in names:
            self.bed.processes[name].process.kill()
        for name in names:
            self.bed.processes[name].kill()
        self.kills += len(names)
        if cut:
            for name in names:
                self.cut(name)

    def cut(self, name):
        lost = self.disks[name].power_cut(None if self.chance.random() < 0.4 else self.chance)
        self.lost = Lost(*(a + b for a, b in zip(self.lost, lost)))
        return lost

    def pause(self, name, seconds):
        process = self.bed.processes[name].process
        process.send_signal(signal.SIGSTOP)
        time.sleep(seconds)
        process.send_signal(signal.SIGCONT)

    def await_answers(self, count):
        """The loads got so many further answers, so the system works."""
        before = {load: len(load.answers) for load in self.loads}
        deadline = time.monotonic() + PATIENCE_SECONDS
        while any(len(load.answers) - before[load] < count for load in self.loads):
            for load in self.loads:
                if load.error:
                    raise load.error
            if time.monotonic() > deadline:
                raise TimeoutError(f"no {count} further answers in {PATIENCE_SECONDS:.0f} s")
            time.sleep(0.02)

    def check(self, lab, where):
        for load in self.loads:
            answers = load.answers[self.checked[load]:self.checked[load] + 200]
            self.checked[load] += len(answers)
            check_acknowledged(lab, self.bed, load, answers, where)

    def end(self, lab):
        for load in self.loads:
            load.finish(PATIENCE_SECONDS)
        self.bed.wait_connected()
        self.bed.wait_quiet()
        lab.check(True, "no reservation, hold, promise or untold outcome is left")
        for load in self.loads:
            check_acknowledged(lab, self.bed, load, load.answers, "at the end")
            ids = [answer.transfer_id for answer in load.answers if answer.transfer_id]
            lab.equal(len(set(ids)), len(ids), f"{load.payer}: each payment had its own id")
        lab.check_money(self.bed)
        check_replay(lab, self.bed, "at the end")


def kills_under_load(lab, machine, rounds):
    """Each round kills, cuts the power of, or freezes some programs at a random moment."""
    chance = machine.chance
    for number in range(1, rounds + 1):
        started = time.monotonic()
        machine.await_answers(5)
        time.sleep(chance.uniform(0, 0.3))
        before = machine.bed.status().as_of_sequence
        what = chance.choice(["cut all", "cut all", "cut switchd", "cut wallet", "kill some", "freeze"])
        if number == 1:
            what = "cut all"
        wallet = chance.choice(machine.bed.played)
        names = {"cut all": machine.names, "cut switchd": ["switchd"], "cut wallet": [wallet],
                 "kill some": chance.sample(machine.names, chance.randint(1, 3)),
                 "freeze": [chance.choice(machine.names)]}[what]
        if what == "freeze":
            machine.pause(names[0], chance.uniform(0.1, 2.0))
        else:
            machine.kill(names, what.startswith("cut"))
            for name in names:
                machine.start(name)
        after = machine.bed.status().as_of_sequence
        lab.check(after >= before, f"round {number}: {what} ({', '.join(names)}): sequence {after} is "
                  f"not behind {before} ({time.monotonic() - started:.1f} s)")
        machine.check(lab, f"round {number}")


def failing_disk(lab, machine, name, operation, path, number, has_direct=True, error="EIO"):
    """The program stops at once, never tries a second time, and nothing acknowledged is lost although
    the disk forgets what was not synced."""
    where = f"{name}: {error} at {path} {operation} {number}{'' if has_direct else ', no O_DIRECT'}"
    machine.bed.processes[name].kill()
    machine.well(name, fault=f"{operation}:{number}:{error}", path=path, is_armed=False,
                 has_direct=has_direct)
    machine.start(name)
    machine.await_answers(3)
    machine.disks[name].arm()
    process = machine.bed.processes[name]
    try:
        status = process.process.wait(PATIENCE_SECONDS)
    except Exception:
        lab.check(False, f"{where}: goes on")
        return
    process._reap()
    machine.kills += 1
    lab.equal(status, -signal.SIGABRT, f"{where}: stops at once")
    log = read_log(machine.disks[name].log)
    fault = next((record for record in log if record.kind == FAULT), None)
    again = [record for record in log
             if fault and record.kind == AFTER_FAILURE and record.path == fault.path]
    lab.check(fault and not again, f"{where}: neither written nor synced again")
    lab.check("failed" in process.tail(5), f"{where}: says so: {process.tail(1)[:150]}")
    machine.cut(name)
    machine.well(name)
    machine.start(name)
    machine.check(lab, where)


def no_room_for_a_while(lab, machine):
    """One lack of room while the next segment is made is no reason to stop."""
    machine.bed.processes["switchd"].kill()
    machine.kills += 1
    machine.well("switchd", fault="allocate:1:ENOSPC", path="/journal/", is_armed=False)
    machine.start("switchd")
    machine.disks["switchd"].arm()
    wait_until(lambda: machine.disks["switchd"].count(FAULT), "a segment has no room")
    machine.await_answers(20)
    lab.check(machine.bed.processes["switchd"].is_running(),
              "no room for one segment: it goes on, and payments, too")
    machine.bed.processes["switchd"].kill()
    machine.well("switchd")
    machine.start("switchd")


def shows_loss(lab, machine):
    """The control of all this: a switch that does not sync loses acknowledged payments by it."""
    bed = machine.bed
    bed.processes["switchd"].stop()
    machine.disks["switchd"].forget()  # All until now is durable.
    bed.config.write_text(bed.config.read_text().replace("segment_mebibytes",
                                                         "sync = false\nsegment_mebibytes"))
    bed.start_switch()
    answer = None
    for _ in range(5):
        answer = bed.client("yape").patient_call("ayni.v1.LedgerService/CreateAccounts", {"accounts": [
            {"account_id": 99, "kind": "ACCOUNT_KIND_CUSTOMER", "currency": 604}]})
    machine.kill(["switchd"], cut=False)
    lost = machine.disks["switchd"].power_cut(None)
    bed.config.write_text(bed.config.read_text().replace("sync = false\n", ""))
    bed.start_switch()
    found = ayni_client.Refused
    try:
        bed.client("yape").patient_call("ayni.v1.LedgerService/GetAccount", {"account_id": 99})
        found = None
    except ayni_client.Refused as refused:
        found = refused.code
    lab.check(found == "NOT_FOUND" and lost.sectors > 0,
              f"control: without syncs what was acknowledged at sequence {answer.as_of_sequence} is "
              f"lost ({lost.sectors} sectors), so the power cut takes what is not synced")
