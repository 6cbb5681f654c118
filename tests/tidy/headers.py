#!/usr/bin/python3
"""Each header compiles alone: it includes all that it needs."""

import re

import compilation
import tree


def headers_of(files):
    return [path for top in ("services", "loadtest", "tests") for path in files.files(".h", under=top)]


def closure(path, root, seen):
    """`path` and every header of ours that it reaches by quoted includes."""
    if path in seen:
        return seen
    seen.add(path)
    for name in re.findall(r'^\s*#\s*include\s*"([^"]+)"', path.read_text(), re.MULTILINE):
        for base in ("services/lib", "services", "tests", "."):
            candidate = root / base / name
            if candidate.exists():
                closure(candidate, root, seen)
                break
    return seen


def command_for(header, flags):
    # Included, since a compiler warns of #pragma once in a file that it is given directly.
    return ["g++", *flags, "-fsyntax-only", "-w", "-include", str(header), "-x", "c++", "/dev/null"]


def check(files, flags, passed):
    headers = headers_of(files)
    work, digests = [], {}
    for header in headers:
        reached = sorted(closure(header, files.root, set()))
        protos = files.files(".proto") if any("pb.h" in p.read_text() for p in reached) else []
        command = command_for(header, flags)
        digests[header] = compilation.digest_of(" ".join(command), *reached, *protos)
        if digests[header] not in passed:
            work.append((header, command))
    findings = []
    for header, status, output in compilation.run_all(work):
        if status == 0:
            passed.add(digests[header])
        else:
            errors = [line for line in output.splitlines() if "error:" in line]
            findings.append(f"{files.name(header)}:1: does not compile alone: "
                            + (errors or [output])[0])
    return len(headers), findings


def main():
    options = tree.arguments(__doc__, build=True).parse_args()
    files = tree.Tree(options.root)
    commands = compilation.Commands(files, options.build)
    tree.finish("headers", *check(files, [*commands.flags(), f"-I{files.root / 'services'}",
                                          f"-I{files.root / 'tests'}"],
                                  compilation.Passed(options.build, "headers")))


if __name__ == "__main__":
    main()
