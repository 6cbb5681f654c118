#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <map>
#include <set>

#include "ledger/rules/balances.h"
#include "lib/ledger_fixture.h"

namespace ayni::test {
namespace {

using Scenario = std::function<Status(LedgerFixture&)>;

constexpr base::ParticipantId stranger{99};

Status create_status(LedgerFixture& f, const std::function<void(ledger::CreateTransfer&)>& change,
                     std::vector<ledger::CommandPosting> postings = {
                         LedgerFixture::principal(LedgerFixture::yape, LedgerFixture::bim, 100)}) {
    ledger::CreateTransfer body = f.payment_body(LedgerFixture::yape, LedgerFixture::bim);
    change(body);
    return f.create(body, postings).status;
}

Status posting_status(LedgerFixture& f, std::uint64_t debit, std::uint64_t credit,
                      std::int64_t amount = 1) {
    f.open_account(1, f.yape);
    f.open_account(2, f.yape, AccountKind::suspense);
    f.open_account(3, f.bim);
    f.open_account(4, f.yape, AccountKind::customer, Currency::usd);
    return f.post(f.yape, debit, credit, amount).status;
}

ledger::ClaimBatch claim(std::string_view message_id, std::uint8_t content) {
    ledger::ClaimBatch command;
    command.initiator = LedgerFixture::yape;
    command.message_id_size = static_cast<std::uint32_t>(message_id.size());
    std::copy(message_id.begin(), message_id.end(), command.message_id.begin());
    command.content_hash[0] = content;
    return command;
}

/// How each status is reached: one scenario for every enumerator, from a fresh ledger with three
/// participants of which yape has S/ 10.00.
const std::map<Status, Scenario>& scenarios() {
    using F = LedgerFixture;
    using Body = ledger::CreateTransfer;
    static const std::map<Status, Scenario> table{
        {Status::ok, [](F& f) { return f.pay(f.yape, f.bim, 100).status; }},
        {Status::command_malformed,
         [](F& f) {
             return create_status(f, [](Body& b) { b.type = ledger::TransferType::funds_in; });
         }},
        {Status::protocol_version_unknown,
         [](F& f) {
             return f.apply(ledger::AdvanceProtocolVersion{.version = 999, .actor = {}}).status;
         }},
        {Status::limits_not_allowed,
         [](F& f) {
             ledger::CommandBuffer buffer;
             buffer.add(ledger::Started{}, ledger::Limits{});
             return f.apply_all(buffer).front().status;
         }},
        {Status::transfer_id_zero,
         [](F& f) { return create_status(f, [](Body& b) { b.id = {}; }); }},
        {Status::modified_request,
         [](F& f) {
             f.pay(f.yape, f.bim, 100);
             return create_status(f, [&](Body& b) { b.id = f.last_id; },
                                  {F::principal(f.yape, f.bim, 101)});
         }},
        {Status::id_too_old,
         [](F& f) {
             const base::TransferId id = f.new_id();
             f.now = f.now + 24h + 1ms;
             return create_status(f, [&](Body& b) { b.id = id; });
         }},
        {Status::id_in_future,
         [](F& f) {
             return create_status(f, [&](Body& b) {
                 b.id = base::make_uuid_v7(f.now.milliseconds() + 300'001, f.random);
             });
         }},
        {Status::initiator_unknown,
         [](F& f) { return create_status(f, [](Body& b) { b.initiator = stranger; }); }},
        {Status::initiator_suspended,
         [](F& f) {
             f.apply(ledger::SetParticipantState{.participant = f.yape,
                                                 .state = ledger::ParticipantState::suspended,
                                                 .reserved = {},
                                                 .actor = {}});
             return f.pay(f.yape, f.bim, 1).status;
         }},
        {Status::payee_unknown,
         [](F& f) { return create_status(f, [](Body& b) { b.payee = stranger; }); }},
        {Status::payee_is_payer,
         [](F& f) { return create_status(f, [](Body& b) { b.payee = b.initiator; }); }},
        {Status::payee_suspended,
         [](F& f) {
             f.apply(ledger::SetParticipantState{.participant = f.bim,
                                                 .state = ledger::ParticipantState::send_only,
                                                 .reserved = {},
                                                 .actor = {}});
             return f.pay(f.yape, f.bim, 1).status;
         }},
        {Status::payee_outcomes_full,
         [](F& f) {
             Status status = Status::ok;
             for (int i = 0; i < 13; ++i) status = f.pay(f.yape, f.bim, 1).status;
             return status;
         }},
        {Status::posting_count_invalid, [](F& f) { return create_status(f, [](Body&) {}, {}); }},
        {Status::timeout_invalid,
         [](F& f) { return create_status(f, [](Body& b) { b.timeout_ms = 9; }); }},
        {Status::amount_not_positive, [](F& f) { return f.pay(f.yape, f.bim, 0).status; }},
        {Status::debit_account_unknown, [](F& f) { return posting_status(f, 77, 2); }},
        {Status::credit_account_unknown, [](F& f) { return posting_status(f, 2, 77); }},
        {Status::accounts_identical, [](F& f) { return posting_status(f, 2, 2); }},
        {Status::currency_mismatch, [](F& f) { return posting_status(f, 2, 4); }},
        {Status::debit_account_not_owned, [](F& f) { return posting_status(f, 3, 2); }},
        {Status::credit_account_not_owned, [](F& f) { return posting_status(f, 2, 3); }},
        {Status::account_kind_not_allowed,
         [](F& f) {
             const auto position =
                 ledger::system_account(f.yape, AccountKind::position, Currency::pen).value();
             return posting_status(f, position, 2);
         }},
        {Status::balance_would_overflow,
         [](F& f) { return posting_status(f, 2, 1, ledger::rules::max_total + 1); }},
        {Status::insufficient_funds, [](F& f) { return posting_status(f, 1, 2); }},
        {Status::insufficient_cover, [](F& f) { return f.pay(f.yape, f.bim, 1'001).status; }},
        {Status::net_debit_cap_exceeded,
         [](F& f) {
             f.apply(ledger::SetNetDebitCap{.participant = f.yape,
                                            .currency = Currency::pen,
                                            .reserved = 0,
                                            .cap = 99,
                                            .actor = {}});
             return f.pay(f.yape, f.bim, 100).status;
         }},
        {Status::live_transfers_full,
         [](F& f) {
             f.fund(f.bim, 100);
             Status status = Status::ok;
             for (int i = 0; i < 12; ++i) status = f.pay(f.yape, f.bim, 1).status;
             for (int i = 0; i < 5; ++i) status = f.pay(f.bim, f.coopac, 1).status;
             return status;
         }},
        {Status::transfer_unknown, [](F& f) { return f.commit(f.new_id(), f.bim).status; }},
        {Status::not_authorised,
         [](F& f) {
             f.pay(f.yape, f.bim, 1);
             return f.commit(f.last_id, f.coopac).status;
         }},
        {Status::already_committed,
         [](F& f) {
             f.pay(f.yape, f.bim, 1);
             f.commit(f.last_id, f.bim);
             return f.abort(f.last_id, f.bim).status;
         }},
        {Status::already_aborted,
         [](F& f) {
             f.pay(f.yape, f.bim, 1);
             f.abort(f.last_id, f.bim);
             return f.commit(f.last_id, f.bim).status;
         }},
        {Status::already_rejected,
         [](F& f) {
             f.pay(f.yape, f.bim, 5'000);
             return f.commit(f.last_id, f.bim).status;
         }},
        {Status::already_returned,
         [](F& f) {
             f.pay(f.yape, f.bim, 1);
             f.commit(f.last_id, f.bim);
             f.refuse(f.last_id, f.bim);
             return f.commit(f.last_id, f.bim).status;
         }},
        {Status::outcome_already_acknowledged,
         [](F& f) {
             f.pay(f.yape, f.bim, 1);
             f.commit(f.last_id, f.bim);
             f.acknowledge(f.last_id, f.bim);
             return f.acknowledge(f.last_id, f.bim).status;
         }},
        {Status::not_committed,
         [](F& f) {
             f.pay(f.yape, f.bim, 1);
             return f.refuse(f.last_id, f.bim).status;
         }},
        {Status::participant_id_invalid,
         [](F& f) { return f.create_participant(base::ParticipantId(1), "hub", 0); }},
        {Status::participant_exists_differently,
         [](F& f) { return f.create_participant(f.yape, "yapa", 2); }},
        {Status::participant_code_invalid,
         [](F& f) { return f.create_participant(base::ParticipantId(9), "Yape", 0); }},
        {Status::participant_code_taken,
         [](F& f) { return f.create_participant(base::ParticipantId(9), "yape", 0); }},
        {Status::participants_full,
         [](F& f) {
             Status status = Status::ok;
             for (std::uint32_t id = 10; id < 16; ++id) {
                 status =
                     f.create_participant(base::ParticipantId(id), "x" + std::to_string(id), 0);
             }
             return status;
         }},
        {Status::participant_unknown,
         [](F& f) {
             ledger::RecordFundsIn command;
             command.id = f.new_id();
             command.participant = stranger;
             command.amount = 1;
             return f.apply(command).status;
         }},
        {Status::participant_state_invalid,
         [](F& f) {
             return f
                 .apply(
                     ledger::SetParticipantState{.participant = f.yape,
                                                 .state = static_cast<ledger::ParticipantState>(9),
                                                 .reserved = {},
                                                 .actor = {}})
                 .status;
         }},
        {Status::cap_negative,
         [](F& f) {
             return f
                 .apply(ledger::SetNetDebitCap{.participant = f.yape,
                                               .currency = Currency::pen,
                                               .reserved = 0,
                                               .cap = -1,
                                               .actor = {}})
                 .status;
         }},
        {Status::account_id_invalid, [](F& f) { return f.open_account(0, f.yape); }},
        {Status::account_exists_differently,
         [](F& f) {
             f.open_account(1, f.yape);
             return f.open_account(1, f.bim);
         }},
        {Status::account_kind_reserved,
         [](F& f) { return f.open_account(1, f.yape, AccountKind::settlement); }},
        {Status::currency_unknown,
         [](F& f) {
             return f.open_account(1, f.yape, AccountKind::customer, static_cast<Currency>(978));
         }},
        {Status::accounts_full,
         [](F& f) {
             Status status = Status::ok;
             for (std::uint64_t id = 1; id <= 120; ++id) status = f.open_account(id, f.yape);
             return status;
         }},
        {Status::entity_code_taken,
         [](F& f) { return f.create_participant(base::ParticipantId(9), "bcp", 2); }},
        {Status::message_id_invalid, [](F& f) { return f.apply(claim("", 1)).status; }},
        {Status::claims_full,
         [](F& f) {
             Status status = Status::ok;
             for (const char* id : {"a", "b", "c", "d", "e"}) status = f.apply(claim(id, 1)).status;
             return status;
         }},
    };
    return table;
}

TEST(Statuses, EveryOneIsReached) {
    for (const Status status : ledger::all_statuses) {
        const auto scenario = scenarios().find(status);
        ASSERT_NE(scenario, scenarios().end()) << to_string(status);
        LedgerFixture fixture;
        fixture.onboard();
        fixture.fund(LedgerFixture::yape, 1'000);
        EXPECT_EQ(to_string(scenario->second(fixture)), to_string(status));
    }
}

TEST(Statuses, AllAreListedOnceAndInOrder) {
    std::set<std::uint8_t> seen;
    int last = -1;
    for (const Status status : ledger::all_statuses) {
        EXPECT_TRUE(seen.insert(static_cast<std::uint8_t>(status)).second);
        EXPECT_GT(static_cast<int>(status), last);
        last = static_cast<int>(status);
    }
    EXPECT_EQ(seen.size(), scenarios().size());
}

TEST(Statuses, ARejectionCarriesAReasonForInstitutions) {
    for (const Status status : ledger::all_statuses) {
        EXPECT_EQ(ledger::reason_of(status).is_none(), status == Status::ok) << to_string(status);
    }
}

TEST(Statuses, ATransientRejectionLeavesTheIdUnused) {
    for (const Status status : ledger::all_statuses) {
        if (!ledger::is_transient(status) || status == Status::transfer_id_zero ||
            status == Status::modified_request) {
            continue;
        }
        LedgerFixture fixture;
        fixture.onboard();
        fixture.fund(LedgerFixture::yape, 1'000);
        const std::size_t before = fixture.ledger.usage().remembered_transfers;
        const std::size_t changes_before = fixture.changes.size();
        ASSERT_EQ(scenarios().at(status)(fixture), status);
        std::size_t created = 0;
        for (std::size_t i = changes_before; i < fixture.changes.size(); ++i) {
            if (fixture.changes[i].created_sequence == fixture.changes[i].decided_sequence) {
                ++created;
            }
        }
        EXPECT_EQ(fixture.ledger.usage().remembered_transfers, before + created)
            << to_string(status);
    }
}

}  // namespace
}  // namespace ayni::test
