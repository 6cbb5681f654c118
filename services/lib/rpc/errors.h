#pragma once

#include <grpcpp/support/status.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/strong_id.h"
#include "ledger/ledger.h"

/// What an error says, and how it travels: one google.rpc.ErrorInfo, and where they apply one
/// BadRequest and one RetryInfo (AIP-193). Pure functions.
namespace ayni::rpc {

inline constexpr const char* error_domain = "ayni";

/// Reasons of the API's own checks; those of the ledger are `reason_name_of(Status)`.
namespace reason {
inline constexpr std::string_view malformed_request = "MALFORMED_REQUEST";
inline constexpr std::string_view unauthenticated = "UNAUTHENTICATED";
inline constexpr std::string_view permission_denied = "PERMISSION_DENIED";
inline constexpr std::string_view overloaded = "OVERLOADED";
inline constexpr std::string_view reads_limited = "READS_LIMITED";
inline constexpr std::string_view stopping = "STOPPING";
inline constexpr std::string_view not_leading = "NOT_LEADING";
inline constexpr std::string_view journal_stalled = "JOURNAL_STALLED";
inline constexpr std::string_view payee_unreachable = "PAYEE_UNREACHABLE";
inline constexpr std::string_view account_unknown = "ACCOUNT_UNKNOWN";
inline constexpr std::string_view journal_unreadable = "JOURNAL_UNREADABLE";
inline constexpr std::string_view history_unreadable = "HISTORY_UNREADABLE";
inline constexpr std::string_view history_unavailable = "HISTORY_UNAVAILABLE";
inline constexpr std::string_view history_behind = "HISTORY_BEHIND";
inline constexpr std::string_view statements_not_configured = "STATEMENTS_NOT_CONFIGURED";
inline constexpr std::string_view gateway_not_configured = "GATEWAY_NOT_CONFIGURED";
}  // namespace reason

struct FieldViolation {
    std::string field;        ///< "transfer.amount.currency_code", "transfers[17].amount".
    std::string description;  ///< One sentence in the present tense, no trailing period.
};

/// Gathers every wrong field of a request.
class Violations {
public:
    void add(std::string field, std::string description) {
        all_.push_back({std::move(field), std::move(description)});
    }
    [[nodiscard]] bool empty() const { return all_.empty(); }
    [[nodiscard]] const std::vector<FieldViolation>& all() const { return all_; }
    [[nodiscard]] std::vector<FieldViolation> take() { return std::move(all_); }

private:
    std::vector<FieldViolation> all_;
};

/// An error before it is put on the wire.
struct ErrorDetail {
    grpc::StatusCode code = grpc::StatusCode::INTERNAL;
    std::string_view reason;  ///< UPPER_SNAKE; lives for ever.
    std::string iso_reason;   ///< ISO 20022 external code or empty.
    std::string message;
    std::vector<FieldViolation> violations;
    std::optional<std::chrono::milliseconds> retry_after;
    base::Sequence as_of;  ///< Zero when it says nothing.
    bool replayed = false;
    std::string leader;  ///< HOST:PORT of the switch to ask instead; empty when unknown.
};

[[nodiscard]] grpc::Status to_grpc_status(const ErrorDetail& error);

[[nodiscard]] ErrorDetail malformed_request(Violations violations);
[[nodiscard]] ErrorDetail unauthenticated();
[[nodiscard]] ErrorDetail permission_denied(std::string message);
[[nodiscard]] ErrorDetail overloaded();
[[nodiscard]] ErrorDetail reads_limited();
[[nodiscard]] ErrorDetail stopping();
/// `leader` may be empty.
[[nodiscard]] ErrorDetail not_leading(std::string leader);
[[nodiscard]] ErrorDetail journal_stalled();
[[nodiscard]] ErrorDetail payee_unreachable(std::string_view payee);
[[nodiscard]] ErrorDetail transfer_unknown(base::Sequence as_of);
[[nodiscard]] ErrorDetail account_unknown(base::Sequence as_of);
/// The database that history is read from does not answer.
[[nodiscard]] ErrorDetail history_unavailable();
/// History is complete up to `as_of`, and lacks something that memory has forgotten.
[[nodiscard]] ErrorDetail history_behind(base::Sequence as_of);
[[nodiscard]] ErrorDetail statements_not_configured();
[[nodiscard]] ErrorDetail gateway_not_configured(std::string_view participant);
[[nodiscard]] ErrorDetail internal_error(std::string_view reason, std::string message);

/// A status other than `ok`, that came about without a command.
[[nodiscard]] ErrorDetail error_of(ledger::Status status, base::Sequence as_of);
/// The answer to a command that was refused.
[[nodiscard]] ErrorDetail error_of(const ledger::Outcome& outcome, base::Sequence as_of);

}  // namespace ayni::rpc
