#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "rpc/identity.h"

/// Which RPCs there are, and who may call them. Deny by default: what has no row can not be
/// called, since every method names its row (a test compares the rows with the proto descriptors).
namespace ayni::rpc {

enum class Rpc : std::uint8_t {
    create_transfer,
    stream_transfers,
    batch_create_transfers,
    get_transfer,
    list_transfers,
    create_accounts,
    get_account,
    create_ledger_transfers,
    stream_create_ledger_transfers,
    commit_ledger_transfers,
    abort_ledger_transfers,
    record_funds_in,
    get_position,
    get_statement,
    claim_batch,
    create_participant,
    get_participant,
    list_participants,
    set_participant_state,
    set_net_debit_cap,
    advance_protocol_version,
    get_ledger_status,
    follow,
    connect,
};
inline constexpr std::size_t rpc_count = static_cast<std::size_t>(Rpc::connect) + 1;

/// A set of roles.
class Roles {
public:
    template <typename... Role>
    constexpr explicit Roles(Role... roles)
        : bits_(static_cast<std::uint8_t>((0U | ... | bit(roles)))) {}
    [[nodiscard]] constexpr bool contains(Role role) const { return (bits_ & bit(role)) != 0; }

private:
    static constexpr unsigned bit(Role role) { return 1U << static_cast<unsigned>(role); }
    std::uint8_t bits_;
};

struct RpcRow {
    Rpc rpc;
    std::string_view
        full_name;  ///< As the descriptor has it: "ayni.v1.AdminService.GetLedgerStatus".
    Roles allowed;
};

/// One row for each, in the order of the enumeration.
[[nodiscard]] const std::array<RpcRow, rpc_count>& rpc_table();

[[nodiscard]] const RpcRow& row_of(Rpc rpc);
[[nodiscard]] inline bool may_call(Role role, Rpc rpc) {
    return row_of(rpc).allowed.contains(role);
}

}  // namespace ayni::rpc
