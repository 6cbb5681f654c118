#!/usr/bin/python3
"""Every C++ file is as clang-format-19 would write it."""

import re
import subprocess

import tree


def check(files):
    sources = files.sources()
    findings = []
    for start in range(0, len(sources), 50):
        answer = subprocess.run(
            ["clang-format-19", "--dry-run", "--Werror", "--ferror-limit=1",
             f"--style=file:{tree.REPOSITORY / '.clang-format'}",
             *map(str, sources[start:start + 50])], capture_output=True, text=True)
        found = re.findall(r"^(.*?):(\d+):\d+: error: ", answer.stderr, re.MULTILINE)
        if answer.returncode != 0 and not found:
            raise RuntimeError(answer.stderr)
        findings += [f"{files.name(path)}:{line}: run clang-format-19 -i on it"
                     for path, line in found]
    return len(sources), findings


def main():
    options = tree.arguments(__doc__).parse_args()
    tree.finish("formatting", *check(tree.Tree(options.root)))


if __name__ == "__main__":
    main()
