#!/usr/bin/python3
"""clang-tidy-19 finds nothing in our C++ files. Files that passed are not looked at again until they,
something that they include, or the checks change."""

import pathlib
import re
import subprocess

import compilation
import tree


def check(files, commands, passed):
    version = subprocess.run(["clang-tidy-19", "--version"], check=True, capture_output=True,
                             text=True).stdout
    configuration = tree.REPOSITORY / ".clang-tidy"
    dependencies = commands.dependencies()
    work, digests, findings = [], {}, []
    for source, entry in sorted(commands.by_source.items()):
        if source not in dependencies:
            continue  # Not compiled in this build, so nothing says that its generated headers exist.
        reached = [pathlib.Path(path) for path in sorted(dependencies[source])]
        digests[source] = compilation.digest_of(version, entry["command"], configuration, *reached)
        if digests[source] not in passed:
            work.append((source, ["clang-tidy-19", "--quiet", f"--config-file={configuration}",
                                  "-p", str(commands.build), source]))
    for source, status, output in compilation.run_all(work):
        # What it says about headers that are not ours are warnings; ours are errors.
        found = re.findall(r"^(/.*?):(\d+):\d+: error: (.*)$", output, re.MULTILINE)
        if status == 0:
            passed.add(digests[source])
        elif not found:
            findings.append(f"{files.name(source)}:1: clang-tidy failed: {output[-400:]}")
        for path, line, what in found:
            inside = path.startswith(f"{files.root}/")
            findings.append(f"{files.name(path) if inside else path}:{line}: {what}")
    return len(digests), sorted(set(findings))


def main():
    options = tree.arguments(__doc__, build=True).parse_args()
    files = tree.Tree(options.root)
    tree.finish("static_analysis", *check(files, compilation.Commands(files, options.build),
                                          compilation.Passed(options.build, "static_analysis")))


if __name__ == "__main__":
    main()
