#!/usr/bin/python3
"""Gathers the tests of several builds into one ctest folder, so that one summary covers them all.

    gather_ctest.py OUTPUT release=DIR asan=DIR tsan=DIR

Every test is named after its build ("asan.unit_ledger"). Structural tests (label "tidy") look at
the sources, so they are taken from the first build only; of "tsan" only tests with the label
"threaded" are taken, since that build holds no others.
"""

import json
import pathlib
import subprocess
import sys


def quote(text):
    """A CMake bracket argument: nothing inside it is special."""
    level = 0
    while "]" + "=" * level + "]" in text:
        level += 1
    return f"[{'=' * level}[{text}]{'=' * level}]"


def listed(value):
    return ";".join(value) if isinstance(value, list) else str(value)


def no_randomised_addresses():
    """The prefix for programs of ThreadSanitizer: GCC 12's cannot run where the kernel places
    mappings with more than 28 random bits."""
    bits = pathlib.Path("/proc/sys/vm/mmap_rnd_bits")
    if bits.exists() and int(bits.read_text()) > 28:
        return ["/usr/bin/setarch", "--addr-no-randomize"]
    return []


def tests_of(build, name, is_first):
    answer = subprocess.run(["ctest", "--test-dir", build, "--show-only=json-v1"],
                            check=True, stdout=subprocess.PIPE).stdout
    prefix = no_randomised_addresses() if name == "tsan" else []
    for test in json.loads(answer)["tests"]:
        properties = {p["name"]: p["value"] for p in test.get("properties", [])}
        labels = properties.get("LABELS", [])
        is_unbuilt = name == "tsan" and "threaded" not in labels
        if is_unbuilt or ("tidy" in labels and not is_first):
            continue
        if "command" not in test:
            sys.exit(f"gather_ctest: {test['name']} of {build} was not built")
        yield f"{name}.{test['name']}", prefix + test["command"], properties


def main():
    output, builds = pathlib.Path(sys.argv[1]), sys.argv[2:]
    lines = []
    for place, argument in enumerate(builds):
        name, directory = argument.split("=", 1)
        for test, command, properties in tests_of(directory, name, place == 0):
            lines.append(f"add_test({quote(test)} {' '.join(map(quote, command))})")
            pairs = " ".join(f"{key} {quote(listed(value))}" for key, value in properties.items())
            lines.append(f"set_tests_properties({quote(test)} PROPERTIES {pairs})")
    output.mkdir(parents=True, exist_ok=True)
    (output / "CTestTestfile.cmake").write_text("\n".join(lines) + "\n")


main()
