#include "ledger/command.h"

#include <algorithm>
#include <cstring>

#include "base/assert.h"

namespace ayni::ledger {
namespace {

constexpr std::size_t header_bytes = sizeof(CommandHeader);

/// Size of a command of fixed size, header included; nothing for a kind that does not exist.
std::optional<std::size_t> fixed_size(CommandKind kind) {
    switch (kind) {
        case CommandKind::tick: return header_bytes;
        case CommandKind::started: return header_bytes + sizeof(Started);
        case CommandKind::advance_protocol_version:
            return header_bytes + sizeof(AdvanceProtocolVersion);
        case CommandKind::create_participant: return header_bytes + sizeof(CreateParticipant);
        case CommandKind::set_participant_state: return header_bytes + sizeof(SetParticipantState);
        case CommandKind::set_net_debit_cap: return header_bytes + sizeof(SetNetDebitCap);
        case CommandKind::create_account: return header_bytes + sizeof(CreateAccount);
        case CommandKind::record_funds_in: return header_bytes + sizeof(RecordFundsIn);
        case CommandKind::create_transfer: return header_bytes + sizeof(CreateTransfer);
        case CommandKind::commit_transfer: return header_bytes + sizeof(CommitTransfer);
        case CommandKind::abort_transfer: return header_bytes + sizeof(AbortTransfer);
        case CommandKind::acknowledge_outcome: return header_bytes + sizeof(AcknowledgeOutcome);
        case CommandKind::refuse_committed: return header_bytes + sizeof(RefuseCommitted);
        case CommandKind::claim_batch: return header_bytes + sizeof(ClaimBatch);
    }
    return std::nullopt;
}

// Every body keeps the next command aligned.
static_assert(sizeof(Started) % 8 == 0 && sizeof(Limits) % 8 == 0);
static_assert(sizeof(AdvanceProtocolVersion) % 8 == 0);
static_assert(sizeof(CreateParticipant) % 8 == 0 && sizeof(SetParticipantState) % 8 == 0);
static_assert(sizeof(SetNetDebitCap) % 8 == 0 && sizeof(CreateAccount) % 8 == 0);
static_assert(sizeof(RecordFundsIn) % 8 == 0 && sizeof(CreateTransfer) % 8 == 0);
static_assert(sizeof(CommitTransfer) % 8 == 0 && sizeof(AbortTransfer) % 8 == 0);
static_assert(sizeof(AcknowledgeOutcome) % 8 == 0 && sizeof(RefuseCommitted) % 8 == 0);
static_assert(sizeof(ClaimBatch) % 8 == 0 && sizeof(CommandPosting) == 24);

std::size_t create_transfer_size(const CreateTransfer& body) {
    return header_bytes + sizeof(CreateTransfer) + body.posting_count * sizeof(CommandPosting) +
           (body.has_details != 0 ? sizeof(PaymentDetails) : 0);
}

}  // namespace

Actor actor_of(std::string_view name) {
    Actor actor{};
    std::copy_n(name.data(), std::min(name.size(), actor.size()), actor.data());
    return actor;
}

const Limits* CommandView::limits() const {
    const auto& body = as<Started>();
    if (header_->size == header_bytes + sizeof(Started)) return nullptr;
    return reinterpret_cast<const Limits*>(&body + 1);
}

std::span<const CommandPosting> CommandView::postings() const {
    const auto& body = as<CreateTransfer>();
    return {reinterpret_cast<const CommandPosting*>(&body + 1), body.posting_count};
}

const PaymentDetails* CommandView::details() const {
    const auto& body = as<CreateTransfer>();
    if (body.has_details == 0) return nullptr;
    return reinterpret_cast<const PaymentDetails*>(postings().data() + body.posting_count);
}

std::optional<CommandView> CommandView::read(std::span<const std::byte> bytes) {
    ASSERT(reinterpret_cast<std::uintptr_t>(bytes.data()) % alignof(std::uint64_t) == 0);
    if (bytes.size() < header_bytes) return std::nullopt;
    CommandView view;
    view.header_ = reinterpret_cast<const CommandHeader*>(bytes.data());
    const CommandHeader& header = *view.header_;
    const auto fixed = fixed_size(header.kind);
    if (!fixed || header.reserved != 0 || header.size > bytes.size() || header.size < *fixed) {
        return std::nullopt;
    }
    if (header.kind != CommandKind::create_transfer) {
        const bool has_limits =
            header.kind == CommandKind::started && header.size == *fixed + sizeof(Limits);
        return header.size == *fixed || has_limits ? std::optional(view) : std::nullopt;
    }
    const auto& body = view.as<CreateTransfer>();
    if (body.has_details > 1 || header.size != create_transfer_size(body)) return std::nullopt;
    return view;
}

void CommandBuffer::add(const Started& body, const Limits& limits) {
    struct {
        Started body;
        Limits limits;
    } const both{.body = body, .limits = limits};
    static_assert(sizeof(both) == sizeof(Started) + sizeof(Limits));
    append(Started::kind, std::as_bytes(std::span(&both, 1)), {}, nullptr);
}

void CommandBuffer::add(CreateTransfer body, std::span<const CommandPosting> postings,
                        const PaymentDetails* details) {
    ASSERT(postings.size() <= max_postings);
    body.posting_count = static_cast<std::uint8_t>(postings.size());
    body.has_details = details != nullptr ? 1 : 0;
    append(CreateTransfer::kind, std::as_bytes(std::span(&body, 1)), postings, details);
}

void CommandBuffer::add(CommandView command) { add_raw(command.bytes(), 1); }

void CommandBuffer::add(const CommandBuffer& other) { add_raw(other.bytes(), other.count()); }

void CommandBuffer::add_raw(std::span<const std::byte> bytes, std::size_t count) {
    ASSERT(bytes.size() % sizeof(std::uint64_t) == 0);
    const std::size_t words = words_.size();
    words_.resize(words + bytes.size() / sizeof(std::uint64_t));
    if (!bytes.empty()) std::memcpy(words_.data() + words, bytes.data(), bytes.size());
    count_ += count;
}

void CommandBuffer::clear() {
    words_.clear();
    count_ = 0;
}

void CommandBuffer::append(CommandKind kind, std::span<const std::byte> body,
                           std::span<const CommandPosting> postings,
                           const PaymentDetails* details) {
    const std::size_t size = header_bytes + body.size() + postings.size_bytes() +
                             (details != nullptr ? sizeof(PaymentDetails) : 0);
    ASSERT(size % sizeof(std::uint64_t) == 0);
    const std::size_t words = words_.size();
    words_.resize(words + size / sizeof(std::uint64_t));
    auto* to = reinterpret_cast<std::byte*>(words_.data() + words);
    const CommandHeader header{
        .size = static_cast<std::uint32_t>(size), .kind = kind, .reserved = 0};
    std::memcpy(to, &header, header_bytes);
    to += header_bytes;
    if (!body.empty()) std::memcpy(to, body.data(), body.size());
    to += body.size();
    if (!postings.empty()) std::memcpy(to, postings.data(), postings.size_bytes());
    to += postings.size_bytes();
    if (details != nullptr) std::memcpy(to, details, sizeof(PaymentDetails));
    ++count_;
}

}  // namespace ayni::ledger
