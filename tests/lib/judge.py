"""How a crash is judged, from outside: what customers were told, the journal replayed by another
process, the segments on the disk."""

import concurrent.futures

import ayni_client
from ayni_testbed import TRANSFERS

BLOCK = 4096
TOLD = {"COMMITTED": "TRANSFER_STATE_COMMITTED", "ABORTED": "TRANSFER_STATE_ABORTED",
        "RETURNED": "TRANSFER_STATE_RETURNED"}


def check_acknowledged(lab, bed, load, answers, where):
    """Whatever a customer was told is still so."""

    def fault(answer):
        if answer.state not in TOLD:
            return None
        try:
            found = bed.client(load.payer).patient_call(
                TRANSFERS + "GetTransfer", {"transfer_id": answer.transfer_id}).transfer
        except ayni_client.Refused as refused:
            return f"{answer.transfer_id} was {answer.state}, now {refused.code}"
        name = found.DESCRIPTOR.fields_by_name["state"].enum_type.values_by_number[found.state].name
        if name != TOLD[answer.state] or found.amount.minor_units != load.asked[answer.tag]:
            return f"{answer.transfer_id} was {answer.state}, now {name}"
        return None

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        wrong = [each for each in pool.map(fault, answers) if each]
    for line in wrong[:5]:
        lab.say(line)
    return lab.equal(len(wrong), 0, f"{where}: {load.payer}'s {len(answers)} answers still stand")


def check_replay(lab, bed, where):
    """Digest and sequence as the running switch had them, computed again from the journal."""
    status = bed.status()
    verified = bed.verify_journal()
    return lab.equal((verified["sequence"], verified["digest"]),
                     (status.as_of_sequence, status.digest),
                     f"{where}: replay of the journal ends at the same sequence and digest")


def last_used(segment):
    """The offset behind the last block that is not zero."""
    data = segment.read_bytes()
    end = len(data)
    while end >= BLOCK and not any(data[end - BLOCK:end]):
        end -= BLOCK
    return end


def segments(folder):
    return sorted(path for path in folder.glob("*.journal") if last_used(path))
