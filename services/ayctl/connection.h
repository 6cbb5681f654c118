#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/status.h>

#include <chrono>
#include <memory>
#include <string>

#include "ayctl/attempts.h"
#include "ayctl/command.h"
#include "base/result.h"

namespace ayni::ayctl {

/// A channel to the switch and the identity that it is used with.
class Connection {
public:
    /// Reads the certificate files; does not wait for the switch. The files are those of --ca,
    /// --cert and --key, or NAME's in --certs.
    [[nodiscard]] static base::Result<Connection> open(const GlobalOptions& global);

    /// One unary call with the global time-out.
    template <typename Stub, typename Request, typename Response>
    [[nodiscard]] grpc::Status call(grpc::Status (Stub::*method)(grpc::ClientContext*,
                                                                 const Request&, Response*),
                                    const Request& request, Response& response) const {
        grpc::ClientContext context;
        prepare(context);
        context.set_deadline(std::chrono::system_clock::now() + timeout_);
        Stub stub(channel_);
        return (stub.*method)(&context, request, &response);
    }

    /// The same again while the switch can not be reached or has too much to do, for `patience`.
    /// For what is harmless to repeat.
    template <typename Stub, typename Request, typename Response>
    [[nodiscard]] grpc::Status call_patiently(
        grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
        const Request& request, Response& response, std::chrono::milliseconds patience) const {
        Attempts attempts(channel_, patience);
        while (true) {
            const grpc::Status status = call(method, request, response);
            if (status.ok() || !attempts.wait_after(status)) return status;
        }
    }

    /// Adds the identity where there is no TLS.
    void prepare(grpc::ClientContext& context) const;

    [[nodiscard]] const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }
    [[nodiscard]] const std::string& role() const { return role_; }
    /// Name in the certificate: of a participant its code.
    [[nodiscard]] const std::string& name() const { return name_; }

private:
    std::shared_ptr<grpc::Channel> channel_;
    std::string insecure_identity_;
    std::string role_;
    std::string name_;
    std::chrono::milliseconds timeout_{0};
};

}  // namespace ayni::ayctl
