"""Payments between two institutions while something happens to the switch, and what became of them."""

import random

from ayni_testbed import wait_until
from judge import check_acknowledged
from load import Load

CUSTOMERS = 200


class Payments:
    """In both directions, until `finish`; may be begun again."""

    def __init__(self, lab, bed, chance, some):
        self.lab, self.bed, self.chance, self.some = lab, bed, chance, some
        self.finished, self.loads = [], []
        self.checked = {}  # load -> how many of its answers
        for code in bed.played:
            bed.open_customers(code, CUSTOMERS, 1_000_000_000)

    def begin(self):
        self.loads = [Load(self.bed, payer, [payee, "coopac"], random.Random(self.chance.random()),
                           CUSTOMERS, in_flight=8, timeout_ms=5_000)
                      for payer, payee in (("yape", "bim"), ("bim", "yape"))]
        for load in self.loads:
            load.start()
        self.flow()

    def answered(self):
        return sum(len(load.answers) for load in self.loads)

    def flow(self):
        """Until some more were answered."""
        goal = self.answered() + self.some
        wait_until(lambda: self.answered() >= goal, f"{self.some} more answers", 120)

    def finish(self):
        for load in self.loads:
            load.finish(180)
        self.bed.wait_quiet()
        self.finished += self.loads
        self.loads = []

    def check(self, where, again=False):
        """What customers were told since the last check, or ever, is still so."""
        for load in self.finished + self.loads:
            first = 0 if again else self.checked.get(load, 0)
            answers = load.answers[first:]
            self.checked[load] = first + len(answers)
            check_acknowledged(self.lab, self.bed, load, answers, where)
