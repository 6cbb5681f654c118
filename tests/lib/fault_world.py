"""What happens around a switch: the disk fills up, the wall clock jumps, bits flip, memory is short."""

import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import time

import ayni_client
from ayni_testbed import PATIENCE_SECONDS, TRANSFERS, Testbed, pen, wait_until
from judge import check_replay, last_used, segments
from ledger_load import LedgerLoad

MEBIBYTE = 1 << 20
FAKETIME = pathlib.Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1")


class Payments:
    """Payments of yape, at the switch itself, each awaited in a thread of its own."""

    def __init__(self, bed):
        self.bed, self.pool = bed, concurrent.futures.ThreadPoolExecutor(64)

    def pay(self, payee, count, timeout_ms):
        return [self.pool.submit(self._one, payee, timeout_ms) for _ in range(count)]

    def _one(self, payee, timeout_ms):
        """The transfer when it is final, and how long that took by our steady clock."""
        started = time.monotonic()
        client, transfer_id = self.bed.client("yape"), ayni_client.new_id()
        client.patient_call(TRANSFERS + "CreateTransfer", {"transfer": {
            "transfer_id": transfer_id, "payee_participant": payee, "payee_account": "C000000",
            "payer_account": "999000111", "amount": pen(100), "timeout": f"{timeout_ms / 1000:.3f}s"}})

        def final():
            found = client.patient_call(TRANSFERS + "GetTransfer", {"transfer_id": transfer_id}).transfer
            return found if state_of(found) != "RESERVED" else None
        return wait_until(final, "a payment is final"), time.monotonic() - started


def state_of(transfer):
    values = transfer.DESCRIPTOR.fields_by_name["state"].enum_type.values_by_number
    return values[transfer.state].name.removeprefix("TRANSFER_STATE_")


def ended(payments):
    """The different (state, reason) in which they ended."""
    transfers = [each.result(PATIENCE_SECONDS)[0] for each in payments]
    return sorted({(state_of(transfer), transfer.reason) for transfer in transfers})


def ends_by_itself(bed, process):
    """Its exit status."""
    wait_until(lambda: process.process.poll() is not None, f"{process.name} ends")
    return process._reap()


# The disk is full.

def mount(folder, mebibytes):
    folder.mkdir()
    answer = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m", "tmpfs", str(folder)],
                            capture_output=True, text=True)
    return answer.returncode == 0


def full_disk(lab):
    with Testbed(played=["bim"], journal_config="low_water_mebibytes = 1") as bed:
        journal = bed.folder / "journal"
        if not mount(journal, 48):
            lab.say("skipped: a file system of its own can not be mounted here, so none is filled up")
            return
        try:
            fill_up(lab, bed, journal)
        finally:
            for process in bed.processes.values():
                process.kill()
            subprocess.run(["umount", str(journal)], check=True)


def post_until_refused(load):
    while True:
        try:
            load.post([ayni_client.new_id() for _ in range(1_000)])
        except ayni_client.Refused as refused:
            return refused


def fill_up(lab, bed, journal):
    bed.start()
    bed.open_customers("bim", 1, 0)
    load, payments = LedgerLoad(bed, "yape"), Payments(bed)
    load.open_accounts()
    bed.behave("bim", "SILENT")  # for as long as it takes to fill the disk
    pending = payments.pay("bim", 16, 60_000)
    wait_until(lambda: bed.status().reserved_transfers == 16, "payments are reserved")
    refused = post_until_refused(load)
    free = os.statvfs(journal).f_bavail * os.statvfs(journal).f_frsize
    reserved = bed.status().reserved_transfers
    lab.check(refused.code == "RESOURCE_EXHAUSTED" and refused.retry_after_ms > 0,
              f"full disk: new work is refused with a time to try again: {refused}")
    lab.check(free > 0 or bed.metric("ayni_journal_bytes_free") > 0,
              f"full disk: before it is full: {free} bytes free on the disk, "
              f"{bed.metric('ayni_journal_bytes_free'):.0f} in the journal")
    lab.equal(reserved, 16, "full disk: with payments reserved")
    bed.processes["bim"].kill()
    bed.start_wallet("bim")  # It says again what it promised.
    lab.equal(ended(pending), [("COMMITTED", "")], "full disk: what was reserved is committed")
    lab.equal(post_until_refused(load).code, "RESOURCE_EXHAUSTED", "full disk: new work still waits")
    bed.processes["switchd"].kill()
    bed.start_switch()
    lab.check(bed.status().as_of_sequence >= load.sequence,
              "full disk: killed and started again, all that was acknowledged is there")
    bed.wait_connected()
    subprocess.run(["mount", "-o", "remount,size=96m", str(journal)], check=True)

    def accepts_again():
        try:
            load.post([ayni_client.new_id()])
            return True
        except ayni_client.Refused:
            return False
    wait_until(accepts_again, "the switch takes new work again")
    lab.check(True, "full disk: with room again it goes on by itself")
    lab.equal(ended(payments.pay("bim", 4, 10_000)), [("COMMITTED", "")], "full disk: payments, too")
    bed.wait_quiet()
    lab.equal(load.fault(0), "", "full disk: postings are there once")
    lab.equal((bed.position("bim").net, bed.books("bim").received), (2_000, 2_000),
              "full disk: position and the institution's own books agree")
    check_replay(lab, bed, "full disk")


# The wall clock jumps.

class WallClock:
    """The one that switchd sees; its steady clock is true."""

    def __init__(self, bed):
        self.file = bed.folder / "clock"
        self.set(0)
        bed.environments["switchd"] = {
            "LD_PRELOAD": str(FAKETIME), "FAKETIME_TIMESTAMP_FILE": str(self.file),
            "FAKETIME_DONT_FAKE_MONOTONIC": "1", "FAKETIME_NO_CACHE": "1"}

    def set(self, seconds):
        new = self.file.with_suffix(".new")
        new.write_text(f"{seconds:+d}\n")
        new.rename(self.file)


def clock_jumps(lab):
    if not FAKETIME.exists():
        lab.say(f"skipped: {FAKETIME} is not there, so no clock jumps")
        return
    with Testbed(played=["bim", "coopac"]) as bed:
        clock = WallClock(bed)
        bed.start()
        for code in ("bim", "coopac"):
            bed.open_customers(code, 1, 0)
        bed.behave("coopac", "SILENT")
        for seconds in (3_600, -3_600):
            one_jump(lab, bed, clock, seconds)
            clock.set(0)
        refuses_to_lead(lab, bed, clock)
        lab.check_debits_and_credits(bed)
        check_replay(lab, bed, "clock jumps")


def one_jump(lab, bed, clock, seconds):
    where = f"clock {seconds:+d} s"
    payments = Payments(bed)
    bed.behave("bim", "SLOW", delay_ms=1_500)
    slow, silent = payments.pay("bim", 8, 30_000), payments.pay("coopac", 8, 2_000)
    wait_until(lambda: bed.status().reserved_transfers == 16, "payments are reserved")
    clock.set(seconds)
    lab.equal(ended(slow), [("COMMITTED", "")], f"{where}: nothing expires early")
    lab.equal(ended(silent), [("ABORTED", "AB05")], f"{where}: what is due expires, and not late")
    early = [took for _, took in (each.result() for each in silent) if took < 2.0]
    by_journal = [transfer.decide_time.ToNanoseconds() - transfer.create_time.ToNanoseconds()
                  for transfer, _ in (each.result() for each in silent)]
    lab.check(not early and min(by_journal) >= 2_000_000_000,
              f"{where}: by journal time after {min(by_journal) / 1e6:.0f} to "
              f"{max(by_journal) / 1e6:.0f} ms of 2,000")
    bed.behave("bim", "NORMAL")
    lab.equal(ended(payments.pay("bim", 4, 10_000)), [("COMMITTED", "")], f"{where}: payments go on")
    bed.wait_quiet()


def refuses_to_lead(lab, bed, clock):
    bed.processes["switchd"].kill()
    clock.set(-3_600)
    process = bed.start_switch(wait=False)
    status = ends_by_itself(bed, process)
    lab.check(status == 1 and re.search(r"wall clock is 35\d\d s behind", process.tail(5)),
              f"a clock 1 h behind the journal refuses to lead: status {status}, "
              f"{process.tail(1)[-120:]}")
    clock.set(-3)
    bed.start_switch()
    lab.check(True, "a clock 3 s behind leads")
    clock.set(0)
    bed.wait_connected()


# Bits flip.

def bit_flips(lab, bed, chance, count):
    """One bit of a copy of the journal, each time: noticed, or of no consequence."""
    copy = bed.folder / "flipped"
    shutil.copytree(bed.folder / "journal", copy)
    verify = lambda: bed.ayctl("journal", "verify", copy, "--json", check=False)
    whole = verify().stdout
    used = segments(copy)
    last_batch = used[-1].read_bytes().rfind(b"AYNIBTCH")
    seen = {"refused": 0, "harmless": 0, "tail cut": 0}
    for _ in range(count):
        target = chance.choice(used)
        place = chance.randrange(last_used(target))
        flip(target, place, bit := 1 << chance.randrange(8))
        answer = verify()
        named = re.search(rf"{target.name}( offset (\d+))?", answer.stdout + answer.stderr)
        is_tail = target == used[-1] and place >= last_batch
        if answer.returncode != 0:
            what = "refused" if named and int(named.group(2) or 0) <= place else None
        elif answer.stdout == whole:
            what = "harmless"
        else:
            what = "tail cut" if is_tail else None
        if what is None:
            lab.check(False, f"bit {bit} at {target.name} {place}: {answer.returncode} "
                      f"{(answer.stdout + answer.stderr)[-300:]}")
        else:
            seen[what] += 1
        flip(target, place, bit)
    lab.equal(verify().stdout, whole, f"{count} flipped bits: {seen['refused']} refused by place, "
              f"{seen['harmless']} in padding, {seen['tail cut']} cut the last batch")
    shutil.rmtree(copy)


def flip(path, place, bit):
    with path.open("r+b") as file:
        file.seek(place)
        byte = file.read(1)[0]
        file.seek(place)
        file.write(bytes([byte ^ bit]))


# Memory is short.

def little_memory(lab):
    with Testbed(played=[]) as bed:
        bed.make_certificates()
        bed.write_config()
        modest = bed.config.read_text()
        bed.config.write_text(modest.replace("remembered_transfers = 1048576",
                                             "remembered_transfers = 100000000"))
        refuses_to_start(lab, bed, "address space of 2 GiB",
                         ["prlimit", f"--as={2048 * MEBIBYTE}"])
        group = memory_group(1024 * MEBIBYTE)
        if group is None:
            lab.say("skipped: no memory control group can be made here")
        else:
            try:
                into = ["sh", "-c", f'echo $$ > {group}/cgroup.procs && exec "$@"', "sh"]
                refuses_to_start(lab, bed, "control group of 1 GiB", into)
                bed.config.write_text(modest)
                bed.prefixes["switchd"] = into
                bed.start_switch()
                lab.check(True, "control group of 1 GiB: starts when it fits")
                bed.processes["switchd"].kill()
            finally:
                bed.processes["switchd"].process.kill()
                wait_until(lambda: remove_group(group), "the control group can be removed")
        bed.config.write_text(modest)
        bed.prefixes["switchd"] = ["prlimit", "--nofile=64"]
        process = bed.start_switch(wait=False)
        process.wait_for("listening on")
        lab.check(process.is_running(), "64 open files: starts")


def refuses_to_start(lab, bed, limit, prefix):
    bed.prefixes["switchd"] = prefix
    process = bed.start_switch(wait=False)
    status = ends_by_itself(bed, process)
    text = process.tail(3)
    lab.check(status == 1 and "start_refused" in text and "ledger." in text,
              f"{limit}: refuses to start and says why: status {status}, {text[-250:]}")


def memory_group(limit):
    """A control group of ours with that limit; None where it is not allowed."""
    for top, file in (("/sys/fs/cgroup/memory", "memory.limit_in_bytes"),
                      ("/sys/fs/cgroup", "memory.max")):
        group = pathlib.Path(top) / f"ayni-lab-{os.getpid()}"
        if not (pathlib.Path(top) / "cgroup.procs").exists():
            continue
        try:
            group.mkdir()
            (group / file).write_text(str(limit))
            return group
        except OSError:
            if group.exists():
                group.rmdir()
    return None


def remove_group(group):
    try:
        group.rmdir()
        return True
    except OSError:
        return False
