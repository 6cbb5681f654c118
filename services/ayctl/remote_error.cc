#include "ayctl/remote_error.h"

#include <fmt/format.h>

#include <cstdio>

#include "ayctl/json.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace ayni::ayctl {
namespace {

void take_detail(const google::protobuf::Any& detail, RemoteError& error) {
    google::rpc::ErrorInfo info;
    google::rpc::BadRequest bad;
    google::rpc::RetryInfo retry;
    if (detail.UnpackTo(&info)) {
        error.reason = info.reason();
        const auto iso = info.metadata().find("iso_reason");
        if (iso != info.metadata().end()) error.iso_reason = iso->second;
    } else if (detail.UnpackTo(&bad)) {
        for (const auto& field : bad.field_violations()) {
            error.fields.push_back({field.field(), field.description()});
        }
    } else if (detail.UnpackTo(&retry)) {
        error.retry_after = std::chrono::milliseconds(retry.retry_delay().seconds() * 1'000 +
                                                      retry.retry_delay().nanos() / 1'000'000);
    }
}

}  // namespace

std::string name_of(grpc::StatusCode code) {
    switch (code) {
        case grpc::StatusCode::OK: return "OK";
        case grpc::StatusCode::CANCELLED: return "CANCELLED";
        case grpc::StatusCode::UNKNOWN: return "UNKNOWN";
        case grpc::StatusCode::INVALID_ARGUMENT: return "INVALID_ARGUMENT";
        case grpc::StatusCode::DEADLINE_EXCEEDED: return "DEADLINE_EXCEEDED";
        case grpc::StatusCode::NOT_FOUND: return "NOT_FOUND";
        case grpc::StatusCode::ALREADY_EXISTS: return "ALREADY_EXISTS";
        case grpc::StatusCode::PERMISSION_DENIED: return "PERMISSION_DENIED";
        case grpc::StatusCode::UNAUTHENTICATED: return "UNAUTHENTICATED";
        case grpc::StatusCode::RESOURCE_EXHAUSTED: return "RESOURCE_EXHAUSTED";
        case grpc::StatusCode::FAILED_PRECONDITION: return "FAILED_PRECONDITION";
        case grpc::StatusCode::ABORTED: return "ABORTED";
        case grpc::StatusCode::OUT_OF_RANGE: return "OUT_OF_RANGE";
        case grpc::StatusCode::UNIMPLEMENTED: return "UNIMPLEMENTED";
        case grpc::StatusCode::INTERNAL: return "INTERNAL";
        case grpc::StatusCode::UNAVAILABLE: return "UNAVAILABLE";
        case grpc::StatusCode::DATA_LOSS: return "DATA_LOSS";
        case grpc::StatusCode::DO_NOT_USE: break;
    }
    return "code " + std::to_string(static_cast<int>(code));
}

bool RemoteError::is_worth_repeating() const {
    return retry_after.has_value() || code == grpc::StatusCode::UNAVAILABLE ||
           code == grpc::StatusCode::RESOURCE_EXHAUSTED ||
           code == grpc::StatusCode::DEADLINE_EXCEEDED;
}

std::string RemoteError::to_string() const {
    std::string text = name_of(code);
    if (!reason.empty()) text += ", " + reason;
    if (!iso_reason.empty()) text += " (" + iso_reason + ")";
    if (!message.empty()) text += ": " + message;
    for (const Field& field : fields) text += "\n  " + field.name + ": " + field.description;
    if (retry_after) text += fmt::format("\n  try again in {} ms", retry_after->count());
    return text;
}

RemoteError remote_error_of(const grpc::Status& status) {
    RemoteError error;
    error.code = status.error_code();
    error.message = status.error_message();
    google::rpc::Status details;
    if (details.ParseFromString(status.error_details())) {
        for (const auto& detail : details.details()) take_detail(detail, error);
    }
    return error;
}

ExitCode report_failure(const grpc::Status& status, bool json) {
    const RemoteError error = remote_error_of(status);
    if (!json) return report_failure(error.to_string());
    std::vector<JsonObject> fields;
    for (const auto& field : error.fields) {
        fields.emplace_back();
        fields.back().add("field", field.name);
        fields.back().add("description", field.description);
    }
    JsonObject object;
    object.add("code", name_of(error.code));
    object.add("reason", error.reason);
    object.add("iso_reason", error.iso_reason);
    object.add("message", error.message);
    object.add("fields", fields);
    if (error.retry_after) {
        object.add("retry_after_ms", static_cast<std::int64_t>(error.retry_after->count()));
    }
    fmt::print(stderr, "{}\n", object.text());
    return ExitCode::failed;
}

}  // namespace ayni::ayctl
