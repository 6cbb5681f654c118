"""Somebody who appends numbered rows to the database for as long as he lives, through every fault, and
remembers what he was told: what was acknowledged must be there for ever."""

import socket
import threading
import time

import psycopg2
from patroni_cluster import wait_until

# As the switch does: whoever hears nothing does not cancel, but asks the leader of that moment. A commit
# that waits for a standby has no end of its own, and a frozen machine's kernel still answers.
DEADLINE_SECONDS = 3
PAUSE_SECONDS = 0.002


class RowWriter:
    """One row is one transaction. Each number is tried once, so that no row stands for two attempts."""

    def __init__(self, connection_string):
        self.connection_string = connection_string
        self.acknowledged = []  # (number, when it was sent, when it was acknowledged)
        self.doubtful = {}      # number → why nobody knows
        self.number = 0
        self.connection = self.asked_at = None
        self.is_over = threading.Event()
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=each, daemon=True) for each in (self._write, self._watch)]

    def __enter__(self):
        connection = psycopg2.connect(self.connection_string)
        connection.autocommit = True
        connection.cursor().execute("CREATE TABLE numbered (number bigint PRIMARY KEY)")
        connection.close()
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.is_over.set()
        for thread in self.threads:
            thread.join(30)

    def wait_for_write(self, after, seconds=120):
        """When the first row was acknowledged that was sent after a moment."""
        return wait_until(lambda: next((told for _, sent, told in reversed(self._since(after))), None),
                          "an acknowledged write", seconds, pause=0.02)

    def acknowledged_between(self, begin, end):
        """How many were sent and acknowledged in that time."""
        return sum(1 for _, _, told in self._since(begin) if told <= end)

    def longest_gap(self, begin):
        """Seconds in which nothing was acknowledged, since a moment."""
        times = [begin] + [told for _, _, told in reversed(self._since(begin))]
        return max(later - earlier for earlier, later in zip(times, times[1:] + [time.monotonic()]))

    def rows(self):
        """What is in the database, as its leader has it. Asked again until somebody answers."""
        def ask():
            try:
                connection = psycopg2.connect(self.connection_string)
            except psycopg2.Error:
                return None
            try:
                cursor = connection.cursor()
                cursor.execute("SELECT number FROM numbered")
                return [{number for number, in cursor.fetchall()}]
            except psycopg2.Error:
                return None
            finally:
                connection.close()
        return wait_until(ask, "an answer of the database")[0]

    def _since(self, moment):
        """Newest first; those that were sent after it."""
        found = []
        for each in reversed(self.acknowledged):
            if each[1] <= moment:
                break
            found.append(each)
        return found

    def _write(self):
        while not self.is_over.wait(PAUSE_SECONDS):
            try:
                if self.connection is None:
                    self._connect()
            except psycopg2.Error:
                self.is_over.wait(0.1)
                continue
            self.number += 1
            sent = time.monotonic()
            self.asked_at = sent
            try:
                self.connection.cursor().execute("INSERT INTO numbered VALUES (%s)", (self.number,))
                # A wait for the standby that was cut short ends in success and a warning.
                why = " ".join(self.connection.notices)
            except psycopg2.Error as error:
                why = str(error)
            self.asked_at = None
            if why:
                self.doubtful[self.number] = why.strip()
                self._disconnect()
            else:
                self.acknowledged.append((self.number, sent, time.monotonic()))
        self._disconnect()

    def _connect(self):
        connection = psycopg2.connect(self.connection_string)
        connection.autocommit = True
        with self.lock:
            self.connection = connection

    def _disconnect(self):
        with self.lock:
            if self.connection is not None:
                self.connection.close()
                self.connection = None

    def _watch(self):
        """Hangs up on a database that does not answer in time: libpq alone would wait for ever."""
        while not self.is_over.wait(0.1):
            self._hang_up(DEADLINE_SECONDS)
        self._hang_up(0)

    def _hang_up(self, seconds):
        with self.lock:
            asked = self.asked_at
            if self.connection is None or asked is None or time.monotonic() - asked < seconds:
                return
            line = socket.socket(fileno=self.connection.fileno())
            try:
                line.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # It has been hung up at the other end.
            line.detach()
