"""How our files are compiled, running many compilers at once, and not repeating what passed."""

import concurrent.futures
import hashlib
import json
import os
import pathlib
import shlex
import subprocess


class Commands:
    """compile_commands.json of a build, of files of ours only (generated code is not)."""

    def __init__(self, files, build):
        self.files = files
        self.build = pathlib.Path(build).resolve()
        database = self.build / "compile_commands.json"
        entries = json.loads(database.read_text())
        ours = {str(path) for path in files.sources()}
        self.by_source = {e["file"]: e for e in entries if e["file"] in ours}

    def flags(self):
        """Where to look for headers and what is defined: all that any of our files is compiled
        with, since a header is no file of the build itself."""
        flags, standard = {}, "-std=c++20"
        for entry in self.by_source.values():
            words = shlex.split(entry["command"])
            for place, word in enumerate(words):
                if word == "-isystem":
                    flags[f"-isystem {words[place + 1]}"] = ["-isystem", words[place + 1]]
                elif word.startswith(("-I", "-D")):
                    flags[word] = [word]
                elif word.startswith("-std="):
                    standard = word
        return [standard, *(word for words in flags.values() for word in words)]

    def dependencies(self):
        """What each of our sources includes of ours, as ninja learned when it compiled them. Absent
        for those that were not compiled."""
        objects = {}
        for source, entry in self.by_source.items():
            words = shlex.split(entry["command"])
            objects[words[words.index("-o") + 1]] = source
        answer = subprocess.run(["ninja", "-C", str(self.build), "-t", "deps"],
                                check=True, capture_output=True, text=True).stdout
        found, current = {}, None
        for line in answer.splitlines():
            if line and not line.startswith(" "):
                source = objects.get(line.split(":")[0])
                current = found.setdefault(source, []) if source else None
            elif current is not None and line.strip():
                path = os.path.normpath(self.build / line.strip())
                if not path.startswith("/usr/"):
                    current.append(path)
        return found


def digest_of(*things):
    """Of strings, and of the contents of paths."""
    digest = hashlib.sha256()
    for thing in things:
        content = thing.read_bytes() if isinstance(thing, pathlib.Path) else thing.encode()
        digest.update(len(content).to_bytes(8, "little") + content)
    return digest.hexdigest()


class Passed:
    """Remembers in the build folder which digests passed, so that the next run starts from there."""

    def __init__(self, build, check):
        self.folder = pathlib.Path(build) / "passed" / check
        self.folder.mkdir(parents=True, exist_ok=True)

    def __contains__(self, digest):
        return (self.folder / digest).exists()

    def add(self, digest):
        (self.folder / digest).touch()


def run_all(work, jobs=None):
    """`work`: (name, argument list) pairs. Yields (name, exit status, output) as they finish."""

    def run(item):
        answer = subprocess.run(item[1], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        return item[0], answer.returncode, answer.stdout

    with concurrent.futures.ThreadPoolExecutor(jobs or os.cpu_count()) as pool:
        yield from pool.map(run, work)
