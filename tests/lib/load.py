"""Payments in a steady stream through an institution's app side, and what its customers were told."""

import threading
import time

import ayni_client
from ayni_testbed import WALLET, pen


class Load(threading.Thread):
    """Keeps `in_flight` payments going from one institution to others, until `finish`. An institution
    that goes away is an error, unless the load is `patient`: then it is called again, and its
    customers never learn what became of the payments that were under way."""

    def __init__(self, bed, payer, payees, random, customers, in_flight=50, timeout_ms=5_000,
                 patient=False):
        super().__init__(daemon=True)
        self.patient, self.interruptions = patient, 0
        self.bed, self.payer, self.payees, self.random = bed, payer, payees, random
        self.customers, self.in_flight, self.timeout_ms = customers, in_flight, timeout_ms
        self.answers = []  # PayResponse, in the order they came
        self.times = []  # When each came, monotonic seconds.
        self.asked = {}  # tag -> amount
        self.error = None
        self._room = threading.Semaphore(in_flight)
        self._stopping = threading.Event()
        self._tag = 0

    def _payment(self, tag):
        amount = self.random.randint(1, 5_000)
        self.asked[tag] = amount
        return {"payer_account": self._customer(), "payee_participant": self.random.choice(self.payees),
                "payee_account": self._customer(), "amount": pen(amount), "tag": tag,
                "timeout": f"{self.timeout_ms / 1000:.3f}s"}

    def _customer(self):
        return f"C{self.random.randrange(self.customers):06d}"

    def _payments(self, room):
        while True:
            room.acquire()
            if self._stopping.is_set() or room is not self._room:
                return
            self._tag += 1
            yield {"payments": [self._payment(self._tag)]}

    def _stream(self):
        """False when it broke and is to be begun again."""
        self._room = room = threading.Semaphore(self.in_flight)
        try:
            for message in self.bed.wallet(self.payer).stream(WALLET + "StreamPay",
                                                              self._payments(room),
                                                              waits=self.patient):
                for answer in message.payments:
                    self.times.append(time.monotonic())
                    self.answers.append(answer)
                    room.release()
        except ValueError:  # The client was closed: the lab is over.
            return True
        except ayni_client.Refused as error:
            if self._stopping.is_set():
                return True
            if not self.patient:
                self.error = error
                return True
            self.interruptions += 1
            room.release()
            return False
        return True

    def run(self):
        while not self._stream():
            self._stopping.wait(0.05)

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
