#include "projection/chunk.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "base/assert.h"
#include "ledger/rules/balances.h"
#include "projection/words.h"

namespace ayni::projection {
namespace {

constexpr std::string_view transfer_columns =
    "transfer_id, created_at, created_sequence, type, initiator_id, payee_id, currency, amount, "
    "business_date, deadline, status, end_to_end_id, purpose, payer_token, payee_token, "
    "remittance_token, token_key_version, "
    "state, reason_code, decided_sequence, decided_at, decided_nanoseconds, decided_by, "
    "committed_sequence, committed_at, settlement_window, payee_acknowledged_sequence, "
    "payee_acknowledged_at, payer_acknowledged_sequence, payer_acknowledged_at, awaits_payee, "
    "awaits_payer";
constexpr std::string_view changed_transfer_columns =
    "transfer_id, created_from, created_to, "
    "state, reason_code, decided_sequence, decided_at, decided_nanoseconds, decided_by, "
    "committed_sequence, committed_at, settlement_window, payee_acknowledged_sequence, "
    "payee_acknowledged_at, payer_acknowledged_sequence, payer_acknowledged_at, awaits_payee, "
    "awaits_payer";

/// "2026_11", UTC.
std::string month_name(base::JournalTime time) {
    const auto days =
        std::chrono::floor<std::chrono::days>(std::chrono::nanoseconds(time.nanoseconds));
    const std::chrono::year_month_day date{std::chrono::sys_days(days)};
    return fmt::format("{:04}_{:02}", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()));
}

bool is_zero(const std::array<std::uint8_t, 16>& token) {
    return std::all_of(token.begin(), token.end(), [](std::uint8_t byte) { return byte == 0; });
}

void add_details(CopyRows& rows, const std::optional<ledger::PaymentDetails>& given) {
    const ledger::PaymentDetails details = given.value_or(ledger::PaymentDetails{});
    const std::string end_to_end_id = text_of(details.end_to_end_id);
    const std::string purpose = text_of(details.purpose);
    rows.add_text(end_to_end_id, end_to_end_id.empty());
    rows.add_text(purpose, purpose.empty());
    rows.add_bytea(details.payer_token, is_zero(details.payer_token));
    rows.add_bytea(details.payee_token, is_zero(details.payee_token));
    rows.add_bytea(details.remittance_token, is_zero(details.remittance_token));
    rows.add_bigint(details.token_key_version, !given);
}

void add_event(CopyRows& rows, base::Sequence sequence, base::JournalTime time) {
    rows.add_bits(sequence.value(), sequence.is_zero());
    rows.add_time(time, sequence.is_zero());
}

void add_progress(CopyRows& rows, const TransferProgress& progress) {
    const std::string reason = text_of(progress.reason.text);
    rows.add_text(word_of(progress.state));
    rows.add_text(reason, reason.empty());
    rows.add_bits(progress.decided_sequence.value());
    rows.add_time(progress.decided_at);
    const std::int64_t cut = progress.decided_at.nanoseconds % 1'000;
    rows.add_smallint(static_cast<std::int16_t>(cut < 0 ? cut + 1'000 : cut));
    rows.add_bigint(progress.decided_by.value(), progress.decided_by.is_zero());
    add_event(rows, progress.committed_sequence, progress.committed_at);
    rows.add_bits(progress.settlement_window, progress.settlement_window == 0);
    add_event(rows, progress.payee_acknowledged_sequence, progress.payee_acknowledged_at);
    add_event(rows, progress.payer_acknowledged_sequence, progress.payer_acknowledged_at);
    rows.add_boolean(progress.awaits_payee);
    rows.add_boolean(progress.awaits_payer);
}

/// Nearly the order in which they were made, since an id begins with its time. Where keys come in
/// their order, an index grows at its end: a third of the time that PostgreSQL spends on it is
/// saved, and no page is left half empty. What has equal ids (the legs of a transfer) stays as it
/// is.
template <typename Row>
std::vector<const Row*> in_order_of_ids(const std::vector<Row>& rows, base::TransferId Row::* id) {
    std::vector<const Row*> ordered;
    ordered.reserve(rows.size());
    for (const Row& row : rows) ordered.push_back(&row);
    std::stable_sort(ordered.begin(), ordered.end(),
                     [id](const Row* one, const Row* other) { return one->*id < other->*id; });
    return ordered;
}

std::array<std::uint8_t, 16> holder_token_of(const ledger::Account& account) {
    return base::to_bytes({.high = account.holder_high, .low = account.holder_low});
}

}  // namespace

Chunk::Part::Part(std::string_view table, std::string_view columns)
    : target(fmt::format("{} ({})", table, columns)),
      rows(static_cast<std::uint16_t>(std::count(columns.begin(), columns.end(), ',') + 1)) {}

Chunk::Month::Month(const std::string& suffix)
    : transfers("transfer_" + suffix, transfer_columns),
      postings(
          "posting_" + suffix,
          "transfer_id, created_at, leg, debit_account_id, credit_account_id, currency, amount"),
      entries("account_entry_" + suffix,
              "account_id, posted_at, sequence, leg, is_debit, is_return, amount, debits_posted, "
              "credits_posted, counterpart_account_id, transfer_id") {}

Chunk::Chunk()
    : accounts_("account",
                "account_id, owner_id, kind, currency, holder_token, created_sequence, created_at"),
      customers_("staged_customer", "holder_token, created_sequence, created_at"),
      windows_("settlement_window", "window_number, state, opened_sequence, opened_at"),
      participants_("participant",
                    "participant_id, code, entity_code, state, created_sequence, created_at"),
      claims_("claim", "sequence, initiator_id, message_id, content_hash, released_at, actor"),
      acts_("administrative_act",
            "sequence, happened_at, actor, act, participant_id, currency, amount, detail, "
            "transfer_id, status"),
      leaderships_("leadership",
                   "sequence, epoch, started_at, wall_clock, limit_participants, limit_accounts, "
                   "limit_live_transfers, limit_remembered_transfers, limit_claims, "
                   "limit_unacknowledged_per_participant, status"),
      refusals_("refusal",
                "sequence, happened_at, command, participant_id, transfer_id, account_id, status, "
                "reason_code"),
      changed_participants_("staged_participant", "participant_id, state"),
      changed_balances_("staged_balance",
                        "account_id, debits_pending, debits_posted, credits_pending, "
                        "credits_posted, unacknowledged_credits, net_debit_cap, "
                        "settlement_window"),
      changed_transfers_("staged_transfer", changed_transfer_columns) {}

void Chunk::add_account(const ledger::Account& account, base::Sequence created,
                        base::JournalTime created_at) {
    const auto token = holder_token_of(account);
    CopyRows& rows = accounts_.rows;
    rows.begin_row();
    rows.add_bits(account.id.value());
    rows.add_bigint(account.owner.value());
    rows.add_text(word_of(account.kind));
    rows.add_text(word_of(account.currency));
    rows.add_bytea(token, is_zero(token));
    rows.add_bits(created.value());
    rows.add_time(created_at);
    if (is_zero(token)) return;
    customers_.rows.begin_row();
    customers_.rows.add_bytea(token);
    customers_.rows.add_bits(created.value());
    customers_.rows.add_time(created_at);
}

void Chunk::add_window(std::uint64_t number, base::JournalTime opened_at) {
    CopyRows& rows = windows_.rows;
    rows.begin_row();
    rows.add_bits(number);
    rows.add_text("open");
    rows.add_bigint(0);
    rows.add_time(opened_at);
}

void Chunk::add_posting(const base::TransferId& transfer, base::JournalTime created_at,
                        std::int16_t leg, const ledger::CommandPosting& posting,
                        base::Currency currency) {
    postings_.push_back({.transfer = transfer,
                         .created_at = created_at,
                         .posting = posting,
                         .currency = currency,
                         .leg = leg});
}

void Chunk::add_entry(const AccountEntry& entry) {
    CopyRows& rows = month_of(entry.posted_at).entries.rows;
    rows.begin_row();
    rows.add_bits(entry.account.value());
    rows.add_time(entry.posted_at);
    rows.add_bits(entry.sequence.value());
    rows.add_smallint(entry.leg);
    rows.add_boolean(entry.is_debit);
    rows.add_boolean(entry.is_return);
    rows.add_bigint(entry.amount);
    rows.add_bigint(entry.debits_posted);
    rows.add_bigint(entry.credits_posted);
    rows.add_bits(entry.counterpart.value());
    rows.add_uuid(entry.transfer);
    ++entries_;
}

void Chunk::add_participant(base::ParticipantId id, base::Sequence created,
                            base::JournalTime created_at) {
    new_participants_.emplace(id.value(),
                              NewParticipant{.created = created, .created_at = created_at});
}

void Chunk::touch_participant(base::ParticipantId id) { touched_participants_.insert(id.value()); }

void Chunk::touch_account(std::size_t slot) {
    if (slot >= is_touched_.size()) is_touched_.resize(std::max(slot + 1, 2 * is_touched_.size()));
    if (is_touched_[slot]) return;
    is_touched_[slot] = true;
    touched_accounts_.push_back(slot);
}

void Chunk::add_transfer(NewTransfer transfer, bool may_change) {
    if (may_change) new_places_.emplace(transfer.id, transfers_.size());
    transfers_.push_back(std::move(transfer));
}

TransferProgress& Chunk::progress_of(const base::TransferId& id) {
    if (const auto found = new_places_.find(id); found != new_places_.end()) {
        return transfers_[found->second].progress;
    }
    const auto [place, is_first] = changed_places_.emplace(id, changes_.size());
    if (is_first) changes_.push_back({.id = id, .progress = {}});
    return changes_[place->second].progress;
}

std::size_t Chunk::rows() const {
    return transfers_.size() + postings_.size() + entries_ + changes_.size() +
           touched_accounts_.size() + accounts_.rows.count() + acts_.rows.count() +
           claims_.rows.count() + leaderships_.rows.count() + refusals_.rows.count() +
           new_participants_.size() + touched_participants_.size() + windows_.rows.count();
}

Chunk::Month& Chunk::month_of(base::JournalTime time) {
    const std::string name = month_name(time);
    return months_.try_emplace(name, name).first->second;
}

void Chunk::seal(const ledger::Ledger& ledger) {
    ASSERT(!is_sealed_);
    is_sealed_ = true;
    seal_participants(ledger);
    seal_balances(ledger);
    seal_transfers();
    seal_postings();
}

void Chunk::seal_participants(const ledger::Ledger& ledger) {
    for (const auto& [id, made] : new_participants_) {
        const ledger::Participant* participant = ledger.find_participant(base::ParticipantId(id));
        // The hub has no record: it is there from genesis, and always active.
        const bool is_hub = base::ParticipantId(id) == ledger::hub;
        ASSERT(is_hub || participant != nullptr);
        CopyRows& rows = participants_.rows;
        rows.begin_row();
        rows.add_bigint(id);
        rows.add_text(is_hub ? std::string_view() : participant->code_view(), is_hub);
        rows.add_integer(is_hub ? 0 : participant->entity_code,
                         is_hub || participant->entity_code == 0);
        rows.add_text(word_of(is_hub ? ledger::ParticipantState::active : participant->state));
        rows.add_bits(made.created.value());
        rows.add_time(made.created_at);
    }
    for (const std::uint32_t id : touched_participants_) {
        const ledger::Participant* participant = ledger.find_participant(base::ParticipantId(id));
        if (participant == nullptr || new_participants_.contains(id)) continue;
        changed_participants_.rows.begin_row();
        changed_participants_.rows.add_bigint(id);
        changed_participants_.rows.add_text(word_of(participant->state));
    }
}

void Chunk::seal_balances(const ledger::Ledger& ledger) {
    // In the order of the accounts' slots, which is that of their rows.
    std::sort(touched_accounts_.begin(), touched_accounts_.end());
    for (const std::size_t slot : touched_accounts_) {
        const ledger::Account& account = ledger.account_at(slot);
        const bool is_position = account.kind == ledger::AccountKind::position;
        CopyRows& rows = changed_balances_.rows;
        rows.begin_row();
        rows.add_bits(account.id.value());
        rows.add_bigint(account.debits_pending);
        rows.add_bigint(account.debits_posted);
        rows.add_bigint(account.credits_pending);
        rows.add_bigint(account.credits_posted);
        rows.add_bigint(account.unacknowledged_credits);
        rows.add_bigint(account.net_debit_cap,
                        !is_position || account.net_debit_cap == ledger::rules::no_cap);
        rows.add_bits(account.window, !is_position);
    }
}

void Chunk::seal_transfers() {
    for (const NewTransfer* each : in_order_of_ids(transfers_, &NewTransfer::id)) {
        const NewTransfer& transfer = *each;
        CopyRows& rows = month_of(transfer.created_at).transfers.rows;
        rows.begin_row();
        rows.add_uuid(transfer.id);
        rows.add_time(transfer.created_at);
        rows.add_bits(transfer.created_sequence.value());
        rows.add_text(word_of(transfer.type));
        rows.add_bigint(transfer.initiator.value());
        rows.add_bigint(transfer.payee.value(), transfer.payee.is_zero());
        rows.add_text(word_of(transfer.currency));
        rows.add_bigint(transfer.amount.value_or(0), !transfer.amount);
        rows.add_business_date(transfer.created_at);
        rows.add_time(transfer.deadline.value_or(base::JournalTime{}), !transfer.deadline);
        rows.add_text(to_string(transfer.status));
        add_details(rows, transfer.details);
        add_progress(rows, transfer.progress);
    }
    for (const Change& change : changes_) {
        CopyRows& rows = changed_transfers_.rows;
        const CreationTimes created = creation_times(change.id);
        rows.begin_row();
        rows.add_uuid(change.id);
        rows.add_time(created.earliest);
        rows.add_time(created.latest);
        add_progress(rows, change.progress);
    }
}

void Chunk::seal_postings() {
    for (const NewPosting* each : in_order_of_ids(postings_, &NewPosting::transfer)) {
        CopyRows& rows = month_of(each->created_at).postings.rows;
        rows.begin_row();
        rows.add_uuid(each->transfer);
        rows.add_time(each->created_at);
        rows.add_smallint(each->leg);
        rows.add_bits(each->posting.debit.value());
        rows.add_bits(each->posting.credit.value());
        rows.add_text(word_of(each->currency));
        rows.add_bigint(each->posting.amount);
    }
}

std::vector<std::string> Chunk::months() const {
    ASSERT(is_sealed_);
    std::vector<std::string> names;
    for (const auto& [name, month] : months_) names.push_back(name);
    return names;
}

std::vector<const Chunk::Part*> Chunk::parts() const {
    ASSERT(is_sealed_);
    std::vector<const Part*> parts;
    const auto add = [&](const Part& part) {
        if (!part.rows.empty()) parts.push_back(&part);
    };
    for (const Part* part : {&participants_, &accounts_, &customers_, &windows_, &claims_, &acts_,
                             &leaderships_, &refusals_}) {
        add(*part);
    }
    for (const auto& [name, month] : months_) {
        add(month.transfers);
        add(month.postings);
        add(month.entries);
    }
    for (const Part* part : {&changed_participants_, &changed_balances_, &changed_transfers_}) {
        add(*part);
    }
    return parts;
}

CreationTimes creation_times(const base::TransferId& id) {
    constexpr std::int64_t nanoseconds_per_millisecond = 1'000'000;
    // An id can name any time in nine thousand years, of which journal time has three hundred.
    constexpr std::uint64_t latest_ms = 9'000'000'000'000;
    const auto time_ms = static_cast<std::int64_t>(std::min(id.time_ms(), latest_ms));
    const base::JournalTime of_id{time_ms * nanoseconds_per_millisecond};
    // The ledger's clock is cut to the millisecond before it is compared.
    constexpr std::chrono::milliseconds cut{1};
    return {.earliest = of_id + -std::chrono::nanoseconds(ledger::id_future_tolerance),
            .latest = of_id + std::chrono::nanoseconds(ledger::id_retention) + cut};
}

}  // namespace ayni::projection
