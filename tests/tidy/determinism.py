#!/usr/bin/python3
"""Forbids in ledger, router and sequencer what would make two replays differ (STYLE 16)."""

import re
import tomllib

import tree

FOLDERS = ("ledger", "router", "sequencer")

FORBIDDEN = {
    "clock": r"\b(system_clock|steady_clock|high_resolution_clock|utc_clock|clock_gettime|"
             r"gettimeofday|localtime|gmtime|strftime|std::time|__rdtsc)\b",
    "randomness": r"\b(s?rand|rand_r|drand48|random_device|mt19937(_64)?|getrandom|"
                  r"default_random_engine|std::\w+_distribution|std::shuffle)\b",
    "environment": r"\b(secure_)?getenv\b",
    "floating point": r"\b(float|double|long double)\b|(?<![\w.])\d+\.\d*[fF]?\b(?!\.)",
    "std::hash": r"\bstd::hash\b",
    "thread": r"\b(std::(j?thread|mutex|shared_mutex|recursive_mutex|condition_variable\w*|async|"
              r"future|promise|scoped_lock|unique_lock|lock_guard)|this_thread|thread_local|"
              r"pthread_\w+)\b",
    "unordered container": r"\bunordered_(multi)?(map|set)\b",
    "pointer order": r"\bstd::(map|set)\s*<\s*(const\s+)?[\w:]+\s*\*",
    "locale": r"\b(std::locale|setlocale|imbue)\b",
}

ALLOWED = "tests/tidy/determinism_allowed.toml"


UNORDERED_NAME = re.compile(r"\bunordered_(?:multi)?(?:map|set)\s*<[^;{]*>\s*&?\s*(\w+)\s*[;{=,)]")


def iterations(code):
    """Lines that go through a container whose order is an accident."""
    for name in set(UNORDERED_NAME.findall(code)):
        pattern = re.compile(rf"\bfor\s*\([^;)]*:\s*(?:\w+(?:\.|->))*{name}\s*\)"
                             rf"|\b{name}\s*\.\s*c?r?begin\b")
        for number, line in enumerate(code.splitlines(), 1):
            if pattern.search(line):
                yield number, "iteration over an unordered container"


def findings_in(text):
    code = tree.without_comments_and_literals(text)
    yield from iterations(code)
    for number, line in enumerate(code.splitlines(), 1):
        for kind, pattern in FORBIDDEN.items():
            if re.search(pattern, line):
                yield number, kind


def check(files, allowed):
    """`allowed`: rows of file, what, why. One that nothing needs any more is a finding too."""
    looked_at, findings, used = 0, [], set()
    permits = {(row["file"], row["what"]) for row in allowed}
    for row in allowed:
        if not row.get("why", "").strip():
            findings.append(f"{ALLOWED}: {row['file']}, {row['what']}: says no reason")
    for folder in FOLDERS:
        for path in files.sources(under=f"services/lib/{folder}"):
            looked_at += 1
            name = files.name(path)
            for number, kind in findings_in(path.read_text()):
                if (name, kind) in permits:
                    used.add((name, kind))
                else:
                    findings.append(f"{name}:{number}: {kind} is forbidden here")
    for name, kind in sorted(permits - used):
        findings.append(f"{ALLOWED}: {name}, {kind}: is not needed any more")
    return looked_at, findings


def main():
    options = tree.arguments(__doc__).parse_args()
    table = tomllib.loads((tree.REPOSITORY / ALLOWED).read_text())
    tree.finish("determinism", *check(tree.Tree(options.root), table.get("allowed", [])))


if __name__ == "__main__":
    main()
