#include "rpc/core.h"

namespace ayni::rpc {

tl::expected<Caller, ErrorDetail> authorise(Core& core, const grpc::ServerContextBase& context,
                                            Rpc rpc) {
    if (core.is_stopping.load(std::memory_order_acquire)) return tl::unexpected(stopping());
    std::string storage;
    const auto identity = identity_of(context, core.identity_source(), storage);
    if (!identity) return tl::unexpected(unauthenticated());
    if (!may_call(identity->role, rpc)) {
        return tl::unexpected(permission_denied("The caller's role may not call " +
                                                std::string(row_of(rpc).full_name) + "."));
    }
    Caller caller{identity->role, std::string(identity->name), nullptr};
    if (caller.role == Role::participant) caller.participant = core.participants.find(caller.name);
    return caller;
}

ErrorDetail refusal(const Core& core) {
    const auto& statistics = core.parts.sequencer.statistics();
    if (core.is_stopping.load()) return stopping();
    if (!statistics.is_leading.load()) {
        return not_leading(core.options.leader ? core.options.leader() : std::string());
    }
    return statistics.is_stalled.load() ? journal_stalled() : overloaded();
}

ErrorDetail unknown_participant(const Caller& caller) {
    auto error = error_of(ledger::Status::initiator_unknown, base::Sequence());
    error.message = "No participant has the code \"" + caller.name + "\".";
    return error;
}

bool try_enter(Core& core, Participants::Entry* participant, std::uint32_t items) {
    if (!core.in_flight.try_enter(items)) return false;
    if (participant == nullptr || participant->in_flight.try_enter(items)) return true;
    core.in_flight.leave(items);
    return false;
}

void leave(Core& core, Participants::Entry* participant, std::uint32_t items) {
    if (participant != nullptr) participant->in_flight.leave(items);
    core.in_flight.leave(items);
}

bool Ticket::try_take(Core& core, Participants::Entry* participant, std::uint32_t items) {
    if (!try_enter(core, participant, items)) return false;
    core_ = &core;
    participant_ = participant;
    items_ = items;
    return true;
}

void Ticket::release() {
    if (core_ != nullptr) leave(*core_, participant_, items_);
    core_ = nullptr;
}

}  // namespace ayni::rpc
