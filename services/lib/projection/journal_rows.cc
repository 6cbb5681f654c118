#include "projection/journal_rows.h"

#include <fmt/format.h>

#include <optional>

#include "projection/words.h"

namespace ayni::projection {
namespace {

using ledger::CommandKind;
using ledger::CommandView;
using ledger::Status;

/// What an act says beside who, what and when.
struct Act {
    std::string actor;
    base::ParticipantId participant = {};
    std::optional<base::Currency> currency = {};
    std::optional<std::int64_t> amount = {};
    std::string detail = {};
    base::TransferId transfer = {};
};

void add_act(CommandView command, const CommandContext& context, const Act& act, Chunk& chunk) {
    CopyRows& rows = chunk.acts();
    rows.begin_row();
    rows.add_bits(context.sequence.value());
    rows.add_time(context.time);
    rows.add_text(act.actor);
    rows.add_text(word_of(command.kind()));
    rows.add_bigint(act.participant.value(), act.participant.is_zero());
    rows.add_text(act.currency ? word_of(*act.currency) : std::string(), !act.currency);
    rows.add_bigint(act.amount.value_or(0), !act.amount);
    rows.add_text(act.detail, act.detail.empty());
    rows.add_uuid(act.transfer, act.transfer.is_zero());
    rows.add_text(to_string(context.outcome.status));
}

std::string message_id_of(const ledger::ClaimBatch& body) { return text_of(body.message_id); }

void add_claim(const ledger::ClaimBatch& body, const CommandContext& context, Chunk& chunk) {
    if (context.outcome.status != Status::ok || context.outcome.replayed) return;
    CopyRows& rows = chunk.claims();
    rows.begin_row();
    rows.add_bits(context.sequence.value());
    rows.add_bigint(body.initiator.value());
    rows.add_text(message_id_of(body));
    rows.add_bytea(body.content_hash);
    rows.add_time(context.outcome.decided_at);
    rows.add_text(text_of(body.actor));
}

void add_leadership(CommandView command, const CommandContext& context, Chunk& chunk) {
    const auto& body = command.as<ledger::Started>();
    const ledger::Limits* given = command.limits();
    const ledger::Limits limits = given != nullptr ? *given : ledger::Limits{};
    CopyRows& rows = chunk.leaderships();
    rows.begin_row();
    rows.add_bits(context.sequence.value());
    rows.add_bits(body.epoch);
    rows.add_time(context.time);
    rows.add_time({body.wall_nanoseconds});
    for (const std::uint64_t limit :
         {limits.participants, limits.accounts, limits.live_transfers, limits.remembered_transfers,
          limits.claims, limits.unacknowledged_per_participant}) {
        rows.add_bits(limit, given == nullptr);
    }
    rows.add_text(to_string(context.outcome.status));
}

struct Refused {
    base::ParticipantId by;
    base::TransferId transfer = {};
    base::AccountId account = {};
};

void add_refusal(CommandView command, const CommandContext& context, const Refused& refused,
                 Chunk& chunk) {
    if (context.outcome.status == Status::ok) return;
    const std::string reason = text_of(context.outcome.reason.text);
    CopyRows& rows = chunk.refusals();
    rows.begin_row();
    rows.add_bits(context.sequence.value());
    rows.add_time(context.time);
    rows.add_text(word_of(command.kind()));
    rows.add_bigint(refused.by.value(), refused.by.is_zero());
    rows.add_uuid(refused.transfer, refused.transfer.is_zero());
    rows.add_bits(refused.account.value(), refused.account.is_zero());
    rows.add_text(to_string(context.outcome.status));
    rows.add_text(reason, reason.empty());
}

}  // namespace

void add_rows_of(CommandView command, const CommandContext& context, Chunk& chunk) {
    switch (command.kind()) {
        case CommandKind::tick: return;
        case CommandKind::started: return add_leadership(command, context, chunk);
        case CommandKind::advance_protocol_version: {
            const auto& body = command.as<ledger::AdvanceProtocolVersion>();
            return add_act(
                command, context,
                {.actor = text_of(body.actor), .detail = fmt::format("{}", body.version)}, chunk);
        }
        case CommandKind::create_participant: {
            const auto& body = command.as<ledger::CreateParticipant>();
            return add_act(command, context,
                           {.actor = text_of(body.actor),
                            .participant = body.participant,
                            .detail = text_of(body.code)},
                           chunk);
        }
        case CommandKind::set_participant_state: {
            const auto& body = command.as<ledger::SetParticipantState>();
            return add_act(command, context,
                           {.actor = text_of(body.actor),
                            .participant = body.participant,
                            .detail = word_of(body.state)},
                           chunk);
        }
        case CommandKind::set_net_debit_cap: {
            const auto& body = command.as<ledger::SetNetDebitCap>();
            return add_act(command, context,
                           {.actor = text_of(body.actor),
                            .participant = body.participant,
                            .currency = body.currency,
                            .amount = body.cap},
                           chunk);
        }
        case CommandKind::record_funds_in: {
            const auto& body = command.as<ledger::RecordFundsIn>();
            return add_act(command, context,
                           {.actor = text_of(body.actor),
                            .participant = body.participant,
                            .currency = body.currency,
                            .amount = body.amount,
                            .detail = text_of(body.bank_reference),
                            .transfer = body.id},
                           chunk);
        }
        case CommandKind::claim_batch: {
            const auto& body = command.as<ledger::ClaimBatch>();
            add_claim(body, context, chunk);
            return add_act(command, context,
                           {.actor = text_of(body.actor),
                            .participant = body.initiator,
                            .detail = message_id_of(body)},
                           chunk);
        }
        case CommandKind::create_account: {
            const auto& body = command.as<ledger::CreateAccount>();
            return add_refusal(command, context, {.by = body.owner, .account = body.account},
                               chunk);
        }
        case CommandKind::create_transfer: {
            // A rejected one is a transfer, and a repeat of it is answered as it was.
            if (context.has_changed_transfer || context.outcome.replayed) return;
            const auto& body = command.as<ledger::CreateTransfer>();
            return add_refusal(command, context, {.by = body.initiator, .transfer = body.id},
                               chunk);
        }
        case CommandKind::commit_transfer: {
            const auto& body = command.as<ledger::CommitTransfer>();
            return add_refusal(command, context, {.by = body.by, .transfer = body.id}, chunk);
        }
        case CommandKind::abort_transfer: {
            const auto& body = command.as<ledger::AbortTransfer>();
            return add_refusal(command, context, {.by = body.by, .transfer = body.id}, chunk);
        }
        case CommandKind::acknowledge_outcome: {
            const auto& body = command.as<ledger::AcknowledgeOutcome>();
            return add_refusal(command, context, {.by = body.by, .transfer = body.id}, chunk);
        }
        case CommandKind::refuse_committed: {
            const auto& body = command.as<ledger::RefuseCommitted>();
            return add_refusal(command, context, {.by = body.by, .transfer = body.id}, chunk);
        }
    }
}

}  // namespace ayni::projection
