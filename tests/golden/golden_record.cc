#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "base/random.h"
#include "golden/golden.h"
#include "journal/codec.h"
#include "journal/file_journal.h"
#include "property/script.h"

namespace {

using namespace ayni;

constexpr int batches = 16;
constexpr int commands_per_batch = 32;
constexpr std::uint64_t hash_seed = 7;

class Deaf final : public ledger::Listener {
public:
    void transfer_changed(const ledger::TransferView& /*transfer*/) override {}
    void outcome_acknowledged(const ledger::TransferView& /*transfer*/,
                              base::ParticipantId /*by*/) override {}
};

/// Appends batches as the sequencer does, and applies them.
class Recorder {
public:
    Recorder(journal::Journal& journal, ledger::Ledger& ledger)
        : journal_(journal), ledger_(ledger), now_(journal.tail().timestamp) {}

    void pass(std::chrono::nanoseconds time) { now_ = now_ + time; }
    [[nodiscard]] base::JournalTime now() const { return now_; }

    void append(const ledger::CommandBuffer& commands, property::Script& script,
                const std::vector<property::Command>& sources) {
        const journal::BatchHeader& tail = journal_.tail();
        journal::Batch batch;
        batch.header.number = tail.number.next();
        batch.header.first_sequence = tail.last_sequence().next();
        batch.header.command_count = static_cast<std::uint32_t>(commands.count());
        batch.header.epoch = base::Epoch(1);
        batch.header.timestamp = now_;
        batch.header.digest_batch = tail.number;
        batch.header.digest = ledger_.digest();
        batch.header.previous_hash = tail.hash;
        batch.payload = commands.bytes();
        batch.header.hash = journal::hash_of(batch);
        ASSERT(journal_.append(batch) == journal::AppendOutcome::appended);

        Deaf deaf;
        ledger_.begin_batch(batch.header.first_sequence, now_, deaf);
        std::size_t at = 0;
        const bool is_well_formed =
            ledger::for_each_command(commands.bytes(), [&](ledger::CommandView view) {
                const ledger::Outcome outcome = ledger_.apply(view, deaf);
                if (outcome.status == ledger::Status::ok) script.accepted(sources[at]);
                ++at;
            });
        ASSERT(is_well_formed);
    }

private:
    journal::Journal& journal_;
    ledger::Ledger& ledger_;
    base::JournalTime now_;
};

void add(const property::Command& command, ledger::CommandBuffer& buffer,
         std::vector<property::Command>& sources) {
    buffer.add(property::encode(command));
    sources.push_back(command);
}

property::Step any_step(base::Random& random) {
    property::Step step;
    for (std::uint8_t& byte : step) byte = static_cast<std::uint8_t>(random.next());
    return step;
}

/// Everything comes from fixed seeds and a clock that is told.
void record(journal::Journal& journal, ledger::Ledger& ledger) {
    base::SeededRandom random(2026);
    property::Script script;
    Recorder recorder(journal, ledger);
    for (int i = 0; i < batches; ++i) {
        recorder.pass(std::chrono::milliseconds(700));
        ledger::CommandBuffer buffer;
        std::vector<property::Command> sources;
        if (i == 0) {
            add(property::Start{.body = {.epoch = 1,
                                         .wall_nanoseconds = recorder.now().nanoseconds},
                                .limits = ledger::limits_of(golden::options_v1(hash_seed))},
                buffer, sources);
            for (const property::Command& command : property::Script::preamble()) {
                add(command, buffer, sources);
            }
        }
        // Whoever was suspended is active again, so that not all is refused from then on.
        for (const std::uint32_t number : {2U, 3U, 4U}) {
            ledger::SetParticipantState active;
            active.participant = base::ParticipantId(number);
            add(active, buffer, sources);
        }
        std::chrono::nanoseconds rest{0};
        while (sources.size() < commands_per_batch) {
            const auto made = script.make(any_step(random), recorder.now(), ledger.floor_ms());
            // Days would age everything that the record is about.
            if (made.elapsed < std::chrono::hours(1)) rest = std::max(rest, made.elapsed);
            add(made.command, buffer, sources);
        }
        recorder.append(buffer, script, sources);
        recorder.pass(rest);
    }
}

/// What was made ahead and holds no batch yet.
void remove_empty_segments(const std::filesystem::path& folder) {
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        std::ifstream stream(entry.path(), std::ios::binary);
        const std::string bytes{std::istreambuf_iterator<char>(stream),
                                std::istreambuf_iterator<char>()};
        const bool is_empty =
            bytes.find_first_not_of('\0', journal::block_bytes) == std::string::npos;
        if (is_empty) std::filesystem::remove(entry.path());
    }
}

}  // namespace

/// golden_record FOLDER: how a record is made. Once for each protocol version, never again: what it
/// wrote is committed, and must replay for ever.
int main(int count, char** arguments) {
    if (count != 2) {
        std::fprintf(stderr, "usage: golden_record FOLDER\n");
        return 2;
    }
    const std::filesystem::path folder = arguments[1];
    const base::ManualClock clock{std::chrono::milliseconds(property::Script::start_ms)};
    base::SeededRandom random(7);
    auto journal = journal::FileJournal::open(
        {.directory = folder, .segment_bytes = 32 << 10, .low_water_bytes = 0, .sync = false},
        clock, random);
    if (!journal) {
        std::fprintf(stderr, "%s\n", journal.error().to_string().c_str());
        return 1;
    }
    ledger::Ledger ledger(golden::options_v1(hash_seed, 2));
    record(**journal, ledger);
    ledger::Ledger again(golden::options_v1(hash_seed + 1, 3));
    const auto report = golden::replay(**journal, again);
    ASSERT(report.has_value());
    journal->reset();
    remove_empty_segments(folder);
    std::ofstream(folder / "expected") << *report;
    return 0;
}
