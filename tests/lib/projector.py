"""projectord beside a testbed's switch."""

import re
import urllib.request

from ayni_testbed import BINARIES, Process, free_ports


class Projector:
    """projectord with its configuration; started and ended as often as one likes."""

    def __init__(self, bed, server):
        self.bed = bed
        self.endpoint = f"127.0.0.1:{free_ports(1)[0]}"
        self.config = bed.folder / "projectord.toml"
        self.config.write_text("\n".join([
            "[journal]", f'directory = "{bed.folder / "journal"}"',
            "[database]", f'connection = "{server.connection_string()}"',
            "retry_at_most_milliseconds = 100",
            "[projection]", "rows_per_transaction = 50", "poll_milliseconds = 10",
            "[metrics]", f'listen = "{self.endpoint}"']) + "\n")
        self.log = bed.folder / "projectord.log"

    def start(self, *arguments):
        process = Process("projectord", [BINARIES / "projectord", "--config", self.config, *arguments],
                          self.log)
        self.bed.processes["projectord"] = process
        process.wait_for("listening on")
        return process

    def run(self, *arguments):
        """To its end."""
        process = self.start(*arguments)
        status = process.process.wait(120)
        process.reader.join()
        return status

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
