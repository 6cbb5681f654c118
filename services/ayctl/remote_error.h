#pragma once

#include <grpcpp/support/status.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "ayctl/command.h"

namespace ayni::ayctl {

/// What the switch said when it refused, with the details of google.rpc.
struct RemoteError {
    grpc::StatusCode code = grpc::StatusCode::UNKNOWN;
    std::string message;
    std::string reason;      ///< Name of ayni.v1.Status or of the API; empty when it was not told.
    std::string iso_reason;  ///< ISO 20022 code; may be empty.
    struct Field {
        std::string name;
        std::string description;
    };
    std::vector<Field> fields;
    std::optional<std::chrono::milliseconds> retry_after;

    /// Whether the same request may succeed later.
    [[nodiscard]] bool is_worth_repeating() const;

    /// "INVALID_ARGUMENT, MALFORMED_REQUEST (FF01): …", and a line for each wrong field.
    [[nodiscard]] std::string to_string() const;
};

[[nodiscard]] RemoteError remote_error_of(const grpc::Status& status);

/// The name of a gRPC code, "INVALID_ARGUMENT".
[[nodiscard]] std::string name_of(grpc::StatusCode code);

/// Prints it to stderr, as text or as JSON.
ExitCode report_failure(const grpc::Status& status, bool json);

}  // namespace ayni::ayctl
