#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "golden/golden.h"
#include "journal/file_journal.h"

/// golden_replay FOLDER TIMES: replays the journal in it, with TIMES the room that the recording
/// ledger's limits were, and compares what comes out with what is written
/// in FOLDER/expected. A difference means that this build behaves differently from the one that
/// recorded it, and would stop at the journal of a switch that runs. Then it is the build that is
/// wrong: what changes behaviour is a new protocol version.
int main(int count, char** arguments) {
    using namespace ayni;
    if (count != 3) {
        std::fprintf(stderr, "usage: golden_replay FOLDER TIMES\n");
        return 2;
    }
    const std::filesystem::path folder = arguments[1];
    const auto journal = journal::FileJournal::open_to_read(folder);
    if (!journal) {
        std::fprintf(stderr, "%s\n", journal.error().to_string().c_str());
        return 1;
    }
    // Another hash seed than the one that recorded, since it must make no difference.
    ledger::Ledger ledger(golden::options_v1(1, std::strtoul(arguments[2], nullptr, 10)));
    const auto report = golden::replay(**journal, ledger);
    if (!report) {
        std::fprintf(stderr, "%s\n", report.error().to_string().c_str());
        return 1;
    }
    std::ifstream stream(folder / "expected");
    const std::string expected{std::istreambuf_iterator<char>(stream),
                               std::istreambuf_iterator<char>()};
    std::printf("%s", report->c_str());
    if (*report == expected) return 0;
    std::fprintf(stderr, "expected was:\n%s", expected.c_str());
    return 1;
}
