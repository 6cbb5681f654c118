#include "rpc/metrics.h"

#include "base/assert.h"

namespace ayni::rpc {

std::string_view to_string(OutcomeClass outcome) {
    switch (outcome) {
        case OutcomeClass::succeeded: return "succeeded";
        case OutcomeClass::rejected: return "rejected";
        case OutcomeClass::refused: return "refused";
        case OutcomeClass::shed: return "shed";
        case OutcomeClass::unavailable: return "unavailable";
        case OutcomeClass::failed: return "failed";
    }
    UNREACHABLE("outcome class");
}

OutcomeClass outcome_class_of(grpc::StatusCode code) {
    switch (code) {
        case grpc::StatusCode::OK: return OutcomeClass::succeeded;
        case grpc::StatusCode::NOT_FOUND:
        case grpc::StatusCode::ALREADY_EXISTS:
        case grpc::StatusCode::FAILED_PRECONDITION:
        case grpc::StatusCode::OUT_OF_RANGE: return OutcomeClass::rejected;
        case grpc::StatusCode::CANCELLED:
        case grpc::StatusCode::INVALID_ARGUMENT:
        case grpc::StatusCode::PERMISSION_DENIED:
        case grpc::StatusCode::UNAUTHENTICATED: return OutcomeClass::refused;
        case grpc::StatusCode::RESOURCE_EXHAUSTED: return OutcomeClass::shed;
        case grpc::StatusCode::UNAVAILABLE: return OutcomeClass::unavailable;
        case grpc::StatusCode::UNKNOWN:
        case grpc::StatusCode::DEADLINE_EXCEEDED:
        case grpc::StatusCode::ABORTED:
        case grpc::StatusCode::UNIMPLEMENTED:
        case grpc::StatusCode::INTERNAL:
        case grpc::StatusCode::DATA_LOSS:
        case grpc::StatusCode::DO_NOT_USE: return OutcomeClass::failed;
    }
    UNREACHABLE("status code");
}

void DurationHistogram::add(std::chrono::nanoseconds duration) {
    const double seconds = static_cast<double>(duration.count()) / 1e9;
    std::size_t bucket = 0;
    while (bucket < duration_bounds_seconds.size() && seconds > duration_bounds_seconds[bucket]) {
        ++bucket;
    }
    buckets_[bucket].fetch_add(1, std::memory_order_relaxed);
    nanoseconds_.fetch_add(static_cast<std::uint64_t>(duration.count()), std::memory_order_relaxed);
}

void Metrics::count(Rpc rpc, grpc::StatusCode code, std::uint64_t items,
                    std::chrono::nanoseconds duration) {
    RpcMetrics& metrics = rpcs_[static_cast<std::size_t>(rpc)];
    const auto outcome = static_cast<std::size_t>(outcome_class_of(code));
    metrics.calls[outcome].fetch_add(1, std::memory_order_relaxed);
    if (items != 0) metrics.items.fetch_add(items, std::memory_order_relaxed);
    metrics.duration.add(duration);
}

}  // namespace ayni::rpc
