#!/usr/bin/python3
"""The operations chapter has a row for every metric and every configuration key, and for no other;
rules and consoles under deploy/ use only metrics that exist."""

import re

import tree

CHAPTER = "deploy/README.md"
METRIC_IN_SOURCE = re.compile(r'"(ayni_[a-z0-9_]+)"')
KEY_IN_SOURCE = re.compile(r'\.name = "([a-z0-9_.]+)"')
METRIC_USED = re.compile(r"\bayni_[a-z0-9_]+")
ROW = re.compile(r"^\|\s*`([^`]+)`\s*\|", re.MULTILINE)
# What a histogram is stored as, and what our own rules record.
OF_A_HISTOGRAM = re.compile(r"_(bucket|sum|count)$")
RECORDED = re.compile(r"record:\s*(\S+)")
GROUP = re.compile(r"^\s*- name:")


def names_in(files, pattern, under):
    found = {}
    for path in files.sources(under=under):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            for name in pattern.findall(line):
                found.setdefault(name, f"{files.name(path)}:{number}")
    return found


def check_uses(files, metrics):
    rules = [path for path in files.files(under="deploy") if path.suffix in (".yml", ".html", ".json")]
    recorded = {name for path in rules for name in RECORDED.findall(path.read_text())}
    for path in rules:
        for number, line in enumerate(path.read_text().splitlines(), 1):
            for name in [] if GROUP.match(line) else METRIC_USED.findall(line):
                known = name in metrics or OF_A_HISTOGRAM.sub("", name) in metrics or name in recorded
                if not known:
                    yield f"{files.name(path)}:{number}: no process exports {name}"


def check(files):
    metrics = names_in(files, METRIC_IN_SOURCE, "services")
    keys = names_in(files, KEY_IN_SOURCE, "services/lib/config")
    rows = ROW.findall((files.root / CHAPTER).read_text())
    findings = []
    for kind, names in (("metric", metrics), ("configuration key", keys)):
        findings += [f"{where}: the {kind} {name} has no row in {CHAPTER}"
                     for name, where in names.items() if name not in rows]
    for row in rows:
        if row.startswith("ayni_") and row not in metrics:
            findings.append(f"{CHAPTER}:1: no process exports {row}")
    findings += check_uses(files, metrics)
    return min(len(metrics), len(keys)), findings


def main():
    options = tree.arguments(__doc__).parse_args()
    tree.finish("documentation", *check(tree.Tree(options.root)))


if __name__ == "__main__":
    main()
