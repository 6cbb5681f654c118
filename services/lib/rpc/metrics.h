#pragma once

#include <grpcpp/support/status.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <string_view>

#include "rpc/authorization.h"

/// What the API counts, as plain data: the process exports it.
namespace ayni::rpc {

/// Whose matter an outcome is. Only `failed` and `unavailable` are ours.
enum class OutcomeClass : std::uint8_t {
    succeeded,
    rejected,  ///< A business answer: no cover, unknown transfer, another body under the same id.
    refused,   ///< The caller's fault: malformed, not authenticated, not allowed.
    shed,      ///< Over a limit: come back later.
    unavailable,  ///< The switch is stopping, or the payee is not connected.
    failed,       ///< Our fault.
};
inline constexpr std::size_t outcome_class_count =
    static_cast<std::size_t>(OutcomeClass::failed) + 1;

[[nodiscard]] std::string_view to_string(OutcomeClass outcome);
[[nodiscard]] OutcomeClass outcome_class_of(grpc::StatusCode code);

/// Upper bounds in seconds of the classic buckets; a further one has no bound.
inline constexpr std::array<double, 14> duration_bounds_seconds{
    .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 20};

/// How long calls took, from the arrival of the request to the hand-over of the answer. Any thread.
class DurationHistogram {
public:
    static constexpr std::size_t bucket_count = duration_bounds_seconds.size() + 1;

    void add(std::chrono::nanoseconds duration);

    /// In the bucket, not cumulative.
    [[nodiscard]] std::uint64_t count(std::size_t bucket) const {
        return buckets_[bucket].load(std::memory_order_relaxed);
    }
    [[nodiscard]] double sum_seconds() const {
        return static_cast<double>(nanoseconds_.load(std::memory_order_relaxed)) / 1e9;
    }

private:
    std::array<std::atomic<std::uint64_t>, bucket_count> buckets_{};
    std::atomic<std::uint64_t> nanoseconds_{0};
};

/// Of one RPC. On StreamTransfers and in BatchCreateTransfers each payment counts as a call of its
/// own; on LedgerService each message does.
struct RpcMetrics {
    std::array<std::atomic<std::uint64_t>, outcome_class_count> calls{};
    /// Transfers, accounts and commits that those calls carried.
    std::atomic<std::uint64_t> items{0};
    DurationHistogram duration;

    [[nodiscard]] std::uint64_t count(OutcomeClass outcome) const {
        return calls[static_cast<std::size_t>(outcome)].load(std::memory_order_relaxed);
    }
};

class Metrics {
public:
    void count(Rpc rpc, grpc::StatusCode code, std::uint64_t items,
               std::chrono::nanoseconds duration);

    [[nodiscard]] const RpcMetrics& of(Rpc rpc) const {
        return rpcs_[static_cast<std::size_t>(rpc)];
    }
    /// Calls `visit(full_name, RpcMetrics)` for each RPC.
    template <typename Visit>
    void for_each(Visit&& visit) const {
        for (const RpcRow& row : rpc_table()) visit(row.full_name, of(row.rpc));
    }

    std::atomic<std::uint64_t> open_streams{0};
    std::atomic<std::uint64_t> followers_given_up{0};

private:
    std::array<RpcMetrics, rpc_count> rpcs_;
};

}  // namespace ayni::rpc
