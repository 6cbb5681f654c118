"""PostgreSQL servers of a measurement, set up as deploy/cluster says, on the disk of TMPDIR."""

import os
import pathlib
import time

import yaml

from stand import REPOSITORY  # which also adds the path of the next
from postgres_server import PROGRAMS, PostgresServer, free_port

# Memory and room of this machine, and no archive. Checkpoints come when they are asked for, between
# two runs.
MACHINE = {"shared_buffers": "1GB", "max_wal_size": "8GB", "checkpoint_timeout": "1h",
           "archive_mode": "off", "archive_command": "", "archive_timeout": 0}


def settings():
    cluster = yaml.safe_load((REPOSITORY / "deploy/cluster/patroni.yml.in").read_text())
    return {**cluster["bootstrap"]["dcs"]["postgresql"]["parameters"], **MACHINE}


class Database(PostgresServer):
    """Its log is written to one disk, by itself."""

    def __init__(self):
        super().__init__(settings())

    def servers(self):
        return [self]

    def wal_bytes(self):
        """Written to the log since the beginning."""
        return int(self.sql("SELECT pg_current_wal_lsn() - '0/0'", "postgres"))

    def cpu_seconds(self):
        return sum(cpu_seconds_below(server.process.pid) for server in self.servers())

    def checkpoint(self):
        """Tables are on the disk, too; how many seconds that took."""
        started = time.monotonic()
        for server in self.servers():
            server.sql("CHECKPOINT", "postgres")
        return time.monotonic() - started


class ReplicatedDatabase(Database):
    """One whose commits wait until a standby on this machine has them on its disk, too."""

    def __init__(self):
        super().__init__()
        self.standby = Standby(self)

    def __enter__(self):
        super().__enter__()
        try:
            self.standby.__enter__()
            self.wait_for_standby()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.standby.__exit__()
        super().__exit__()

    def servers(self):
        return [self, self.standby]

    def wait_for_standby(self):
        self.sql("ALTER SYSTEM SET synchronous_standby_names = 'standby'", "postgres")
        self.sql("SELECT pg_reload_conf()", "postgres")
        self.wait_until(lambda: self.sql("SELECT sync_state FROM pg_stat_replication",
                                         "postgres") == "sync", "a synchronous standby")


class Standby(PostgresServer):
    """A copy of `primary` that follows it."""

    def __init__(self, primary):
        super().__init__(primary.settings)
        self.primary = primary

    def create(self):
        os.chown(self.folder, self.user.pw_uid, self.user.pw_gid)
        self.run(PROGRAMS / "pg_basebackup", "--pgdata", self.data, "--write-recovery-conf",
                 "--checkpoint=fast", "--wal-method=stream", "--dbname",
                 f"{self.primary.connection_string('postgres')} application_name=standby")
        self.port = free_port()


def cpu_seconds_below(parent):
    """Processor time of a process and of its children, those that ended included."""
    ticks = 0
    for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has ended meanwhile
        if int(path.parent.name) == parent:
            ticks += sum(map(int, fields[11:15]))
        elif int(fields[1]) == parent:
            ticks += sum(map(int, fields[11:13]))
    return ticks / os.sysconf("SC_CLK_TCK")
