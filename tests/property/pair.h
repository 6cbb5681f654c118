#pragma once

#include <memory>
#include <string>
#include <vector>

#include "ledger/invariants/invariants.h"
#include "property/model.h"
#include "property/script.h"

namespace ayni::property {

/// The ledger and its model, given the same commands and compared after each. A second ledger, with
/// another hash seed and more room, must stay equal to the first by its digest (I7).
class Pair : private ledger::Listener {
public:
    /// Small tables, so that each of them is full now and then.
    [[nodiscard]] static ledger::Options tight();
    /// Tables that a short script does not fill.
    [[nodiscard]] static ledger::Options roomy();

    explicit Pair(const ledger::Options& options);
    ~Pair() override;

    /// Applies one step. An empty string, or in words where ledger and model part.
    [[nodiscard]] std::string run(const Step& step);
    /// The same for a command, in a batch of its own.
    [[nodiscard]] std::string run(const Command& command);
    /// The commands that most scripts begin with.
    [[nodiscard]] std::string run_preamble();

    /// All commands so far with the ledger's answers, a line each.
    [[nodiscard]] const std::string& trace() const { return trace_; }
    /// How often each status was the answer.
    [[nodiscard]] const std::map<Status, std::size_t>& statuses() const { return statuses_; }

private:
    [[nodiscard]] std::string run(const Script::Made& made);
    void begin_batch(std::chrono::nanoseconds elapsed);
    [[nodiscard]] std::string compare(const Outcome& ours, const Outcome& models) const;
    [[nodiscard]] std::string compare_accounts() const;
    [[nodiscard]] std::string compare_participants() const;
    [[nodiscard]] std::string compare_transfers() const;
    [[nodiscard]] std::string compare_state() const;

    void transfer_changed(const ledger::TransferView& transfer) override;
    void outcome_acknowledged(const ledger::TransferView& transfer, ParticipantId by) override;

    ledger::Ledger ledger_;
    ledger::Ledger twin_;
    Model model_;
    Script script_;
    JournalTime now_;
    std::vector<std::pair<TransferId, TransferState>> heard_;
    ledger::invariants::OneIdOneOutcome outcomes_;
    std::string contradiction_;
    std::string trace_;
    std::map<Status, std::size_t> statuses_;
};

}  // namespace ayni::property
