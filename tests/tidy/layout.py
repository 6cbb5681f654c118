#!/usr/bin/python3
"""The house: top level, sizes, run bits, and nothing that only exists on somebody's machine."""

import re

import tree

TOP_LEVEL = {"CMakeLists.txt", "CMakePresets.json", "README.md", "CONTRIBUTING.md", "LICENSE",
             "services", "proto", "schema", "deploy", "loadtest", "tests"}
CHAPTERS = ("services", "proto", "schema", "deploy", "loadtest", "tests")
MAX_LINES = 900
# Data, generated or the work of others: long by nature.
MAY_BE_LONG = (".xml", ".csv", ".json", ".jsonl", ".svg")
MAY_BE_LONG_NAMES = ("LICENSE",)
MACHINE_PATHS = re.compile(r"(?<![\w./$}{-])/(home|Users|root|work|mnt|media)/[\w.]"
                           r"|(?<![\w./$}{-])/tmp/(build|b\b)|\.\./shared\b")
MAY_NAME_SHARED = ".ci/run"


def check_text(name, path, text):
    lines = text.splitlines()
    long_by_nature = path.suffix in MAY_BE_LONG or path.name in MAY_BE_LONG_NAMES
    if len(lines) >= MAX_LINES and not long_by_nature:
        yield f"{name}:{len(lines)}: split it, files have under {MAX_LINES} lines"
    for number, line in enumerate(lines, 1):
        if name not in (MAY_NAME_SHARED, "tests/tidy/layout.py", "tests/tidy/self_test.py"):
            match = MACHINE_PATHS.search(line)
            if match:
                yield f"{name}:{number}: names a place of one machine: {match.group()}"


def check(files):
    findings = []
    for entry in sorted(files.root.iterdir()):
        if not entry.name.startswith(".") and entry.name not in TOP_LEVEL:
            findings.append(f"{entry.name}:1: does not belong at the top level")
    for name in sorted(TOP_LEVEL):
        if not (files.root / name).exists():
            findings.append(f"{name}:1: is missing from the top level")
    for chapter in CHAPTERS:
        if not (files.root / chapter / "README.md").exists():
            findings.append(f"{chapter}/README.md:1: each top-level folder has its chapter")
    everything = files.files()
    for path in everything:
        content = path.read_bytes()
        name = files.name(path)
        is_executable = bool(path.stat().st_mode & 0o100)
        if is_executable != content.startswith(b"#!"):
            findings.append(f"{name}:1: " + ("is executable but starts with no #!" if is_executable
                                             else "starts with #! but is not executable"))
        try:
            findings += check_text(name, path, content.decode())
        except UnicodeDecodeError:
            pass  # Not text: an image or a recorded journal.
    return len(everything), findings


def main():
    options = tree.arguments(__doc__).parse_args()
    tree.finish("layout", *check(tree.Tree(options.root)))


if __name__ == "__main__":
    main()
