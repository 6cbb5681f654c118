#pragma once

#include <map>
#include <string>
#include <unordered_set>
#include <vector>

#include "adapter/wallet_adapter.h"
#include "journal/journal.h"
#include "ledger/ledger.h"
#include "sim/model.h"

namespace ayni::sim {

/// Knows what was asked and what was answered, and nothing of how the switch comes to its answers.
/// While the run goes on it compares answers with each other; at the end it takes from the journal
/// the order in which requests were taken, works everything out once more with its own model, and
/// holds each answer, each notice and each look at a balance against that.
class Auditor {
public:
    /// Somebody sent (or is about to send) this command, or what the switch makes this one of.
    void asked(ledger::CommandView command);
    template <typename Command>
    void asked(const Command& command) {
        ledger::CommandBuffer buffer;
        buffer.add(command);
        asked(*ledger::CommandView::read(buffer.bytes()));
    }

    /// `command` must stay where it is.
    void answered(ledger::CommandView command, const ledger::Outcome& outcome,
                  base::Sequence as_of);
    void told(const adapter::OutcomeNotice& notice);
    void saw(base::ParticipantId participant, base::Currency currency,
             const ledger::Ledger::Position& position, base::Sequence as_of);

    /// What no later answer may contradict, in words; empty while there is nothing.
    [[nodiscard]] const std::string& violation() const { return violation_; }

    /// The end: `journal` is what there is, and `model` must be new. The first violation in words.
    [[nodiscard]] std::string audit(const journal::Journal& journal, Model& model);

    /// How many answers and notices were compared.
    [[nodiscard]] std::uint64_t compared() const { return compared_; }

private:
    struct Answer {
        ledger::CommandView command;
        ledger::Outcome outcome;
        base::Sequence as_of;
    };
    struct Look {
        base::ParticipantId participant;
        base::Currency currency = base::Currency::pen;
        ledger::Ledger::Position position;
        base::Sequence as_of;
    };
    struct Taken {
        std::uint64_t hash = 0;
        ledger::Outcome outcome;
    };

    [[nodiscard]] std::string take_batch(const journal::Batch& batch, Model& model);
    [[nodiscard]] std::string check_asked(ledger::CommandView command) const;
    [[nodiscard]] std::string check_answer(const Answer& answer, const Model& model) const;
    [[nodiscard]] std::string check_look(const Look& look, const Model& model) const;
    [[nodiscard]] std::string check_notices(const Model& model);
    [[nodiscard]] std::string check_too_old(const Model& model) const;

    std::unordered_set<std::uint64_t> asked_;
    std::vector<Answer> answers_;
    std::vector<Look> looks_;
    std::vector<adapter::OutcomeNotice> notices_;
    std::map<base::TransferId, ledger::TransferState> last_known_;
    std::vector<std::pair<base::TransferId, base::Sequence>> too_old_;
    std::string violation_;
    std::uint64_t compared_ = 0;

    // While auditing.
    std::vector<Taken> batch_;  ///< The commands of the batch in hand.
    std::size_t next_answer_ = 0;
    std::size_t next_look_ = 0;
};

}  // namespace ayni::sim
