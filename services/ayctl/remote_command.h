#pragma once

#include <fmt/format.h>

#include <string>

#include "ayctl/command.h"
#include "ayctl/connection.h"
#include "ayctl/format.h"
#include "ayctl/remote_error.h"

namespace ayni::ayctl {

/// Opens a connection, makes one call, prints the answer: as JSON, or as `print` does it.
template <typename Stub, typename Request, typename Response, typename Print>
ExitCode call_and_print(const GlobalOptions& global,
                        grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                                     Response*),
                        const Request& request, Print&& print) {
    const auto connection = Connection::open(global);
    if (!connection) return report_failure(connection.error().to_string(), ExitCode::bad_input);
    Response response;
    const grpc::Status status = connection->call(method, request, response);
    if (!status.ok()) return report_failure(status, global.json);
    if (global.json) {
        fmt::print("{}\n", to_json(response));
    } else {
        print(response);
    }
    return ExitCode::done;
}

inline ExitCode bad_argument(const base::Error& error) {
    return report_failure(error.to_string(), ExitCode::bad_input);
}

}  // namespace ayni::ayctl
