#include <cstdio>

#include "adapter/grpc_process.h"
#include "fuzz/input.h"
#include "property/pair.h"
#include "rpc/mapping_admin.h"
#include "rpc/mapping_ledger.h"
#include "rpc/mapping_transfer.h"

namespace {

using namespace ayni;

constexpr base::ParticipantId caller{2};
constexpr std::string_view actor = "operator/ana";

/// What a request becomes: commands, or what is wrong with it.
struct Mapped {
    ledger::CommandBuffer commands;
    rpc::Violations wrong;
};

template <typename Request>
bool parse(std::string_view bytes, Request& request) {
    return request.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

/// One request that becomes one command.
template <typename Request, typename Map>
void one(std::string_view bytes, Mapped& mapped, const Map& map) {
    Request request;
    if (!parse(bytes, request)) return;
    auto command = map(request, mapped.wrong);
    ASSERT(command.has_value() == mapped.wrong.empty());
    if (!command) return;
    if constexpr (requires { command->participant; }) {
        // One that is named by its code is the caller's to fill in.
        if (command->participant.is_zero()) command->participant = caller;
    }
    mapped.commands.add(*command);
}

/// One request with many items.
template <typename Request>
void many(std::string_view bytes, Mapped& mapped) {
    Request request;
    if (!parse(bytes, request)) return;
    rpc::encode(request, caller, mapped.commands, mapped.wrong);
    // What was appended before an item was found wrong is of no use.
    if (!mapped.wrong.empty()) mapped.commands.clear();
}

void payment(std::string_view bytes, Mapped& mapped) {
    static const identity::Tokeniser tokeniser({9}, 3);
    v1::NewTransfer request;
    if (!parse(bytes, request)) return;
    const auto made = rpc::payment_of(request, tokeniser, "transfer.", mapped.wrong);
    ASSERT((made != nullptr) == mapped.wrong.empty());
    if (made == nullptr) return;
    ASSERT(made->amount.is_positive());
    ASSERT(made->timeout >= ledger::min_timeout);
    ASSERT(made->timeout <= ledger::max_timeout);
    ledger::CreateTransfer body;
    body.id = made->id;
    body.initiator = caller;
    body.payee = base::ParticipantId(3);
    body.timeout_ms = static_cast<std::uint32_t>(made->timeout.count());
    body.currency = made->currency;
    body.type = ledger::TransferType::payment;
    const ledger::CommandPosting posting{
        .debit = system_account(caller, ledger::AccountKind::position, made->currency),
        .credit = system_account(body.payee, ledger::AccountKind::position, made->currency),
        .amount = made->amount.minor_units()};
    mapped.commands.add(body, std::span(&posting, 1), &made->details);
}

void batch(std::string_view bytes, Mapped& mapped) {
    v1::BatchCreateTransfersRequest request;
    if (parse(bytes, request)) rpc::check_batch(request.transfers(), mapped.wrong);
}

void map(std::uint8_t kind, std::string_view bytes, Mapped& to) {
    switch (kind % 12) {
        case 0: return payment(bytes, to);
        case 1: return many<v1::CreateTransfersRequest>(bytes, to);
        case 2: return many<v1::CreateAccountsRequest>(bytes, to);
        case 3: return many<v1::CommitTransfersRequest>(bytes, to);
        case 4: return many<v1::AbortTransfersRequest>(bytes, to);
        case 5:
            return one<v1::CreateParticipantRequest>(bytes, to, [](const auto& r, auto& wrong) {
                return rpc::create_participant_of(r, actor, wrong);
            });
        case 6:
            return one<v1::SetParticipantStateRequest>(bytes, to, [](const auto& r, auto& wrong) {
                return rpc::set_participant_state_of(r, actor, wrong);
            });
        case 7:
            return one<v1::SetNetDebitCapRequest>(bytes, to, [](const auto& r, auto& wrong) {
                return rpc::set_net_debit_cap_of(r, actor, wrong);
            });
        case 8:
            return one<v1::AdvanceProtocolVersionRequest>(
                bytes, to, [](const auto& r, auto& wrong) {
                    return rpc::advance_protocol_version_of(r, actor, wrong);
                });
        case 9:
            return one<v1::RecordFundsInRequest>(bytes, to, [](const auto& r, auto& wrong) {
                return rpc::record_funds_in_of(r, actor, wrong);
            });
        case 10:
            return one<v1::ClaimBatchRequest>(bytes, to, [](const auto& r, auto& wrong) {
                return rpc::claim_batch_of(r, caller, actor, wrong);
            });
        default: return batch(bytes, to);
    }
}

}  // namespace

/// Without a line of log for each text that is no UTF-8.
extern "C" int LLVMFuzzerInitialize(int* /*count*/, char*** /*arguments*/) {
    ayni::adapter::prepare_grpc_process();
    return 0;
}

/// The wire format of every request that changes something, by the first byte: it is refused with a
/// reason, or becomes commands that are well formed and that ledger and model answer alike.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input input(data, size);
    const std::uint8_t kind = input.byte();
    Mapped mapped;
    map(kind, input.rest(), mapped);
    for (const auto& violation : mapped.wrong.all()) {
        ASSERT(!violation.field.empty());
        ASSERT(!violation.description.empty());
    }
    if (mapped.commands.empty()) return 0;
    property::Pair pair(property::Pair::tight());
    std::string difference = pair.run_preamble();
    const bool is_well_formed =
        ledger::for_each_command(mapped.commands.bytes(), [&](ledger::CommandView view) {
            if (difference.empty()) difference = pair.run(property::decode(view));
        });
    ASSERT(is_well_formed);
    if (!difference.empty())
        std::fprintf(stderr, "%s%s\n", pair.trace().c_str(), difference.c_str());
    ASSERT(difference.empty());
    return 0;
}
