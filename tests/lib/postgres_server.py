"""A PostgreSQL server for one test: in a temporary folder, on a free loopback port.

PostgreSQL refuses to run as root, so that root starts it as the user `postgres`.
"""

import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time

PROGRAMS = pathlib.Path("/usr/lib/postgresql/15/bin")
ARCHIVE_WAL = pathlib.Path(__file__).resolve().parents[2] / "deploy/cluster/archive-wal"
PATIENCE_SECONDS = 60


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def is_alive(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


class PostgresServer:
    """Started when entered, stopped and removed when left.

    settings: further lines of postgresql.conf, as a dictionary. Durable as in production, unless a
    setting says otherwise. has_archive: WAL is archived, for restore()."""

    def __init__(self, settings=None, folder=None, has_archive=False):
        self.settings = dict(settings or {})
        self.has_archive, self.archive = has_archive, None
        self.is_own_folder = folder is None
        self.folder = pathlib.Path(folder or tempfile.mkdtemp(prefix="ayni-postgres-"))
        self.data = self.folder / "data"
        self.log = self.folder / "postgres.log"
        self.port = None
        self.process = None
        self.backups = self.replaced = 0
        self.user = pwd.getpwnam("postgres") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())

    def __enter__(self):
        try:
            if self.has_archive:
                self.keep_archive()
            self.create()
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.stop()
        if self.is_own_folder:
            shutil.rmtree(self.folder, ignore_errors=True)

    def connection_string(self, database="ayni"):
        return f"host=127.0.0.1 port={self.port} user={self.user.pw_name} dbname={database}"

    def run(self, *words):
        """One of PostgreSQL's own programs, as the user of the server; its output."""
        answer = subprocess.run([str(word) for word in words], capture_output=True, text=True,
                                check=False, cwd=self.folder, **self._as_user())
        if answer.returncode != 0:
            raise RuntimeError(f"{words[0]}: {answer.returncode}\n{answer.stdout}{answer.stderr}")
        return answer.stdout

    def sql(self, text, database="ayni"):
        """What psql prints, unaligned and without headings."""
        return self.run(PROGRAMS / "psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", text,
                        self.connection_string(database)).strip()

    def create(self):
        os.chown(self.folder, self.user.pw_uid, self.user.pw_gid)
        self.run(PROGRAMS / "initdb", "--pgdata", self.data, "--auth=trust", "--encoding=UTF8",
                 "--locale=C", "--data-checksums", "--no-sync",
                 f"--username={self.user.pw_name}")

    def start(self, recovery=None):
        """recovery: settings of this start only, those of a restore."""
        is_new = self.port is None
        self.port = self.port or free_port()
        settings = {"port": self.port, "listen_addresses": "'127.0.0.1'",
                    "unix_socket_directories": "''", "lc_messages": "'C'", **self.settings,
                    **(recovery or {})}
        words = [f"-c{name}={str(value).strip(chr(39))}" for name, value in settings.items()]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [str(PROGRAMS / "postgres"), "-D", str(self.data), *words],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder,
                **self._as_user())
        self.wait_until_ready()
        if is_new:
            self.sql("CREATE DATABASE ayni", database="postgres")

    def wait_until_ready(self):
        def answers():
            try:
                return self.sql("SELECT 1", database="postgres")
            except RuntimeError:
                return None
        self.wait_until(answers, "an answer")

    def wait_until(self, condition, what):
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not condition():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"waited for: {what}\n{self.log.read_text()[-2000:]}")
            time.sleep(0.05)

    # A database that went back in time.

    def base_backup(self):
        """A copy of the running server's data; its folder, for rewind_to()."""
        self.backups += 1
        folder = self.folder / f"backup-{self.backups}"
        self.run(PROGRAMS / "pg_basebackup", "--pgdata", folder, "--checkpoint=fast", "--no-sync",
                 "--wal-method=stream", "--dbname", self.connection_string("postgres"))
        return folder

    def rewind_to(self, backup):
        """Replaces the server by one that was restored from a backup and promoted, on the same port:
        what was committed after the backup is not there, though its clients were told that it was,
        and the timeline is a new one. As after a failover that lost rows, or a wrong restore.

        A backup can be used again; the timeline is a further one each time."""
        self.stop()
        # What the cluster knows of its past timelines, which Patroni's nodes would know, too.
        history = sorted((self._set_aside() / "pg_wal").glob("*.history"))
        # `immediate`: to the end of the backup, not of the WAL that happened to be copied with it.
        self._start_from(backup, history, {
            "restore_command": "false", "recovery_target": "immediate",
            "recovery_target_timeline": "current"})

    # Restore, as deploy/README.md has it.

    def keep_archive(self):
        """Every WAL segment is copied away when it is full. Before the server is made."""
        self.archive = self.folder / "archive"
        self.archive.mkdir()
        os.chown(self.archive, self.user.pw_uid, self.user.pw_gid)
        # The user of the server may not enter the folders of whoever runs the test.
        script = shutil.copy(ARCHIVE_WAL, self.folder)
        self.settings |= {"archive_mode": "on",
                          "archive_command": f"{script} {self.archive} %p %f"}

    def archive_up_to_now(self):
        """What was committed until now is in the archive when this returns."""
        name = self.sql("SELECT pg_walfile_name(pg_switch_wal())", "postgres")
        self.wait_until(lambda: (self.archive / name).exists(), f"{name} in the archive")

    def restore(self, backup, until=None, salvaged=()):
        """In the place of one that was destroyed: its base backup, and the archived WAL up to
        `until`, a time as PostgreSQL prints it. `salvaged`: WAL that was not archived yet, as found."""
        recovery = {"restore_command": f"cp {self.archive}/%f %p",
                    "recovery_target_timeline": "latest"}
        if until:
            recovery["recovery_target_time"] = until
        self._start_from(backup, salvaged, recovery)

    def destroy(self):
        """Ends it without a checkpoint and takes its data away, for restore(). Returns what was in
        pg_wal, for those who can still read the disk."""
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait()
        return sorted(path for path in (self._set_aside() / "pg_wal").iterdir() if path.is_file())

    def _set_aside(self):
        self.replaced += 1
        return self.data.rename(self.folder / f"replaced-{self.replaced}")

    def _start_from(self, backup, wal, recovery):
        self.run("cp", "--archive", backup, self.data)
        for path in wal:
            self.run("cp", path, self.data / "pg_wal")
        self.run("touch", self.data / "recovery.signal")
        self.start({**recovery, "recovery_target_action": "promote"})
        self.wait_until(lambda: self.sql("SELECT pg_is_in_recovery()", "postgres") == "f",
                        "promotion")

    def promote(self):
        """The server ends without a word, and a standby that lacks nothing is promoted on its port:
        the same rows, on a new timeline."""
        self.kill()
        self.run("touch", self.data / "recovery.signal")
        self.start({"restore_command": "false", "recovery_target_timeline": "current"})
        self.wait_until(lambda: self.sql("SELECT pg_is_in_recovery()", "postgres") == "f",
                        "promotion")

    def timeline(self):
        """Of what is being written."""
        return int(self.sql("SELECT substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)", "postgres"),
                   16)

    def stop(self):
        """Politely, cutting connections."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(PATIENCE_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.send_signal(signal.SIGQUIT)
                self.process.wait()

    def kill(self):
        """As a power cut would end it and its children, which hold the shared memory."""
        pid = self.process.pid
        children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        self.process.kill()
        self.process.wait()
        for child in children:
            try:
                os.kill(int(child), signal.SIGKILL)
            except ProcessLookupError:
                pass
        deadline = time.monotonic() + PATIENCE_SECONDS
        while any(is_alive(child) for child in children):
            if time.monotonic() > deadline:
                raise TimeoutError("children of a killed server live")
            time.sleep(0.01)

    def _as_user(self):
        if os.geteuid() != 0:
            return {}
        return {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []}
