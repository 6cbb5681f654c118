#include "sim/clients.h"

#include <algorithm>
#include <array>

namespace ayni::sim {
namespace {

using ledger::AccountKind;
using ledger::CommandPosting;
using std::chrono::milliseconds;

constexpr std::uint64_t hour_ms = 60 * 60 * 1000;

}  // namespace

base::ParticipantId Clients::someone() {
    return participant(static_cast<std::uint32_t>(random_.below(participants_)));
}

base::ParticipantId Clients::somebody_or_nobody() {
    return random_.one_in(50)
               ? base::ParticipantId(900 + static_cast<std::uint32_t>(random_.below(10)))
               : someone();
}

base::Currency Clients::some_currency() {
    return random_.one_in(8) ? base::Currency::usd : base::Currency::pen;
}

std::int64_t Clients::some_amount() {
    if (random_.one_in(200)) return std::int64_t{1} << 61U;  // more than any ledger takes
    if (random_.one_in(200)) return -static_cast<std::int64_t>(random_.below(2));
    const std::uint64_t most = random_.one_in(10) ? 200'000 : 10'000;
    return 1 + static_cast<std::int64_t>(random_.below(most));
}

std::uint32_t Clients::some_timeout_ms() {
    if (random_.one_in(100)) return static_cast<std::uint32_t>(random_.below(10));
    if (random_.one_in(100)) {
        return static_cast<std::uint32_t>(23 * hour_ms + random_.below(2 * hour_ms));
    }
    return static_cast<std::uint32_t>(10 + random_.below(3'000));
}

/// By the clock of whoever makes it, which is right unless the id is odd.
base::TransferId Clients::new_id() {
    const std::chrono::nanoseconds now = wall_start_ + clock_.steady();
    auto time_ms = static_cast<std::uint64_t>(now / milliseconds(1));
    if (faults_.strikes(Fault::request_odd_id)) {
        switch (random_.below(4)) {
            case 0: return {};
            case 1: time_ms -= 24 * hour_ms + random_.below(2 * hour_ms); break;
            case 2: time_ms -= random_.below(24 * hour_ms); break;
            default: time_ms += random_.below(10 * 60 * 1000); break;
        }
    }
    return base::make_uuid_v7(time_ms, random_);
}

base::AccountId Clients::some_account(base::ParticipantId owner) {
    if (random_.one_in(60)) return base::AccountId(random_.below(3));
    const auto kind = random_.one_in(12) ? AccountKind::position : AccountKind::hosted_clearing;
    const base::AccountId own = ledger::system_account(owner, kind, some_currency());
    if (accounts_.empty() || random_.one_in(4)) return own;
    // Mostly one of its own; somebody else's now and then.
    for (int i = 0; i < 8; ++i) {
        const auto& [who, account] = accounts_[random_.below(accounts_.size())];
        if (who == owner) return account;
    }
    return random_.one_in(4) ? accounts_[random_.below(accounts_.size())].second : own;
}

void Clients::onboard(std::uint32_t participants) {
    participants_ = participants;
    for (std::uint32_t i = 0; i < participants; ++i) {
        ledger::CreateParticipant create;
        create.participant = participant(i);
        create.code = {'p', static_cast<char>('a' + i)};
        create.entity_code = static_cast<std::uint16_t>(i);
        add_command(create);
        for (const base::Currency currency : ledger::currencies) bring_in(participant(i), currency);
        new_account();
        new_account();
        if (random_.one_in(2)) new_cap();
    }
}

void Clients::new_payment() {
    auto payment = std::make_unique<router::Payment>();
    payment->id = new_id();
    payment->payer = somebody_or_nobody();
    payment->payee = somebody_or_nobody();
    if (payment->payee == payment->payer && !random_.one_in(20)) {
        payment->payee = participant((payment->payer.value() + 1) % participants_);
    }
    payment->amount = base::Amount(some_amount());
    payment->currency = some_currency();
    payment->timeout = milliseconds(some_timeout_ms());
    payment->payee_account = "987654321";
    payment->details.payee_token[0] = static_cast<std::uint8_t>(random_.below(256));

    ledger::CreateTransfer create;
    create.id = payment->id;
    create.initiator = payment->payer;
    create.payee = payment->payee;
    create.timeout_ms = static_cast<std::uint32_t>(payment->timeout.count());
    create.currency = payment->currency;
    create.type = ledger::TransferType::payment;
    const CommandPosting principal{
        .debit = ledger::system_account(payment->payer, AccountKind::position, payment->currency),
        .credit = ledger::system_account(payment->payee, AccountKind::position, payment->currency),
        .amount = payment->amount.minor_units()};
    Ask ask;
    ask.command.add(create, std::span(&principal, 1), &payment->details);
    ask.payment = std::move(payment);
    ++counts_.payments;
    add(std::move(ask));
}

void Clients::new_posting() {
    ledger::CreateTransfer create;
    create.id = new_id();
    create.initiator = somebody_or_nobody();
    create.currency = some_currency();
    create.timeout_ms = random_.one_in(3) ? some_timeout_ms() : 0;
    std::array<CommandPosting, ledger::max_postings> postings;
    const std::size_t most = random_.one_in(10) ? ledger::max_postings : 3;
    const std::size_t count = random_.one_in(50) ? 0 : 1 + random_.below(most);
    for (std::size_t i = 0; i < count; ++i) {
        postings[i] = {.debit = some_account(create.initiator),
                       .credit = some_account(create.initiator),
                       .amount = some_amount()};
    }
    Ask ask;
    ask.command.add(create, std::span(postings.data(), count));
    ask.may_follow_up = create.timeout_ms != 0 && !random_.one_in(4);
    add(std::move(ask));
}

/// Ends a raw reservation, sometimes both ways at once.
void Clients::follow_up(const Ask& reserved) {
    const auto& body = reserved.view().as<ledger::CreateTransfer>();
    const base::TransferId id = body.id;
    const base::ParticipantId by = random_.one_in(20) ? someone() : body.initiator;
    const sequencer::Lane lane =
        random_.one_in(2) ? sequencer::Lane::progress : sequencer::Lane::admission;
    const bool both = random_.one_in(10);
    if (both || !random_.one_in(3)) {
        add_command(ledger::CommitTransfer{.id = id, .by = by, .reserved = 0}, lane);
    }
    if (both || random_.one_in(3)) {
        add_command(ledger::AbortTransfer{.id = id,
                                          .by = by,
                                          .reason = ledger::ReasonCode("MS03"),
                                          .payee_was_asked = 1,
                                          .reserved = 0},
                    lane);
    }
}

void Clients::new_claim() {
    ledger::ClaimBatch claim;
    claim.initiator = somebody_or_nobody();
    const std::uint64_t number =
        random_.one_in(3) || last_claim_ == 0 ? ++last_claim_ : 1 + random_.below(last_claim_);
    const std::string name = random_.one_in(100) ? "" : "roll-" + std::to_string(number);
    claim.message_id_size = static_cast<std::uint32_t>(name.size());
    std::copy(name.begin(), name.end(), claim.message_id.begin());
    claim.content_hash[0] = static_cast<std::uint8_t>(number);
    claim.content_hash[1] = random_.one_in(4) ? 1 : 0;  // another file under the same name
    add_command(claim);
}

void Clients::new_funds() { bring_in(somebody_or_nobody(), some_currency()); }

void Clients::bring_in(base::ParticipantId participant, base::Currency currency) {
    ledger::RecordFundsIn funds;
    funds.id = new_id();
    funds.participant = participant;
    funds.currency = currency;
    const bool is_zero = random_.one_in(60);
    funds.amount = is_zero ? 0 : 1 + static_cast<std::int64_t>(random_.below(100'000));
    funds.bank_reference[0] = 'r';
    funds.actor = ledger::actor_of(random_.one_in(2) ? "ana" : "luis");
    add_command(funds);
}

void Clients::new_state() {
    ledger::SetParticipantState state;
    state.participant = somebody_or_nobody();
    // Mostly back to work, or there would be nobody left.
    state.state = random_.one_in(3) ? static_cast<ledger::ParticipantState>(random_.below(6))
                                    : ledger::ParticipantState::active;
    add_command(state);
}

void Clients::new_cap() {
    ledger::SetNetDebitCap cap;
    cap.participant = somebody_or_nobody();
    cap.currency = random_.one_in(60) ? static_cast<base::Currency>(1) : some_currency();
    cap.cap = static_cast<std::int64_t>(random_.below(150'000));
    if (random_.one_in(60)) cap.cap = -1;
    add_command(cap);
}

void Clients::new_account() {
    ledger::CreateAccount create;
    create.owner = somebody_or_nobody();
    const bool is_known = !accounts_.empty() && random_.one_in(10);
    create.account = is_known ? accounts_[random_.below(accounts_.size())].second
                              : base::AccountId(1'000 + accounts_.size());
    if (random_.one_in(60)) create.account = base::AccountId(0);
    create.currency = some_currency();
    create.account_kind = static_cast<AccountKind>(1 + random_.below(9));
    if (random_.one_in(2)) create.account_kind = AccountKind::customer;
    create.holder_low = random_.below(3);
    if (!is_known) accounts_.emplace_back(create.owner, create.account);
    add_command(create);
}

void Clients::new_participant() {
    ledger::CreateParticipant create;
    const auto number = static_cast<std::uint32_t>(random_.below(20));
    create.participant = base::ParticipantId(number);
    create.code = {'p', static_cast<char>('`' + random_.below(20))};
    create.entity_code = static_cast<std::uint16_t>(random_.below(20));
    add_command(create);
}

void Clients::new_version() {
    ledger::AdvanceProtocolVersion advance;
    advance.version = random_.below(ledger::latest_protocol_version + 3);
    add_command(advance);
}

/// The same id with another body, of a request that has its outcome already.
void Clients::modify_something() {
    if (asks_.empty()) return;
    const Ask& original = *asks_[random_.below(asks_.size())];
    if (!original.is_known) return;
    const ledger::CommandView command = original.view();
    if (original.payment != nullptr) {
        auto payment = std::make_unique<router::Payment>(*original.payment);
        payment->details.payee_token[1] ^= 1U;
        Ask ask;
        ask.command.add(command.as<ledger::CreateTransfer>(), command.postings(),
                        &payment->details);
        ask.payment = std::move(payment);
        add(std::move(ask));
        return;
    }
    switch (command.kind()) {
        case ledger::CommandKind::create_transfer: {
            ledger::CreateTransfer body = command.as<ledger::CreateTransfer>();
            // Another time-out is the same request; one step instead of two is not.
            body.timeout_ms = random_.one_in(2) ? some_timeout_ms() : 0;
            Ask ask;
            ask.command.add(body, command.postings());
            add(std::move(ask));
            return;
        }
        case ledger::CommandKind::record_funds_in: {
            ledger::RecordFundsIn body = command.as<ledger::RecordFundsIn>();
            body.actor = ledger::actor_of("rosa");  // anybody may repeat it
            if (random_.one_in(2)) ++body.amount;
            add_command(body);
            return;
        }
        default: return;
    }
}

void Clients::act() {
    const std::uint64_t bursts = faults_.strikes(Fault::request_burst) ? 60 : 0;
    for (std::uint64_t i = random_.below(3) + bursts; i > 0; --i) {
        const std::uint64_t what = random_.below(100);
        if (what < 55) {
            new_payment();
        } else if (what < 80) {
            new_posting();
        } else if (what < 84) {
            new_claim();
        } else if (what < 88) {
            new_funds();
        } else if (what < 91) {
            new_state();
        } else if (what < 94) {
            new_cap();
        } else if (what < 97) {
            new_account();
        } else if (what < 98) {
            new_participant();
        } else if (what < 99) {
            new_version();
        } else {
            look();
        }
    }
    if (random_.one_in(4)) look();
    if (faults_.strikes(Fault::request_modified)) modify_something();
    if (!asks_.empty() && faults_.strikes(Fault::request_repeated)) {
        send_later(random_.below(asks_.size()), {});
    }
}

}  // namespace ayni::sim
