"""What the structural checks share: which files are ours, and how a finding is reported."""

import argparse
import pathlib
import re
import subprocess
import sys

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
NOT_OURS = {".git", ".build", "node_modules", "__pycache__"}


class Tree:
    """The files of one repository. `root` is another folder only in the checks' own tests."""

    def __init__(self, root=REPOSITORY):
        self.root = pathlib.Path(root)

    def files(self, *suffixes, under="."):
        """Our files with one of the suffixes (all when none is given), sorted."""
        found = []
        stack = [self.root / under]
        while stack:
            folder = stack.pop()
            if not folder.is_dir():
                continue
            for entry in folder.iterdir():
                if entry.is_symlink() or entry.name in NOT_OURS:  # .git of a worktree is a file
                    continue
                if entry.is_dir():
                    stack.append(entry)
                elif not suffixes or entry.suffix in suffixes:
                    found.append(entry)
        return sorted(found)

    def sources(self, under="."):
        return self.files(".h", ".cc", under=under)

    def name(self, path):
        return str(pathlib.Path(path).relative_to(self.root))


def is_tracked_by_git(root):
    answer = subprocess.run(["git", "-C", str(root), "rev-parse", "--is-inside-work-tree"],
                            capture_output=True, text=True)
    return answer.returncode == 0


def without_comments_and_literals(text):
    """C++ text in which comments and the contents of literals are blanks, lines kept."""
    pattern = re.compile(
        r'//[^\n]*|/\*.*?\*/|R"(?P<d>[^(\s]*)\(.*?\)(?P=d)"|"(?:\\.|[^"\\\n])*"'
        r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])*'", re.DOTALL)
    return pattern.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), text)


def arguments(description, *, build=False):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--root", type=pathlib.Path, default=REPOSITORY)
    if build:
        parser.add_argument("--build", type=pathlib.Path, required=True,
                            help="a build folder with compile_commands.json")
    return parser


def finish(check, looked_at, findings):
    """Prints findings as "path:line: what" and exits: 0 when there are none. A check that looked at
    nothing fails, since it would otherwise pass for ever after a folder is renamed."""
    for finding in findings:
        print(finding)
    if looked_at == 0:
        print(f"{check}: found nothing to look at")
        sys.exit(1)
    print(f"{check}: {looked_at} looked at, {len(findings)} findings")
    sys.exit(1 if findings else 0)
