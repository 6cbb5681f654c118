#pragma once

#include <algorithm>
#include <string_view>
#include <vector>

#include "ledger/invariants/invariants.h"
#include "ledger/ledger.h"

namespace ayni::test {

using namespace std::chrono_literals;
using ledger::AccountKind;
using ledger::Currency;
using ledger::Outcome;
using ledger::Status;
using ledger::TransferState;

/// Three institutions, small tables, and a clock that moves when told. Each command is a batch of
/// its own unless `in_one_batch` is used; after each the invariants of the whole ledger hold.
class LedgerFixture : public ledger::Listener {
public:
    static constexpr base::ParticipantId yape{2};
    static constexpr base::ParticipantId bim{3};
    static constexpr base::ParticipantId coopac{4};
    static constexpr std::int64_t start_ms = 1'790'000'000'000;

    static ledger::Options small() {
        return {.participants = 8,
                .accounts = 128,
                .live_transfers = 16,
                .remembered_transfers = 64,
                .claims = 4,
                .unacknowledged_per_participant = 12,
                .hash_seed = 7};
    }

    explicit LedgerFixture(const ledger::Options& options = small()) : ledger(options) {}

    void onboard() {
        create_participant(yape, "yape", 2);
        create_participant(bim, "bim", 921);
        create_participant(coopac, "coopac", 880);
    }

    Status create_participant(base::ParticipantId id, std::string_view code, std::uint16_t entity) {
        ledger::CreateParticipant command;
        command.participant = id;
        command.entity_code = entity;
        std::copy_n(code.begin(), std::min(code.size(), command.code.size()), command.code.begin());
        return apply(command).status;
    }

    template <typename Command>
    Outcome apply(const Command& command) {
        ledger::CommandBuffer buffer;
        buffer.add(command);
        return apply_all(buffer).front();
    }

    Outcome tick() {
        ledger::CommandBuffer buffer;
        buffer.add_tick();
        return apply_all(buffer).front();
    }

    std::vector<Outcome> apply_all(const ledger::CommandBuffer& buffer) {
        ledger.begin_batch(ledger.last_sequence().next(), now, *this);
        std::vector<Outcome> outcomes;
        const bool well_formed =
            ledger::for_each_command(buffer.bytes(), [&](ledger::CommandView command) {
                ledger.prefetch_index(command);
                ledger.prefetch_records(command);
                outcomes.push_back(ledger.apply(command, *this));
            });
        ASSERT(well_formed);
        violation = ledger::invariants::check_all(ledger);
        ASSERT(violation.empty());
        return outcomes;
    }

    /// A new id at the present time.
    base::TransferId new_id() { return base::make_uuid_v7(now.milliseconds(), random); }

    Outcome fund(base::ParticipantId participant, std::int64_t amount,
                 Currency currency = Currency::pen) {
        ledger::RecordFundsIn command;
        command.id = new_id();
        command.participant = participant;
        command.currency = currency;
        command.amount = amount;
        return apply(command);
    }

    ledger::CreateTransfer payment_body(base::ParticipantId payer, base::ParticipantId payee) {
        ledger::CreateTransfer body;
        body.id = new_id();
        body.initiator = payer;
        body.payee = payee;
        body.timeout_ms = 10'000;
        body.type = ledger::TransferType::payment;
        return body;
    }

    static ledger::CommandPosting principal(base::ParticipantId payer, base::ParticipantId payee,
                                            std::int64_t amount,
                                            Currency currency = Currency::pen) {
        return {.debit = ledger::system_account(payer, AccountKind::position, currency),
                .credit = ledger::system_account(payee, AccountKind::position, currency),
                .amount = amount};
    }

    Outcome create(const ledger::CreateTransfer& body,
                   const std::vector<ledger::CommandPosting>& postings,
                   const ledger::PaymentDetails* details = nullptr) {
        ledger::CommandBuffer buffer;
        buffer.add(body, postings, details);
        return apply_all(buffer).front();
    }

    /// Reserves; its id is `last_id`.
    Outcome pay(base::ParticipantId payer, base::ParticipantId payee, std::int64_t amount) {
        const ledger::CreateTransfer body = payment_body(payer, payee);
        last_id = body.id;
        return create(body, {principal(payer, payee, amount)});
    }

    Outcome commit(const base::TransferId& id, base::ParticipantId by) {
        return apply(ledger::CommitTransfer{.id = id, .by = by, .reserved = 0});
    }
    Outcome abort(const base::TransferId& id, base::ParticipantId by, bool asked = true) {
        return apply(ledger::AbortTransfer{.id = id,
                                           .by = by,
                                           .reason = ledger::ReasonCode("AC04"),
                                           .payee_was_asked = asked ? 1U : 0U,
                                           .reserved = 0});
    }
    Outcome acknowledge(const base::TransferId& id, base::ParticipantId by) {
        return apply(ledger::AcknowledgeOutcome{.id = id, .by = by, .reserved = 0});
    }
    Outcome refuse(const base::TransferId& id, base::ParticipantId by) {
        return apply(
            ledger::RefuseCommitted{.id = id, .by = by, .reason = ledger::ReasonCode("AC06")});
    }

    Status open_account(std::uint64_t id, base::ParticipantId owner,
                        AccountKind kind = AccountKind::customer,
                        Currency currency = Currency::pen) {
        ledger::CreateAccount command;
        command.account = base::AccountId(id);
        command.owner = owner;
        command.currency = currency;
        command.account_kind = kind;
        return apply(command).status;
    }

    /// One raw step between two accounts of `owner`.
    Outcome post(base::ParticipantId owner, std::uint64_t debit, std::uint64_t credit,
                 std::int64_t amount, std::uint32_t timeout_ms = 0) {
        ledger::CreateTransfer body;
        body.id = new_id();
        last_id = body.id;
        body.initiator = owner;
        body.timeout_ms = timeout_ms;
        return create(body, {{.debit = base::AccountId(debit),
                              .credit = base::AccountId(credit),
                              .amount = amount}});
    }

    [[nodiscard]] ledger::Ledger::Position position(base::ParticipantId participant) const {
        return *ledger.position(participant, Currency::pen);
    }

    void transfer_changed(const ledger::TransferView& transfer) override {
        changes.push_back(transfer.record);
    }
    void outcome_acknowledged(const ledger::TransferView& transfer,
                              base::ParticipantId /*by*/) override {
        acknowledged.push_back(transfer.record.id);
    }

    ledger::Ledger ledger;
    base::JournalTime now{start_ms * 1'000'000};
    base::SeededRandom random{42};
    base::TransferId last_id;
    std::string violation;
    std::vector<ledger::RememberedTransfer> changes;
    std::vector<base::TransferId> acknowledged;
};

}  // namespace ayni::test
