"""Payments in a steady stream through an institution's app side, and what its customers were told."""

import queue
import threading

import ayni_client
from ayni_testbed import WALLET, pen


class Load(threading.Thread):
    """Keeps `in_flight` payments going from one institution to others, until `finish`. The stream to
    the institution stays up: only the switch is killed in the labs."""

    def __init__(self, bed, payer, payees, random, customers, in_flight=50, timeout_ms=5_000):
        super().__init__(daemon=True)
        self.bed, self.payer, self.payees, self.random = bed, payer, payees, random
        self.customers, self.in_flight, self.timeout_ms = customers, in_flight, timeout_ms
        self.answers = []  # PayResponse, in the order they came
        self.asked = {}  # tag -> amount
        self.error = None
        self._room = threading.Semaphore(in_flight)
        self._requests = queue.Queue()
        self._stopping = threading.Event()

    def _payment(self, tag):
        amount = self.random.randint(1, 5_000)
        self.asked[tag] = amount
        return {"payer_account": self._customer(), "payee_participant": self.random.choice(self.payees),
                "payee_account": self._customer(), "amount": pen(amount), "tag": tag,
                "timeout": f"{self.timeout_ms / 1000:.3f}s"}

    def _customer(self):
        return f"C{self.random.randrange(self.customers):06d}"

    def _payments(self):
        tag = 0
        while True:
            self._room.acquire()
            if self._stopping.is_set():
                return
            tag += 1
            yield {"payments": [self._payment(tag)]}

    def run(self):
        try:
            for message in self.bed.wallet(self.payer).stream(WALLET + "StreamPay", self._payments()):
                for answer in message.payments:
                    self.answers.append(answer)
                    self._room.release()
        except ayni_client.Refused as error:
            if not self._stopping.is_set():
                self.error = error

    def finish(self, seconds):
        """Asks for no more and waits for the answers that are under way."""
        self._stopping.set()
        self._room.release()
        self.join(seconds)
        if self.is_alive():
            raise TimeoutError(f"{self.payer}: payments were not answered: "
                               f"{len(self.asked) - len(self.answers)} of {len(self.asked)}")
        if self.error:
            raise self.error
