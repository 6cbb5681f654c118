"""projectord beside a switch, and the books that it writes."""

import re
import urllib.request

from ayni_testbed import BINARIES, Process, free_ports

CHECKSUMS = ("SELECT string_agg(book || ' ' || row_count || ' ' || checksum, E'\\n' ORDER BY book)"
             " FROM books_checksum()")


class Projector:
    """projectord with its configuration; started and ended as often as one likes. Of the switch's own
    journal, or of that in `journal`, or in `journal_database`; its transactions are small, so that
    there are many."""

    def __init__(self, bed, database, journal=None, name="projectord", journal_database=None):
        self.bed, self.name, self.binaries = bed, name, BINARIES
        self.endpoint = f"127.0.0.1:{free_ports(1)[0]}"
        self.config = bed.folder / f"{name}.toml"
        in_database = [f'database = "{journal_database}"'] if journal_database else []
        self.config.write_text("\n".join([
            "[journal]", f'directory = "{journal or bed.folder / "journal"}"', *in_database,
            "[database]", f'connection = "{database}"',
            "retry_at_most_milliseconds = 100",
            "[projection]", "rows_per_transaction = 50", "poll_milliseconds = 10",
            "[metrics]", f'listen = "{self.endpoint}"']) + "\n")
        self.log = bed.folder / f"{name}.log"

    def start(self, *arguments):
        process = Process(self.name, [self.binaries / "projectord", "--config", self.config,
                                      *arguments], self.log)
        self.bed.processes[self.name] = process
        process.wait_for("listening on")
        return process

    def run(self, *arguments):
        """To its end."""
        process = self.start(*arguments)
        status = process.process.wait(120)
        process.reader.join()
        del self.bed.processes[self.name]
        return status

    def stop(self):
        self.bed.processes.pop(self.name).stop()

    def metrics(self):
        try:
            with urllib.request.urlopen(f"http://{self.endpoint}/metrics", timeout=30) as page:
                return dict(re.findall(r"^(ayni_\w+) (\S+)$", page.read().decode(), re.MULTILINE))
        except OSError:
            return {}

    def metric(self, name):
        return float(self.metrics().get(name, "nan"))

    def has_log(self, event):
        return f"event={event}" in self.log.read_text()


def books_of(bed, server, journal, database):
    """What the books of the journal in a directory come to, written into a new database."""
    server.sql(f"CREATE DATABASE {database}", "postgres")
    connection = server.connection_string(database)
    bed.ayctl("schema", "migrate", "--database", connection)
    projector = Projector(bed, connection, journal, f"projectord-{database}")
    if projector.run("--once") != 0:
        raise RuntimeError(f"projectord failed:\n{projector.log.read_text()}")
    return server.sql(CHECKSUMS, database)
