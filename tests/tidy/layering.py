#!/usr/bin/python3
"""Derives the real dependency graph from the includes and compares it with layering.toml."""

import re
import tomllib

import tree

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def includes(path):
    for number, line in enumerate(path.read_text().splitlines(), 1):
        match = INCLUDE.match(line)
        if match:
            yield number, match.group(1) == '"', match.group(2)


def external_of(table, header):
    for name, pattern in table["externals"].items():
        if re.match(pattern, header):
            yield name


def check_library(files, library, rule, table, edges):
    allowed_folders = {use for use in rule["uses"] if "/" not in use} | {library}
    allowed_headers = {use for use in rule["uses"] if "/" in use}
    for path in files.sources(under=f"services/lib/{library}"):
        for number, quoted, header in includes(path):
            where = f"{files.name(path)}:{number}"
            folder = header.split("/")[0]
            externals = set(external_of(table, header))
            if externals:
                if not externals & set(rule["externals"]):
                    yield f"{where}: {library} must not know {', '.join(sorted(externals))} ({header})"
            elif not quoted:
                continue
            elif "/" not in header or header.startswith("."):
                yield f"{where}: include \"{header}\" from the library root: \"{library}/{header}\""
            elif folder not in table["libraries"]:
                yield f"{where}: \"{header}\" is of no library in layering.toml"
            else:
                if folder != library:
                    edges.setdefault(library, set()).add(folder)
                if folder not in allowed_folders and header not in allowed_headers:
                    yield f"{where}: {library} must not depend on {header}"


def cycles(edges):
    done, path = set(), []

    def visit(node):
        if node in path:
            yield "services/lib: cycle " + " -> ".join(path[path.index(node):] + [node])
        elif node not in done:
            path.append(node)
            for following in sorted(edges.get(node, ())):
                yield from visit(following)
            path.pop()
            done.add(node)

    for start in sorted(edges):
        yield from visit(start)


def check(files, table):
    findings, edges = [], {}
    libraries = files.root / "services/lib"
    present = sorted(p.name for p in libraries.iterdir() if p.is_dir() and files.sources(under=p))
    for library in present:
        rule = table["libraries"].get(library)
        if rule is None:
            findings.append(f"services/lib/{library}:1: has no row in layering.toml")
            continue
        findings += check_library(files, library, rule, table, edges)
    findings += cycles(edges)
    limit = table["programs"]["main_lines"]
    for path in files.files(".cc"):
        if path.name == "main.cc":
            lines = len(path.read_text().splitlines())
            if lines >= limit:
                findings.append(f"{files.name(path)}:{lines}: a main wires, in under {limit} lines")
    return len(present), findings


def main():
    options = tree.arguments(__doc__).parse_args()
    table = tomllib.loads((tree.REPOSITORY / "tests/tidy/layering.toml").read_text())
    tree.finish("layering", *check(tree.Tree(options.root), table))


if __name__ == "__main__":
    main()
