#pragma once

#include <algorithm>
#include <span>
#include <string_view>
#include <vector>

#include "base/assert.h"
#include "base/random.h"
#include "ledger/ledger.h"

namespace ayni::test {

/// Hears nothing.
class Nobody final : public ledger::Listener {
public:
    void transfer_changed(const ledger::TransferView& /*transfer*/) override {}
    void outcome_acknowledged(const ledger::TransferView& /*transfer*/,
                              base::ParticipantId /*by*/) override {}
};

/// Commands at one time, as they stand in a journal.
struct TimedBatch {
    base::JournalTime time;
    ledger::CommandBuffer commands;
};

inline std::vector<ledger::Outcome> apply(ledger::Ledger& ledger, const TimedBatch& batch) {
    Nobody nobody;
    std::vector<ledger::Outcome> outcomes;
    ledger.begin_batch(ledger.last_sequence().next(), batch.time, nobody);
    const bool is_whole = ledger::for_each_command(
        batch.commands.bytes(),
        [&](ledger::CommandView command) { outcomes.push_back(ledger.apply(command, nobody)); });
    ASSERT(is_whole);
    return outcomes;
}

/// Makes commands of every kind from a seed: payments in all their ways to end, raw postings,
/// repeats of old and of fresh ids with the same and with another body, claims, suspensions, and
/// pauses in which reservations expire. What they refer to need not be there.
class RandomCommands {
public:
    explicit RandomCommands(std::uint64_t seed) : random_(seed) {}

    TimedBatch next() {
        // Most batches follow closely, some after the time-outs of what is reserved.
        now_ms_ += below(12) == 0 ? 5'000 + below(20'000) : 1 + below(400);
        TimedBatch batch{.time = {static_cast<std::int64_t>(now_ms_) * 1'000'000}, .commands = {}};
        if (now_ms_ - start_ms < 3'000) onboard(batch.commands);
        for (std::uint64_t i = 1 + below(6); i > 0; --i) add(batch.commands);
        return batch;
    }

    /// Every id that was ever used.
    [[nodiscard]] std::span<const base::TransferId> ids() const { return ids_; }

private:
    static constexpr std::uint64_t start_ms = 1'790'000'000'000;

    std::uint64_t below(std::uint64_t bound) { return random_.next() % bound; }
    base::ParticipantId somebody() {
        return base::ParticipantId(static_cast<std::uint32_t>(2 + below(3)));
    }
    base::TransferId new_id() {
        ids_.push_back(base::make_uuid_v7(now_ms_, random_));
        return ids_.back();
    }
    /// Mostly a young one, so that something happens.
    base::TransferId known_id() {
        if (ids_.empty()) return new_id();
        const std::uint64_t back = below(4) == 0 ? below(ids_.size()) : below(12);
        return ids_[ids_.size() - 1 - std::min<std::uint64_t>(back, ids_.size() - 1)];
    }

    void onboard(ledger::CommandBuffer& commands) {
        for (std::uint32_t id = 2; id < 5; ++id) {
            ledger::CreateParticipant command{.participant = base::ParticipantId(id)};
            command.code = {'p', static_cast<char>('a' + id)};
            commands.add(command);
            commands.add(ledger::RecordFundsIn{
                .id = new_id(), .participant = command.participant, .amount = 1'000'000});
        }
    }

    void add(ledger::CommandBuffer& commands) {
        switch (below(12)) {
            case 0:
            case 1:
            case 2: return add_payment(commands, new_id());
            case 3: return add_payment(commands, known_id());
            case 4:
            case 5: return commands.add(ledger::CommitTransfer{.id = known_id(), .by = somebody()});
            case 6: return add_end(commands);
            case 7:
            case 8:
                return commands.add(ledger::AcknowledgeOutcome{.id = known_id(), .by = somebody()});
            case 9: return add_posting(commands);
            case 10: return add_claim(commands);
            default: return add_administration(commands);
        }
    }

    void add_payment(ledger::CommandBuffer& commands, const base::TransferId& id) {
        const base::ParticipantId payer = somebody();
        const base::ParticipantId payee = somebody();
        const auto position = [](base::ParticipantId of) {
            return ledger::system_account(of, ledger::AccountKind::position, base::Currency::pen);
        };
        ledger::CreateTransfer body;
        body.id = id;
        body.initiator = payer;
        body.payee = payee;
        body.timeout_ms = static_cast<std::uint32_t>(500 + below(10'000));
        body.type = ledger::TransferType::payment;
        const ledger::CommandPosting posting{.debit = position(payer),
                                             .credit = position(payee),
                                             .amount = static_cast<std::int64_t>(1 + below(900))};
        commands.add(body, std::span(&posting, 1));
    }

    void add_end(ledger::CommandBuffer& commands) {
        if (below(2) == 0) {
            commands.add(ledger::RefuseCommitted{
                .id = known_id(), .by = somebody(), .reason = ledger::ReasonCode("AC06")});
            return;
        }
        commands.add(
            ledger::AbortTransfer{.id = known_id(),
                                  .by = somebody(),
                                  .reason = ledger::ReasonCode("AC04"),
                                  .payee_was_asked = static_cast<std::uint32_t>(below(2))});
    }

    void add_posting(ledger::CommandBuffer& commands) {
        ledger::CreateTransfer body;
        body.id = new_id();
        body.initiator = somebody();
        body.timeout_ms = below(2) == 0 ? 0 : 2'000;
        const std::uint64_t first = body.initiator.value() * 100;
        const ledger::CommandPosting posting{.debit = base::AccountId(first + below(4)),
                                             .credit = base::AccountId(first + 4 + below(4)),
                                             .amount = 5};
        commands.add(body, std::span(&posting, 1));
    }

    void add_claim(ledger::CommandBuffer& commands) {
        ledger::ClaimBatch claim{.initiator = somebody(), .message_id_size = 2};
        claim.message_id = {'m', static_cast<char>('a' + below(6))};
        claim.content_hash[0] = static_cast<std::uint8_t>(below(3));
        commands.add(claim);
    }

    void add_administration(ledger::CommandBuffer& commands) {
        switch (below(4)) {
            case 0:
                return commands.add(ledger::SetParticipantState{
                    .participant = somebody(),
                    .state = below(3) == 0 ? ledger::ParticipantState::suspended
                                           : ledger::ParticipantState::active});
            case 1:
                return commands.add(ledger::SetNetDebitCap{
                    .participant = somebody(), .cap = static_cast<std::int64_t>(below(2'000'000))});
            case 2: return commands.add_tick();
            default: {
                ledger::CreateAccount account;
                account.owner = somebody();
                account.account = base::AccountId(account.owner.value() * 100 + below(8));
                account.account_kind = ledger::AccountKind::suspense;
                return commands.add(account);
            }
        }
    }

    base::SeededRandom random_;
    std::uint64_t now_ms_ = start_ms;
    std::vector<base::TransferId> ids_;
};

}  // namespace ayni::test
