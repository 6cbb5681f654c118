"""Faults that strace makes, below every library: the same as faulty_disk.so, by somebody else's hand."""

import shutil
import signal

import ayni_client
from ayni_testbed import PATIENCE_SECONDS
from judge import check_replay
from ledger_load import LedgerLoad

FIRST_SEGMENT = "00000001.journal"


def is_there():
    return shutil.which("strace") is not None


def strace(log, call, what, when):
    """Words before a command line. The tracer is a grandchild (-D), so the process that we started is
    the program itself. `when`: strace counts the calls of each thread on its own."""
    return ["strace", "-D", "-f", "-qq", "-o", log, "-e", f"trace={call}", "-e", "signal=none",
            "-e", f"inject={call}:{what}:when={when}"]


def kills(lab, switch, calls, first_start):
    """SIGKILL at the Nth such call of any thread; the page cache stays. Returns how many it were."""
    bed, killed = switch.bed, 0
    for call, when in calls:
        switch.restore(None if first_start else "some")
        bed.prefixes["switchd"] = strace(bed.folder / "strace.log", call, "signal=KILL", when)
        bed.environments.pop("switchd", None)
        process = bed.start_switch(wait=False)
        load = LedgerLoad(bed, switch.owner)
        try:
            process.wait_for("listening on")
            if not first_start:
                load.balance()
                load.work(10)
        except (RuntimeError, ayni_client.Refused):
            pass  # It did not come so far.
        if process.is_running():
            process.process.send_signal(signal.SIGQUIT)  # At once, and not as the kill does.
        status = process._reap()
        bed.prefixes.pop("switchd")
        if status != -signal.SIGKILL:
            continue
        killed += 1
        bed.start_switch()
        fault = "" if first_start else load.fault(switch.balances["some"])
        lab.check(not fault, f"strace: killed at {call} {when}, {len(load.acknowledged)} acknowledged: "
                  f"{fault or 'all there'}")
        check_replay(lab, bed, f"strace: killed at {call} {when}")
        bed.processes["switchd"].kill()
    switch.kills += killed
    return killed


def errors(lab, switch, calls):
    """The call fails once, and all calls of that kind after it would succeed: it must not try them."""
    bed = switch.bed
    for call, when in calls:
        switch.restore("some")
        bed.environments.pop("switchd", None)
        log = bed.folder / "strace.log"
        bed.prefixes["switchd"] = strace(log, call, "error=EIO", when)
        process = bed.start_switch(wait=False)
        load = LedgerLoad(bed, switch.owner)
        try:
            process.wait_for("listening on")
            load.balance()
            load.work(when + 10)
        except (RuntimeError, ayni_client.Refused):
            pass
        status = process.process.wait(PATIENCE_SECONDS)
        process._reap()
        bed.prefixes.pop("switchd")
        injected = log.read_text().count("INJECTED")
        lab.equal((injected, status != 0), (1, True), f"strace: EIO at {call} {when} stops it: {status}")
        bed.start_switch()
        lab.equal(load.fault(switch.balances["some"]), "", f"strace: EIO at {call} {when}: "
                  f"{len(load.acknowledged)} acknowledged are there")
        bed.processes["switchd"].kill()
