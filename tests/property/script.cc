#include "property/script.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace ayni::property {
namespace {

using std::chrono::milliseconds;

constexpr std::array<std::uint32_t, 6> participant_numbers{2, 3, 4, 5, 1, 0};
/// Account n belongs to participant 2 + n % 3 and is of the kind n / 3, so that each of the three
/// participants has a customer's, a fee's and a suspense account.
constexpr std::array<std::uint64_t, 9> account_numbers{1, 2, 3, 4, 5, 6, 7, 8, 9};
constexpr std::array<AccountKind, 12> account_kinds{
    AccountKind::customer,   AccountKind::fee,
    AccountKind::suspense,   AccountKind::customer,
    AccountKind::fee,        AccountKind::programme_fund,
    AccountKind::suspense,   AccountKind::collection_liability,
    AccountKind::settlement, AccountKind::position,
    AccountKind{0},          AccountKind{77}};
constexpr std::array<Currency, 8> some_currencies{
    Currency::pen, Currency::pen, Currency::pen, Currency::pen,
    Currency::pen, Currency::usd, Currency::usd, static_cast<Currency>(978)};
constexpr std::int64_t largest = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t max_total = std::int64_t{1} << 60U;
constexpr std::array<std::int64_t, 32> amounts{
    1,     2,     3,   5,   10,  20,    50,  60,
    100,   100,   100, 100, 200, 300,   400, 500,
    600,   700,   800, 900, 999, 1'000, 10,  20,
    1'001, 1'500, 100, 0,   -1,  -5,    1,   std::int64_t{1} << 40U};
constexpr std::array<std::int64_t, 8> huge_amounts{max_total,
                                                   max_total - 1,
                                                   max_total + 1,
                                                   max_total - 1'000,
                                                   max_total / 2,
                                                   largest,
                                                   std::numeric_limits<std::int64_t>::min(),
                                                   max_total / 4};
constexpr std::array<std::int64_t, 12> caps{
    0,       100,           300,       1'000,           50, largest, largest - 1,
    largest, max_total - 1, max_total, largest - 5'000, -1};
constexpr std::array<std::uint32_t, 6> timeouts{1'000, 10, 60'000, 10'000, 500, 86'400'000};
constexpr std::array<std::uint32_t, 4> odd_timeouts{9, 86'400'001, 0, 0xFFFF'FFFF};
constexpr std::array<milliseconds, 8> short_pauses{
    milliseconds(0),  milliseconds(0), milliseconds(1), milliseconds(0),
    milliseconds(10), milliseconds(0), milliseconds(1), milliseconds(500)};
constexpr std::array<milliseconds, 8> long_pauses{
    milliseconds(1'000),      milliseconds(9'999),         milliseconds(60'000),
    milliseconds(300'001),    milliseconds(1'000),         milliseconds(86'400'000),
    milliseconds(86'400'001), milliseconds(34'560'000'000)};
constexpr std::array<ledger::ReasonCode, 3> reasons{
    ledger::ReasonCode("AC04"), ledger::ReasonCode("AC06"), ledger::ReasonCode("AB08")};
/// What the first byte of a step chooses; transfers and what becomes of them most often.
enum class Choice : std::uint8_t {
    payment,
    commit,
    acknowledge,
    raw,
    repeat,
    abort,
    refuse,
    funds_in,
    tick,
    cap,
    state,
    account,
    participant,
    claim,
    garbage,
    version,
};
constexpr std::array<std::uint8_t, 16> weights{18, 14, 8, 14, 8, 4, 7, 5, 4, 4, 2, 4, 2, 3, 4, 1};

Choice choice_of(std::uint8_t byte) {
    unsigned total = 0;
    for (const unsigned weight : weights) total += weight;
    unsigned left = byte % total;
    for (std::size_t i = 0; i < weights.size(); ++i) {
        if (left < weights[i]) return static_cast<Choice>(i);
        left -= weights[i];
    }
    UNREACHABLE("weights");
}

ParticipantId participant(Choices& choose) {
    // The last three of the table are rare: they exist seldom or never.
    const std::uint8_t byte = choose.next();
    const std::size_t at = byte < 230 ? byte % 3U : 3U + byte % 3U;
    return ParticipantId(participant_numbers[at]);
}

std::uint32_t timeout(Choices& choose) {
    const std::uint8_t byte = choose.next();
    return byte < 244 ? timeouts[byte % timeouts.size()] : odd_timeouts[byte % odd_timeouts.size()];
}

/// Time passes in one batch of eight, and a lot in one of sixty-four.
milliseconds pause(unsigned how, std::uint8_t byte) {
    if (how < 56) return short_pauses[byte % short_pauses.size()];
    return how < 63 ? long_pauses[byte % 3U] : long_pauses[3 + byte % 5U];
}

AccountKind kind_of(std::uint64_t account_number) { return account_kinds[account_number / 3 % 3]; }

std::int64_t amount(Choices& choose) {
    const std::uint8_t byte = choose.next();
    if (byte >= 250) return huge_amounts[choose.next() % huge_amounts.size()];
    return amounts[byte % amounts.size()];
}

AccountId any_account(Choices& choose) {
    const std::uint8_t byte = choose.next();
    if (byte < 160) return AccountId(account_numbers[byte % account_numbers.size()]);
    if (byte < 170) return AccountId(byte);  // unknown
    if (byte < 172) return AccountId{};
    const auto kind = static_cast<AccountKind>(1 + byte % 9);
    const auto owner = ParticipantId(participant_numbers[(byte >> 3U) % 5]);
    return ledger::system_account(owner, kind, choose.seldom(40) ? Currency::usd : Currency::pen);
}

ledger::CreateParticipant create_participant(std::uint32_t id, std::string_view code,
                                             std::uint16_t entity) {
    ledger::CreateParticipant command;
    command.participant = ParticipantId(id);
    std::copy(code.begin(), code.end(), command.code.begin());
    command.entity_code = entity;
    return command;
}

Command some_participant(Choices& choose) {
    static constexpr std::array<std::string_view, 9> codes{"yape", "bim",   "coopac", "bn", "a",
                                                           "x-1",  "9bank", "Yape",   ""};
    const std::uint32_t id = choose.seldom(10) ? 0x8000'0000U : 2U + choose.next() % 5U;
    // Mostly the same body for the same id, so that repeats are frequent.
    const auto code = choose.seldom(60) ? choose.of(codes) : codes[(id - 2) % 5];
    const std::uint32_t entity = choose.seldom(60) ? choose.next() % 4U : (id - 1) % 9;
    auto command = create_participant(id, code, static_cast<std::uint16_t>(entity));
    if (choose.seldom(5)) command.code.back() = 'z';  // behind the padding
    if (choose.seldom(20)) command.actor = ledger::actor_of("somebody");
    return command;
}

Command some_account(Choices& choose) {
    ledger::CreateAccount command;
    command.account = AccountId(choose.of(account_numbers));
    // Mostly the same owner and kind for the same account.
    const auto number = static_cast<std::uint32_t>(command.account.value());
    command.owner = choose.seldom(40) ? participant(choose) : ParticipantId(2 + number % 3);
    command.account_kind = choose.seldom(60) ? choose.of(account_kinds) : kind_of(number);
    command.currency = choose.seldom(30) ? choose.of(some_currencies) : Currency::pen;
    if (choose.seldom(20)) command.holder_low = choose.next() % 2;
    if (choose.seldom(40)) command.account = AccountId(10U + choose.next() % 16U);
    if (choose.seldom(10)) command.account = any_account(choose);
    return command;
}

Command some_state(Choices& choose) {
    ledger::SetParticipantState command;
    command.participant = participant(choose);
    const std::uint8_t byte = choose.next();
    command.state = byte < 128 ? ledger::ParticipantState::active
                               : static_cast<ledger::ParticipantState>(byte % 6);
    return command;
}

Command some_cap(Choices& choose) {
    ledger::SetNetDebitCap command;
    command.participant = participant(choose);
    command.cap = choose.of(caps);
    command.currency = choose.of(some_currencies);
    return command;
}

void add_details(Choices& choose, TransferRequest& request) {
    if (!choose.seldom(80)) return;
    request.details.emplace();
    request.details->payee_token[3] = choose.next() % 2;
    request.details->purpose[0] = 'P';
}

}  // namespace

Script::Made Script::make(const Step& step, JournalTime now, std::uint64_t floor_ms) {
    Choices choose(step);
    const std::uint8_t kind = choose.next();
    const std::uint8_t time = choose.next();
    Made made;
    made.starts_batch = time % 4 != 3;
    if (made.starts_batch) made.elapsed = pause(time >> 2U, choose.next());
    now_ = now + made.elapsed;
    floor_ms_ = floor_ms;
    switch (choice_of(kind)) {
        case Choice::payment: made.command = payment(choose); break;
        case Choice::commit: made.command = decision<ledger::CommitTransfer>(choose); break;
        case Choice::acknowledge:
            made.command = decision<ledger::AcknowledgeOutcome>(choose);
            break;
        case Choice::raw: made.command = raw(choose); break;
        case Choice::repeat: made.command = repeat(choose); break;
        case Choice::abort: made.command = decision<ledger::AbortTransfer>(choose); break;
        case Choice::refuse: made.command = decision<ledger::RefuseCommitted>(choose); break;
        case Choice::funds_in: made.command = funds_in(choose); break;
        case Choice::tick: made.command = Tick{}; break;
        case Choice::cap: made.command = some_cap(choose); break;
        case Choice::state: made.command = some_state(choose); break;
        case Choice::account: made.command = some_account(choose); break;
        case Choice::participant: made.command = some_participant(choose); break;
        case Choice::claim: made.command = claim(choose); break;
        case Choice::garbage: made.command = garbage(choose); break;
        case Choice::version: made.command = start_or_version(choose); break;
    }
    return made;
}

Command Script::start_or_version(Choices& choose) {
    const auto version = choose.next() % 4U;
    if (!choose.seldom(192)) return ledger::AdvanceProtocolVersion{.version = version, .actor = {}};
    Start start{.body = {.epoch = version, .wall_nanoseconds = 0}, .limits = {}};
    if (choose.seldom(16)) return start;
    // Around what the small tables hold, and no more than the pair has room for.
    const auto between = [&](unsigned least, unsigned most) -> std::uint64_t {
        return least + choose.next() % (most - least + 1);
    };
    start.limits = ledger::Limits{.participants = between(2, 8),
                                  .accounts = between(20, 64),
                                  .live_transfers = between(0, 8),
                                  .remembered_transfers = between(8, 22),
                                  .claims = between(0, 4),
                                  .unacknowledged_per_participant = between(0, 6)};
    return start;
}

std::vector<Command> Script::preamble() {
    std::vector<Command> commands{create_participant(2, "yape", 1), create_participant(3, "bim", 2),
                                  create_participant(4, "coopac", 3)};
    for (const std::uint64_t number : account_numbers) {
        ledger::CreateAccount account;
        account.account = AccountId(number);
        account.owner = ParticipantId(2 + static_cast<std::uint32_t>(number) % 3);
        account.account_kind = kind_of(number);
        commands.emplace_back(account);
    }
    for (const std::uint32_t number : {2U, 3U}) {
        ledger::RecordFundsIn funds;
        funds.id = {.high = std::uint64_t{start_ms} << 16U, .low = number};
        funds.participant = ParticipantId(number);
        funds.amount = 1'000;
        commands.emplace_back(funds);
    }
    return commands;
}

TransferId Script::id(Choices& choose) {
    const std::uint8_t byte = choose.next();
    const std::uint64_t now_ms = now_.milliseconds();
    std::uint64_t time = now_ms;
    if (byte >= 230) {
        constexpr std::uint64_t tolerance = 300'000;
        const std::array<std::uint64_t, 8> borders{
            floor_ms_,           floor_ms_ - (floor_ms_ > 0 ? 1 : 0),
            now_ms + tolerance,  now_ms + tolerance + 1,
            now_ms - 86'400'000, now_ms - 86'400'001,
            now_ms - 1,          floor_ms_ + 1};
        time = borders[byte % borders.size()];
    }
    if (byte == 229) return {};
    return {.high = time << 16U, .low = 1'000 + ++ids_made_};
}

Script::Asked Script::asked(Choices& choose) {
    const std::uint8_t byte = choose.next();
    const bool any = accepted_.empty() || byte >= 224;
    const std::vector<Command>& from = any ? requests_ : accepted_;
    if (from.empty()) return {};
    const std::size_t back = byte % std::min<std::size_t>(from.size(), 8);
    const Command& command = from[from.size() - 1 - back];
    if (const auto* funds = std::get_if<ledger::RecordFundsIn>(&command)) {
        return {.id = funds->id, .initiator = funds->participant, .payee = {}, .is_payment = false};
    }
    const auto& body = std::get<TransferRequest>(command).body;
    return {.id = body.id,
            .initiator = body.initiator,
            .payee = body.payee,
            .is_payment = body.type == TransferType::payment};
}

void Script::accepted(const Command& command) {
    const auto* request = std::get_if<TransferRequest>(&command);
    if (request != nullptr && request->body.timeout_ms != 0) accepted_.push_back(command);
}

Command Script::remember(Command command) {
    requests_.push_back(command);
    return command;
}

Command Script::payment(Choices& choose) {
    TransferRequest request;
    request.body.type = TransferType::payment;
    request.body.initiator = participant(choose);
    const std::uint8_t other = choose.next();
    const std::uint32_t after = request.body.initiator.value() == 2 ? 3 : 2;
    request.body.payee = other < 160 ? ParticipantId(after) : participant(choose);
    std::vector<ledger::CommandPosting>& postings = request.postings;
    const std::int64_t money = amount(choose);
    const std::uint8_t shape = choose.next();
    request.body.timeout_ms = timeout(choose);
    request.body.id = id(choose);
    const Currency currency = choose.seldom(20) ? choose.of(some_currencies) : Currency::pen;
    request.body.currency = currency;
    postings.push_back(
        {.debit = ledger::system_account(request.body.initiator, AccountKind::position, currency),
         .credit = ledger::system_account(request.body.payee, AccountKind::position, currency),
         .amount = money});
    const std::size_t more = shape < 96 ? 0 : shape % 4 + (shape > 250 ? 5U : 0U);
    for (std::size_t i = 0; i < more && postings.size() < 8; ++i) {
        hosted_leg(choose, request.body.initiator, currency, postings);
    }
    add_details(choose, request);
    return remember(request);
}

/// A leg between two accounts of `owner`, now and then one of somebody else's.
void Script::hosted_leg(Choices& choose, ParticipantId owner, Currency currency,
                        std::vector<ledger::CommandPosting>& postings) {
    const auto own = [&](std::size_t which) {
        if (which % 4 == 3) {
            return ledger::system_account(owner, AccountKind::hosted_clearing, currency);
        }
        return AccountId((owner.value() + 1) % 3 + 3 * (which % 4 + (owner.value() == 2 ? 1 : 0)));
    };
    const std::uint8_t byte = choose.next();
    const std::size_t from = byte % 4U;
    const std::size_t to = from + 1 + (byte >> 2U) % 3U;
    const AccountId debit = choose.seldom(8) ? any_account(choose) : own(from);
    const AccountId credit = choose.seldom(8) ? any_account(choose) : own(to);
    postings.push_back({.debit = debit, .credit = credit, .amount = amount(choose)});
}

Command Script::raw(Choices& choose) {
    TransferRequest request;
    request.body.initiator = participant(choose);
    const std::uint8_t shape = choose.next();
    request.body.timeout_ms = shape % 2 == 0 ? 0 : timeout(choose);
    request.body.id = id(choose);
    const std::size_t legs = 1 + (shape < 128 ? 0 : (shape >> 1U) % 8);
    for (std::size_t i = 0; i < legs; ++i) {
        hosted_leg(choose, request.body.initiator, Currency::pen, request.postings);
    }
    return remember(request);
}

/// Shapes that no reader of the API lets through.
Command Script::garbage(Choices& choose) {
    TransferRequest request;
    request.body.type = static_cast<TransferType>(choose.next() % 5);
    request.body.initiator = participant(choose);
    if (choose.seldom(128)) request.body.payee = participant(choose);
    request.body.currency = choose.of(some_currencies);
    request.body.timeout_ms = timeout(choose);
    request.body.id = id(choose);
    const std::size_t legs = choose.next() % 9;
    for (std::size_t i = 0; i < legs; ++i) {
        request.postings.push_back({.debit = any_account(choose),
                                    .credit = any_account(choose),
                                    .amount = amount(choose)});
    }
    add_details(choose, request);
    return remember(request);
}

/// A request of before once more, the same or changed in one place.
Command Script::repeat(Choices& choose) {
    if (requests_.empty()) return Tick{};
    const std::size_t back = choose.next() % std::min<std::size_t>(requests_.size(), 24);
    Command command = requests_[requests_.size() - 1 - back];
    const std::uint8_t change = choose.next();
    if (auto* funds = std::get_if<ledger::RecordFundsIn>(&command)) {
        if (change % 8 == 5) funds->amount ^= 1;
        if (change % 8 == 6) funds->bank_reference[0] = 'R';
        if (change % 8 == 7) funds->actor = ledger::actor_of("another");
        return command;
    }
    auto& request = std::get<TransferRequest>(command);
    if (change < 128) return command;
    switch (change % 8) {
        case 0: request.body.timeout_ms = timeout(choose); break;
        case 1: request.body.initiator = participant(choose); break;
        case 2: request.body.payee = participant(choose); break;
        case 3:
            if (!request.postings.empty()) request.postings.front().amount ^= 1;
            break;
        case 4: request.postings.resize(request.postings.size() / 2); break;
        case 5: request.details.reset(); break;
        case 6: add_details(choose, request); break;
        default: request.body.currency = choose.of(some_currencies); break;
    }
    return command;
}

Command Script::funds_in(Choices& choose) {
    ledger::RecordFundsIn command;
    command.participant = participant(choose);
    command.amount = amount(choose);
    command.currency = choose.of(some_currencies);
    command.id = id(choose);
    return remember(command);
}

template <typename Body>
Command Script::decision(Choices& choose) {
    const Asked of = asked(choose);
    const std::uint8_t by = choose.next();
    Body command;
    command.id = of.id;
    command.by = of.is_payment ? of.payee : of.initiator;
    if (by >= 176 && by < 208) command.by = of.initiator;
    if (by >= 208 && by < 232) command.by = ledger::hub;
    if (by >= 232) command.by = participant(choose);
    if constexpr (requires { command.reason; }) command.reason = choose.of(reasons);
    if constexpr (requires { command.payee_was_asked; }) {
        command.payee_was_asked = choose.seldom(64) ? 0 : 1;
    }
    if (choose.seldom(4)) command.id = id(choose);
    return command;
}

Command Script::claim(Choices& choose) {
    static constexpr std::array<std::string_view, 6> names{
        "a", "b", "c", "d", "thirty-five characters are the longest", ""};
    ledger::ClaimBatch command;
    command.initiator = participant(choose);
    std::string_view name = choose.of(names);
    name = name.substr(0, 36);
    command.message_id_size = static_cast<std::uint32_t>(name.size());
    std::copy(name.begin(), name.end(), command.message_id.begin());
    command.content_hash[0] = choose.next() % 3;
    if (choose.seldom(10)) ++command.message_id_size;
    if (choose.seldom(10)) command.message_id.back() = 'x';
    if (choose.seldom(6)) command.message_id_size = 0xFFFF'FFFF;
    return command;
}

ledger::CommandBuffer encode(const Command& command) {
    ledger::CommandBuffer buffer;
    std::visit(
        [&](const auto& body) {
            using Body = std::decay_t<decltype(body)>;
            if constexpr (std::is_same_v<Body, Tick>) {
                buffer.add_tick();
            } else if constexpr (std::is_same_v<Body, Start>) {
                if (body.limits) {
                    buffer.add(body.body, *body.limits);
                } else {
                    buffer.add(body.body);
                }
            } else if constexpr (std::is_same_v<Body, TransferRequest>) {
                buffer.add(body.body, body.postings, body.details ? &*body.details : nullptr);
            } else {
                buffer.add(body);
            }
        },
        command);
    return buffer;
}

Command decode(ledger::CommandView view) {
    using ledger::CommandKind;
    switch (view.kind()) {
        case CommandKind::tick: return Tick{};
        case CommandKind::started: {
            Start start{.body = view.as<ledger::Started>(), .limits = {}};
            if (view.limits() != nullptr) start.limits = *view.limits();
            return start;
        }
        case CommandKind::advance_protocol_version:
            return view.as<ledger::AdvanceProtocolVersion>();
        case CommandKind::create_participant: return view.as<ledger::CreateParticipant>();
        case CommandKind::set_participant_state: return view.as<ledger::SetParticipantState>();
        case CommandKind::set_net_debit_cap: return view.as<ledger::SetNetDebitCap>();
        case CommandKind::create_account: return view.as<ledger::CreateAccount>();
        case CommandKind::record_funds_in: return view.as<ledger::RecordFundsIn>();
        case CommandKind::create_transfer: {
            TransferRequest request;
            request.body = view.as<ledger::CreateTransfer>();
            request.postings.assign(view.postings().begin(), view.postings().end());
            if (view.details() != nullptr) request.details = *view.details();
            return request;
        }
        case CommandKind::commit_transfer: return view.as<ledger::CommitTransfer>();
        case CommandKind::abort_transfer: return view.as<ledger::AbortTransfer>();
        case CommandKind::acknowledge_outcome: return view.as<ledger::AcknowledgeOutcome>();
        case CommandKind::refuse_committed: return view.as<ledger::RefuseCommitted>();
        case CommandKind::claim_batch: return view.as<ledger::ClaimBatch>();
    }
    UNREACHABLE("command kind");
}

namespace {

std::string who(ParticipantId id) { return fmt::format("{}", id.value()); }
std::string what(const TransferId& id) { return fmt::format("{}/{}", id.time_ms(), id.low); }

std::string line(const Tick& /*command*/) { return "tick"; }
std::string line(const Start& command) {
    if (!command.limits) return fmt::format("started {}", command.body.epoch);
    const ledger::Limits& limits = *command.limits;
    return fmt::format(
        "started {} with {} participants, {} accounts, {} live, {} remembered, {} "
        "claims, {} unacknowledged",
        command.body.epoch, limits.participants, limits.accounts, limits.live_transfers,
        limits.remembered_transfers, limits.claims, limits.unacknowledged_per_participant);
}
std::string line(const ledger::AdvanceProtocolVersion& command) {
    return fmt::format("protocol version {}", command.version);
}
std::string line(const ledger::CreateParticipant& command) {
    const auto* end = std::find(command.code.begin(), command.code.end(), '\0');
    return fmt::format("participant {} \"{}\" entity {}", who(command.participant),
                       std::string(command.code.begin(), end), command.entity_code);
}
std::string line(const ledger::SetParticipantState& command) {
    return fmt::format("state of {} = {}", who(command.participant),
                       static_cast<int>(command.state));
}
std::string line(const ledger::SetNetDebitCap& command) {
    return fmt::format("cap of {} in {} = {}", who(command.participant),
                       static_cast<int>(command.currency), command.cap);
}
std::string line(const ledger::CreateAccount& command) {
    return fmt::format("account {} of {}, kind {}, currency {}", command.account.value(),
                       who(command.owner), static_cast<int>(command.account_kind),
                       static_cast<int>(command.currency));
}
std::string line(const ledger::RecordFundsIn& command) {
    return fmt::format("funds in {}: {} to {}, currency {}", what(command.id), command.amount,
                       who(command.participant), static_cast<int>(command.currency));
}
std::string line(const TransferRequest& command) {
    std::string text = fmt::format("transfer {}: type {}, {} -> {}, currency {}, time-out {}{}",
                                   what(command.body.id), static_cast<int>(command.body.type),
                                   who(command.body.initiator), who(command.body.payee),
                                   static_cast<int>(command.body.currency), command.body.timeout_ms,
                                   command.details ? ", with details" : "");
    for (const auto& posting : command.postings) {
        text += fmt::format("\n        {:x} -> {:x}: {}", posting.debit.value(),
                            posting.credit.value(), posting.amount);
    }
    return text;
}
std::string line(const ledger::CommitTransfer& command) {
    return fmt::format("commit {} by {}", what(command.id), who(command.by));
}
std::string line(const ledger::AbortTransfer& command) {
    return fmt::format("abort {} by {}, asked {}", what(command.id), who(command.by),
                       command.payee_was_asked);
}
std::string line(const ledger::AcknowledgeOutcome& command) {
    return fmt::format("acknowledge {} by {}", what(command.id), who(command.by));
}
std::string line(const ledger::RefuseCommitted& command) {
    return fmt::format("refuse {} by {}", what(command.id), who(command.by));
}
std::string line(const ledger::ClaimBatch& command) {
    return fmt::format("claim of {}: {} characters, content {}", who(command.initiator),
                       command.message_id_size, command.content_hash[0]);
}

}  // namespace

std::string describe(const Command& command) {
    return std::visit([](const auto& body) { return line(body); }, command);
}

}  // namespace ayni::property
