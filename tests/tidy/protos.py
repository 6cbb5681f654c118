#!/usr/bin/python3
"""The protos obey buf's STANDARD rules, and no change breaks a client built against the commit before.

buf comes from the npm registry (tests/tidy/package.json); tests/run puts it into .build/tools.
"""

import pathlib
import subprocess
import sys
import tempfile

import tree

# Where an exact answer is impossible, ctest is told that the test was skipped, and why.
SKIPPED = 77


def buf_of(root):
    return root / ".build/tools/node_modules/.bin/buf"


def run_buf(buf, *words, cwd):
    answer = subprocess.run([str(buf), *words], cwd=cwd, capture_output=True, text=True)
    lines = (answer.stdout + answer.stderr).splitlines()
    if answer.returncode != 0 and not lines:
        lines = [f"buf {' '.join(words)}: exit status {answer.returncode}"]
    return lines if answer.returncode != 0 else []


def lint(buf, protos):
    return run_buf(buf, "lint", cwd=protos)


def breaking(buf, protos, before):
    return run_buf(buf, "breaking", "--against", str(before), cwd=protos)


def protos_before(root, folder):
    """Puts the protos of the commit before the last into `folder`; None, or why it can not."""
    archive = subprocess.run(["git", "-C", str(root), "archive", "HEAD~1", "proto"],
                             capture_output=True)
    if archive.returncode != 0:
        return "there is no commit before this one with protos: nothing to compare with"
    subprocess.run(["tar", "-x", "-C", folder], input=archive.stdout, check=True)
    return None


def main():
    parser = tree.arguments(__doc__)
    parser.add_argument("what", choices=["lint", "breaking"])
    options = parser.parse_args()
    buf, protos = buf_of(options.root), options.root / "proto"
    if not buf.exists():
        print(f"buf is not installed: run tests/run, which puts it at {buf}")
        sys.exit(1)
    count = len(tree.Tree(options.root).files(".proto", under="proto"))
    if options.what == "lint":
        tree.finish("protos lint", count, lint(buf, protos))
    with tempfile.TemporaryDirectory() as folder:
        reason = protos_before(options.root, folder)
        if reason:
            print(f"skipped: {reason}")
            sys.exit(SKIPPED)
        tree.finish("protos breaking", count, breaking(buf, protos, pathlib.Path(folder) / "proto"))


if __name__ == "__main__":
    main()
