"""Raw postings of one institution, one call each, for trials that need a switch only and few calls."""

import ayni_client
from ayni_testbed import LEDGER

SUSPENSE, CUSTOMER, PEN = 11, 12, 604
KINDS = {SUSPENSE: "ACCOUNT_KIND_SUSPENSE", CUSTOMER: "ACCOUNT_KIND_CUSTOMER"}


def halves(transfer_id):
    value = int(transfer_id.replace("-", ""), 16)
    return value >> 64, value & ((1 << 64) - 1)


class LedgerLoad:
    """Credits one account by one céntimo with each transfer, so that its balance counts them."""

    def __init__(self, bed, owner):
        self.bed, self.owner = bed, owner
        self.acknowledged, self.unknown = set(), set()  # ids of transfers
        self.sequence = 0  # as of the last answer

    @property
    def client(self):
        return self.bed.client(self.owner)

    def open_accounts(self):
        answer = self.client.patient_call(LEDGER + "CreateAccounts", {"accounts": [
            {"account_id": number, "kind": kind, "currency": PEN} for number, kind in KINDS.items()]})
        assert not any(answer.statuses), answer

    def _request(self, ids):
        request = self.client.request(LEDGER + "CreateTransfers", {})
        for transfer_id in ids:
            high, low = halves(transfer_id)
            request.transfers.add(id_high=high, id_low=low, debit_account_id=SUSPENSE,
                                  credit_account_id=CUSTOMER, amount=1, currency=PEN)
        return request

    def post(self, ids):
        """Raises Refused when the switch goes away meanwhile."""
        self.unknown.update(ids)
        answer = self.client.call(LEDGER + "CreateTransfers", self._request(ids), timeout=20)
        assert not any(answer.statuses), answer
        self.sequence = answer.as_of_sequence
        self.unknown.difference_update(ids)
        self.acknowledged.update(ids)

    def work(self, count):
        """False when the switch went away before the end."""
        try:
            for _ in range(count):
                self.post([ayni_client.new_id()])
        except ayni_client.Refused:
            return False
        return True

    def balance(self):
        account = self.client.patient_call(LEDGER + "GetAccount", {"account_id": CUSTOMER}).account
        return account.credits_posted - account.debits_posted

    def fault(self, before):
        """What is wrong after a crash, in words, or nothing: all that was acknowledged is there, and
        what is repeated counts once. `before`: the balance when this load began."""
        known, asked = len(self.acknowledged), len(self.acknowledged) + len(self.unknown)
        found = self.balance() - before
        if not known <= found <= asked:
            return f"{known} were acknowledged, {asked} asked for, {found} are there"
        again = sorted(self.acknowledged | self.unknown)
        for place in range(0, len(again), 8_000):
            answer = self.client.patient_call(
                LEDGER + "CreateTransfers", self._request(again[place:place + 8_000]))
            if any(answer.statuses):
                return f"a repeat was answered {answer.statuses}"
        found = self.balance() - before
        return "" if found == asked else f"{asked} after repeating all, but {found} are there"


