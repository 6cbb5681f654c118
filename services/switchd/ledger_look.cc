#include "switchd/ledger_look.h"

#include <future>

namespace ayni::switchd {
namespace {

/// Owns itself from the moment that the sequencer takes it: whoever asked may have gone.
class LookQuery final : public sequencer::Query {
public:
    LookQuery(const TransferMeter& meter, const journal::Journal& journal)
        : meter_(meter), journal_(journal) {}

    [[nodiscard]] std::future<LedgerLook> answer() { return promise_.get_future(); }

    void run(const ledger::Ledger& ledger) override {
        promise_.set_value(look(ledger));
        delete this;
    }
    void abandoned() override { delete this; }

private:
    [[nodiscard]] LedgerLook look(const ledger::Ledger& ledger) const {
        LedgerLook look;
        look.usage = ledger.usage();
        look.limits = ledger.limits();
        look.time = ledger.time();
        look.last_sequence = ledger.last_sequence();
        look.latest_forgotten = ledger.latest_forgotten();
        look.floor_ms = ledger.floor_ms();
        look.protocol_version = ledger.protocol_version();
        look.counts = meter_.counts();
        look.oldest_unacknowledged = meter_.oldest_unacknowledged();
        look.journal_bytes_free = journal_.bytes_free();
        for (const auto currency : ledger::currencies) {
            look.totals[ledger::currency_index(currency)] = ledger.totals(currency);
        }
        look.participants.reserve(ledger.participant_count());
        ledger.for_each_participant([&](const ledger::Participant& participant) {
            if (participant.id == ledger::hub) return;
            auto& copy = look.participants.emplace_back();
            copy.id = participant.id.value();
            copy.code = participant.code_view();
            copy.unacknowledged_outcomes = participant.unacknowledged_outcomes;
            for (const auto currency : ledger::currencies) {
                const auto position = ledger.position(participant.id, currency);
                if (position) copy.positions[ledger::currency_index(currency)] = *position;
            }
        });
        return look;
    }

    const TransferMeter& meter_;
    const journal::Journal& journal_;
    std::promise<LedgerLook> promise_;
};

}  // namespace

std::optional<LedgerLook> look_at_ledger(sequencer::Sequencer& sequencer,
                                         const TransferMeter& meter,
                                         const journal::Journal& journal,
                                         std::chrono::milliseconds patience) {
    auto query = std::make_unique<LookQuery>(meter, journal);
    auto answer = query->answer();
    if (!sequencer.query(query.get())) return std::nullopt;
    static_cast<void>(query.release());  // run or abandoned deletes it
    if (answer.wait_for(patience) != std::future_status::ready) return std::nullopt;
    try {
        return answer.get();
    } catch (const std::future_error&) {  // abandoned: the sequencer stopped
        return std::nullopt;
    }
}

}  // namespace ayni::switchd
