#!/usr/bin/python3
"""Proves that each structural check can fail: a small tree with one fault in it, and the finding."""

import pathlib
import shutil
import sys
import tempfile
import tomllib
import unittest

import compilation
import determinism
import documentation
import formatting
import headers
import layering
import layout
import protos
import static_analysis
import tree

TABLE = tomllib.loads((tree.REPOSITORY / "tests/tidy/layering.toml").read_text())


class InATree(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name).resolve()
        self.files = tree.Tree(self.root)

    def write(self, name, text, mode=0o644):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)
        return path

    def assert_finds(self, findings, *parts):
        self.assertTrue(any(all(part in finding for part in parts) for finding in findings),
                        f"none of {findings} holds {parts}")


class Layering(InATree):
    def check(self):
        return layering.check(self.files, TABLE)[1]

    def test_allowed_includes_pass(self):
        self.write("services/lib/ledger/a.h", '#include <array>\n#include "base/amount.h"\n')
        self.assertEqual(self.check(), [])

    def test_forbidden_library(self):
        self.write("services/lib/ledger/a.h", '#include "journal/journal.h"\n')
        self.assert_finds(self.check(), "services/lib/ledger/a.h:1", "must not depend on")

    def test_forbidden_external(self):
        self.write("services/lib/router/a.cc", "\n#include <grpcpp/grpcpp.h>\n")
        self.assert_finds(self.check(), "services/lib/router/a.cc:2", "grpc")

    def test_header_that_alone_is_allowed(self):
        self.write("services/lib/router/a.cc", '#include "adapter/wallet_adapter.h"\n')
        self.assertEqual(self.check(), [])
        self.write("services/lib/router/a.cc", '#include "adapter/credentials.h"\n')
        self.assert_finds(self.check(), "adapter/credentials.h")

    def test_include_not_from_the_library_root(self):
        self.write("services/lib/base/a.cc", '#include "a.h"\n')
        self.assert_finds(self.check(), "from the library root")

    def test_unknown_library(self):
        self.write("services/lib/blockchain/a.h", "")
        self.assert_finds(self.check(), "blockchain", "no row")

    def test_cycle(self):
        self.assert_finds(layering.cycles({"a": {"b"}, "b": {"c"}, "c": {"a"}}), "a -> b -> c -> a")

    def test_long_main(self):
        self.write("services/lib/base/a.h", "")
        self.write("services/switchd/main.cc", "\n" * 150)
        self.assert_finds(self.check(), "services/switchd/main.cc:150")


class Determinism(InATree):
    def check(self, *allowed):
        return determinism.check(self.files, allowed)[1]

    def test_each_forbidden_thing(self):
        for kind, line in {
            "clock": "auto now = std::chrono::system_clock::now();",
            "randomness": "std::uniform_int_distribution<int> d;",
            "environment": 'auto home = std::getenv("HOME");',
            "floating point": "auto half = sum * 0.5;",
            "std::hash": "std::hash<int> h;",
            "thread": "std::mutex m;",
            "unordered container": "std::unordered_map<int, int> m;",
            "pointer order": "std::set<const Account*> s;",
            "locale": "stream.imbue(l);",
        }.items():
            with self.subTest(kind):
                self.write("services/lib/ledger/a.cc", f"\n{line}\n")
                self.assert_finds(self.check(), "services/lib/ledger/a.cc:2", kind)

    def test_iteration_over_an_unordered_container_that_is_allowed(self):
        row = {"file": "services/lib/router/a.cc", "what": "unordered container", "why": "finds"}
        found = "std::unordered_map<int, int> payments;\nauto i = payments.find(1);\n"
        self.write("services/lib/router/a.cc", found)
        self.assertEqual(self.check(row), [])
        for line in ("for (auto& p : state.payments) p;", "auto i = payments.begin();"):
            self.write("services/lib/router/a.cc", found + line + "\n")
            self.assert_finds(self.check(row), "services/lib/router/a.cc:3", "iteration")

    def test_comments_literals_and_other_libraries_pass(self):
        self.write("services/lib/ledger/a.cc", '// float\nauto s = "rand()"; auto n = 1\'000;\n')
        self.write("services/lib/journal/a.cc", "std::mutex m;\n")
        self.assertEqual(self.check(), [])

    def test_allowed_with_a_reason(self):
        self.write("services/lib/sequencer/a.cc", "std::thread t;\n")
        row = {"file": "services/lib/sequencer/a.cc", "what": "thread", "why": "the one loop"}
        self.assertEqual(self.check(row), [])
        self.assert_finds(self.check({**row, "why": ""}), "no reason")

    def test_allowance_that_nothing_needs(self):
        self.write("services/lib/sequencer/a.cc", "\n")
        row = {"file": "services/lib/sequencer/a.cc", "what": "thread", "why": "the one loop"}
        self.assert_finds(self.check(row), "not needed any more")


class Formatting(InATree):
    def test_finds(self):
        self.write("services/a.cc", "int  main( ){return 0;}\n")
        self.assert_finds(formatting.check(self.files)[1], "services/a.cc:1")

    def test_passes(self):
        self.write("services/a.cc", "int main() { return 0; }\n")
        self.assertEqual(formatting.check(self.files)[1], [])


class Layout(InATree):
    def setUp(self):
        super().setUp()
        for name in layout.TOP_LEVEL:
            if "." in name or name == "LICENSE":
                self.write(name, "text\n")
            else:
                self.write(f"{name}/README.md", "text\n")

    def check(self):
        return layout.check(self.files)[1]

    def test_passes(self):
        self.assertEqual(self.check(), [])

    def test_stranger_at_the_top(self):
        self.write("notes.txt", "")
        self.assert_finds(self.check(), "notes.txt", "top level")

    def test_missing_chapter(self):
        (self.root / "deploy/README.md").unlink()
        self.assert_finds(self.check(), "deploy/README.md")

    def test_run_bits(self):
        self.write("tests/run", "#!/bin/bash\n")
        self.write("tests/data.txt", "text\n", mode=0o755)
        self.assert_finds(self.check(), "tests/run", "not executable")
        self.assert_finds(self.check(), "tests/data.txt", "is executable")

    def test_long_file(self):
        self.write("services/a.cc", "\n" * 900)
        self.write("tests/data.csv", "\n" * 900)
        self.assertEqual(len(self.check()), 1)
        self.assert_finds(self.check(), "services/a.cc:900")

    def test_place_of_one_machine(self):
        for place in ("/home/ana/ayni", "../" + "shared/vectors", "/root/.ssh"):
            with self.subTest(place):
                self.write("tests/run", f"#!/bin/bash\ncd {place}\n", mode=0o755)
                self.assert_finds(self.check(), "tests/run:2", "one machine")


class Documentation(InATree):
    def setUp(self):
        super().setUp()
        self.write("services/a.cc", 'name = "ayni_payments_total";\n')
        self.write("services/lib/config/keys.cc", '    .name = "grpc.listen",\n')
        self.write("deploy/README.md", "| `ayni_payments_total` | x |\n| `grpc.listen` | x |\n")
        self.write("deploy/rules.yml", "expr: rate(ayni_payments_total[1m])\n")

    def check(self):
        return documentation.check(self.files)[1]

    def test_passes(self):
        self.assertEqual(self.check(), [])

    def test_undocumented(self):
        self.write("deploy/README.md", "ayni_payments_total and grpc.listen in prose\n")
        self.assert_finds(self.check(), "services/a.cc:1", "ayni_payments_total")
        self.assert_finds(self.check(), "services/lib/config/keys.cc:1", "grpc.listen")

    def test_documented_but_gone(self):
        self.write("services/a.cc", 'name = "ayni_refunds_total";\n')
        self.assert_finds(self.check(), "deploy/README.md", "ayni_payments_total")

    def test_rule_on_a_metric_that_nobody_exports(self):
        self.write("deploy/rules.yml", "\nexpr: ayni_payment_total > 1\n")
        self.assert_finds(self.check(), "deploy/rules.yml:2", "ayni_payment_total")


class Headers(InATree):
    def check(self):
        flags = ["-std=c++20", f"-I{self.root}/services/lib"]
        return headers.check(self.files, flags, compilation.Passed(self.root, "headers"))[1]

    def test_finds_what_is_not_included(self):
        self.write("services/lib/base/a.h", "#pragma once\nstd::string f();\n")
        self.assert_finds(self.check(), "services/lib/base/a.h", "does not compile alone")

    def test_what_passed_is_checked_again_when_something_it_includes_changes(self):
        self.write("services/lib/base/a.h", '#pragma once\n#include "base/b.h"\nB f();\n')
        self.write("services/lib/base/b.h", "#pragma once\nstruct B {};\n")
        self.assertEqual(self.check(), [])
        self.write("services/lib/base/b.h", "#pragma once\n")
        self.assert_finds(self.check(), "services/lib/base/a.h")


class StaticAnalysis(InATree):
    def test_finds(self):
        self.write(".clang-tidy", (tree.REPOSITORY / ".clang-tidy").read_text())
        source = self.write("services/a.cc", "#include <string>\nbool f(const std::string& s) "
                            "{ return s.size() == 0; }\n")

        class Compiled:
            build = self.root
            by_source = {str(source): {"command": "c++"}}

            @staticmethod
            def dependencies():
                return {str(source): [str(source)]}

        self.write("compile_commands.json", '[{"directory": "%s", "file": "%s", "command": '
                   '"c++ -std=c++20 -c %s"}]' % (self.root, source, source))
        passed = compilation.Passed(self.root, "static_analysis")
        self.assert_finds(static_analysis.check(self.files, Compiled, passed)[1],
                          "services/a.cc:2", "readability-container-size-empty")


class Protos(InATree):
    GOOD = ('syntax = "proto3";\n\npackage shop.v1;\n\nmessage Good {\n  string name = 1;\n'
            '  string colour = 2;\n}\n')

    def setUp(self):
        super().setUp()
        self.buf = protos.buf_of(tree.REPOSITORY)
        if not self.buf.exists():
            self.fail(f"buf is not installed: run tests/run, which puts it at {self.buf}")
        self.write("proto/shop/v1/good.proto", self.GOOD)
        shutil.copy(tree.REPOSITORY / "proto/buf.yaml", self.root / "proto/buf.yaml")

    def test_lint(self):
        self.assertEqual(protos.lint(self.buf, self.root / "proto"), [])
        self.write("proto/shop/v1/good.proto", self.GOOD.replace("colour", "Colour"))
        self.assert_finds(protos.lint(self.buf, self.root / "proto"), "good.proto", "lower_snake")

    def test_breaking(self):
        shutil.copytree(self.root / "proto", self.root / "before/proto")
        before = self.root / "before/proto"
        self.assertEqual(protos.breaking(self.buf, self.root / "proto", before), [])
        self.write("proto/shop/v1/good.proto", self.GOOD.replace("colour = 2", "colour = 3"))
        self.assert_finds(protos.breaking(self.buf, self.root / "proto", before), "colour")


class Finish(unittest.TestCase):
    def test_a_check_that_looked_at_nothing_fails(self):
        with self.assertRaises(SystemExit) as raised:
            tree.finish("self test", 0, [])
        self.assertEqual(raised.exception.code, 1)


if __name__ == "__main__":
    sys.exit(not unittest.main(exit=False).result.wasSuccessful())
