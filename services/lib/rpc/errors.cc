#include "rpc/errors.h"

#include "base/assert.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "rpc/mapping_status.h"

namespace ayni::rpc {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds retry_soon{100};
constexpr milliseconds retry_later{1'000};
/// When only an operator can make room.
constexpr milliseconds retry_much_later{60'000};

std::optional<milliseconds> retry_of(ledger::Status status) {
    if (grpc_code_of(status) != grpc::StatusCode::RESOURCE_EXHAUSTED) return std::nullopt;
    return ledger::is_transient(status) ? retry_later : retry_much_later;
}

google::rpc::ErrorInfo info_of(const ErrorDetail& error) {
    google::rpc::ErrorInfo info;
    info.set_reason(std::string(error.reason));
    info.set_domain(error_domain);
    auto& metadata = *info.mutable_metadata();
    if (!error.iso_reason.empty()) metadata["iso_reason"] = error.iso_reason;
    if (!error.as_of.is_zero()) metadata["as_of_sequence"] = std::to_string(error.as_of.value());
    if (error.replayed) metadata["replayed"] = "true";
    if (!error.leader.empty()) metadata["leader"] = error.leader;
    return info;
}

google::rpc::BadRequest bad_request_of(const ErrorDetail& error) {
    google::rpc::BadRequest bad;
    for (const FieldViolation& violation : error.violations) {
        auto& field = *bad.add_field_violations();
        field.set_field(violation.field);
        field.set_description(violation.description);
    }
    return bad;
}

google::rpc::RetryInfo retry_info_of(milliseconds after) {
    google::rpc::RetryInfo retry;
    retry.mutable_retry_delay()->set_seconds(after.count() / 1'000);
    retry.mutable_retry_delay()->set_nanos(static_cast<int>(after.count() % 1'000) * 1'000'000);
    return retry;
}

ErrorDetail make(grpc::StatusCode code, std::string_view reason, std::string message) {
    ErrorDetail error;
    error.code = code;
    error.reason = reason;
    error.message = std::move(message);
    return error;
}

}  // namespace

grpc::Status to_grpc_status(const ErrorDetail& error) {
    ASSERT(error.code != grpc::StatusCode::OK);
    ASSERT(!error.reason.empty());
    google::rpc::Status status;
    status.set_code(static_cast<int>(error.code));
    status.set_message(error.message);
    status.add_details()->PackFrom(info_of(error));
    if (!error.violations.empty()) status.add_details()->PackFrom(bad_request_of(error));
    if (error.retry_after) status.add_details()->PackFrom(retry_info_of(*error.retry_after));
    return grpc::Status(error.code, error.message, status.SerializeAsString());
}

ErrorDetail malformed_request(Violations violations) {
    ASSERT(!violations.empty());
    const FieldViolation& first = violations.all().front();
    auto error = make(grpc::StatusCode::INVALID_ARGUMENT, reason::malformed_request,
                      first.field + ": " + first.description);
    error.iso_reason = "FF01";
    error.violations = violations.take();
    return error;
}

ErrorDetail unauthenticated() {
    return make(grpc::StatusCode::UNAUTHENTICATED, reason::unauthenticated,
                "The certificate must carry exactly one URI, spiffe://ayni/ROLE/NAME.");
}

ErrorDetail permission_denied(std::string message) {
    return make(grpc::StatusCode::PERMISSION_DENIED, reason::permission_denied, std::move(message));
}

ErrorDetail overloaded() {
    auto error = make(grpc::StatusCode::RESOURCE_EXHAUSTED, reason::overloaded,
                      "Too much is in work; nothing of this request was recorded.");
    error.retry_after = retry_soon;
    return error;
}

ErrorDetail reads_limited() {
    auto error = make(grpc::StatusCode::RESOURCE_EXHAUSTED, reason::reads_limited,
                      "Too many reads; outcomes are sent as answers, nobody needs to poll.");
    error.retry_after = retry_later;
    return error;
}

ErrorDetail stopping() {
    auto error = make(grpc::StatusCode::UNAVAILABLE, reason::stopping,
                      "The switch is stopping; repeat the request with the same id.");
    error.retry_after = retry_later;
    return error;
}

ErrorDetail not_leading(std::string leader) {
    auto error = make(grpc::StatusCode::UNAVAILABLE, reason::not_leading,
                      "Another switch leads" + (leader.empty() ? "" : ", at " + leader) +
                          "; nothing of this request was recorded.");
    error.retry_after = retry_soon;
    error.leader = std::move(leader);
    return error;
}

ErrorDetail journal_stalled() {
    auto error = make(grpc::StatusCode::UNAVAILABLE, reason::journal_stalled,
                      "The journal does not confirm what is written; nothing of this request was "
                      "recorded.");
    error.retry_after = retry_later;
    return error;
}

ErrorDetail payee_unreachable(std::string_view payee) {
    auto error = make(grpc::StatusCode::UNAVAILABLE, reason::payee_unreachable,
                      "The payee's institution, " + std::string(payee) + ", is not connected.");
    error.iso_reason = "AB08";
    error.retry_after = retry_later;
    return error;
}

ErrorDetail transfer_unknown(base::Sequence as_of) {
    return error_of(ledger::Status::transfer_unknown, as_of);
}

ErrorDetail account_unknown(base::Sequence as_of) {
    auto error = make(grpc::StatusCode::NOT_FOUND, reason::account_unknown,
                      "There is no such account of the caller.");
    error.as_of = as_of;
    return error;
}

ErrorDetail history_unavailable() {
    auto error = make(grpc::StatusCode::UNAVAILABLE, reason::history_unavailable,
                      "The database of what is older than memory does not answer.");
    error.retry_after = retry_later;
    return error;
}

ErrorDetail history_behind(base::Sequence as_of) {
    auto error = make(grpc::StatusCode::UNAVAILABLE, reason::history_behind,
                      "History is complete up to sequence " + std::to_string(as_of.value()) +
                          " only, and the answer needs more.");
    error.retry_after = retry_later;
    error.as_of = as_of;
    return error;
}

ErrorDetail gateway_not_configured(std::string_view participant) {
    return make(grpc::StatusCode::FAILED_PRECONDITION, reason::gateway_not_configured,
                "The switch does not expect to be called by \"" + std::string(participant) +
                    "\": it has no [[participants]] with style = \"gateway\".");
}

ErrorDetail statements_not_configured() {
    return make(grpc::StatusCode::FAILED_PRECONDITION, reason::statements_not_configured,
                "This switch keeps no books: its configuration names no history.database.");
}

ErrorDetail internal_error(std::string_view reason, std::string message) {
    return make(grpc::StatusCode::INTERNAL, reason, std::move(message));
}

ErrorDetail error_of(ledger::Status status, base::Sequence as_of) {
    ASSERT(status != ledger::Status::ok);
    auto error =
        make(grpc_code_of(status), reason_name_of(status), std::string(sentence_of(status)));
    error.iso_reason = std::string(ledger::reason_of(status).view());
    error.retry_after = retry_of(status);
    error.as_of = as_of;
    return error;
}

ErrorDetail error_of(const ledger::Outcome& outcome, base::Sequence as_of) {
    auto error = error_of(outcome.status, as_of);
    error.replayed = outcome.replayed;
    return error;
}

}  // namespace ayni::rpc
