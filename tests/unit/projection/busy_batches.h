#pragma once

#include <array>
#include <span>
#include <vector>

#include "base/random.h"
#include "lib/random_commands.h"

namespace ayni::test {

/// Batches in which nearly every command posts something, or will: payments both ways between two
/// participants, which are committed, given back or aborted, and transfers of several legs among
/// the accounts of one, in one step and in two. Made from a seed.
class BusyBatches {
public:
    static constexpr base::ParticipantId yape{2};
    static constexpr base::ParticipantId bim{3};
    static constexpr std::array<std::uint64_t, 4> accounts{201, 202, 203, 204};

    explicit BusyBatches(std::uint64_t seed) : random_(seed) {}

    /// Who takes part. First.
    TimedBatch onboarding() {
        TimedBatch batch = begin();
        for (const base::ParticipantId id : {yape, bim}) {
            ledger::CreateParticipant participant{.participant = id};
            participant.code = {id == yape ? 'y' : 'b'};
            batch.commands.add(participant);
            batch.commands.add(
                ledger::RecordFundsIn{.id = new_id(), .participant = id, .amount = 1'000'000});
        }
        for (const std::uint64_t account : accounts) {
            batch.commands.add(
                ledger::CreateAccount{.account = base::AccountId(account),
                                      .owner = yape,
                                      .account_kind = ledger::AccountKind::suspense});
        }
        return batch;
    }

    TimedBatch next() {
        TimedBatch batch = begin();
        for (std::uint64_t i = 2 + below(5); i > 0; --i) {
            if (below(3) == 0 || open_.empty()) {
                below(2) == 0 ? pay(batch.commands) : post(batch.commands);
            } else {
                go_on(batch.commands);
            }
        }
        return batch;
    }

private:
    enum class Step : std::uint8_t { reserved, committed };
    struct Open {
        base::TransferId id;
        base::ParticipantId payer;
        base::ParticipantId payee;  ///< Zero for all but payments.
        Step step = Step::reserved;
    };

    TimedBatch begin() {
        // Sometimes not a whole microsecond later.
        now_ns_ += below(4) == 0 ? 300 : static_cast<std::int64_t>(1 + below(900'000'000));
        return {.time = {now_ns_}, .commands = {}};
    }
    std::uint64_t below(std::uint64_t bound) { return random_.next() % bound; }
    base::TransferId new_id() {
        return base::make_uuid_v7(static_cast<std::uint64_t>(now_ns_) / 1'000'000, random_);
    }

    void pay(ledger::CommandBuffer& commands) {
        const bool is_back = below(2) == 0;
        const Open open{.id = new_id(),
                        .payer = is_back ? bim : yape,
                        .payee = is_back ? yape : bim,
                        .step = Step::reserved};
        ledger::CreateTransfer body{
            .id = open.id, .initiator = open.payer, .payee = open.payee, .timeout_ms = 600'000};
        body.type = ledger::TransferType::payment;
        const auto position = [](base::ParticipantId of) {
            return ledger::system_account(of, ledger::AccountKind::position, base::Currency::pen);
        };
        const ledger::CommandPosting posting{.debit = position(open.payer),
                                             .credit = position(open.payee),
                                             .amount = static_cast<std::int64_t>(1 + below(900))};
        ledger::PaymentDetails details;
        details.end_to_end_id = {'E', static_cast<char>('a' + below(26))};
        details.token_key_version = 1;
        commands.add(body, std::span(&posting, 1), &details);
        open_.push_back(open);
    }

    /// The same account can be on several legs, and on both sides.
    void post(ledger::CommandBuffer& commands) {
        const bool is_in_two_steps = below(3) == 0;
        ledger::CreateTransfer body{.id = new_id(), .initiator = yape, .payee = {}};
        body.timeout_ms = is_in_two_steps ? 600'000 : 0;
        std::vector<ledger::CommandPosting> legs(1 + below(ledger::max_postings));
        for (ledger::CommandPosting& leg : legs) {
            const std::uint64_t from = below(accounts.size());
            const std::uint64_t to = (from + 1 + below(accounts.size() - 1)) % accounts.size();
            leg = {.debit = base::AccountId(accounts[from]),
                   .credit = base::AccountId(accounts[to]),
                   .amount = static_cast<std::int64_t>(1 + below(50))};
        }
        commands.add(body, legs);
        if (is_in_two_steps) {
            open_.push_back({.id = body.id, .payer = yape, .payee = {}, .step = Step::reserved});
        }
    }

    /// The next step of something that is under way.
    void go_on(ledger::CommandBuffer& commands) {
        const auto at = open_.begin() + static_cast<std::ptrdiff_t>(below(open_.size()));
        const Open open = *at;
        const bool is_payment = !open.payee.is_zero();
        const base::ParticipantId by = is_payment ? open.payee : open.payer;
        if (open.step == Step::reserved && below(6) != 0) {
            commands.add(ledger::CommitTransfer{.id = open.id, .by = by});
            at->step = Step::committed;
            if (is_payment) return;
        } else if (open.step == Step::reserved) {
            commands.add(ledger::AbortTransfer{
                .id = open.id, .by = by, .reason = ledger::ReasonCode("AC04")});
        } else if (below(3) == 0) {
            commands.add(ledger::RefuseCommitted{
                .id = open.id, .by = by, .reason = ledger::ReasonCode("AC06")});
        } else {
            commands.add(ledger::AcknowledgeOutcome{.id = open.id, .by = by});
        }
        open_.erase(at);
    }

    base::SeededRandom random_;
    std::int64_t now_ns_ = 1'790'000'000'000'000'000;
    std::vector<Open> open_;
};

}  // namespace ayni::test
