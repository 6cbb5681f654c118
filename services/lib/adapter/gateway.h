#pragma once

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/status.h>

#include <string_view>

/// How an institution that calls the switch (`ayni.adapter.v1.ParticipantGatewayService`) becomes a
/// link like any other.
namespace ayni::adapter {

class GatewayEnd;

/// A stream that an institution opened. Whoever serves it implements this; at most one read and one
/// write are under way.
class GatewayStream {
public:
    /// Whom to tell from now on. Before all others.
    virtual void attached(GatewayEnd& link) = 0;
    virtual void read() = 0;
    virtual void write(grpc::ByteBuffer message) = 0;
    /// What was not done yet is not done any more. Only the first one counts.
    virtual void end(const grpc::Status& status) = 0;

protected:
    ~GatewayStream() = default;
};

/// The link that a stream was attached to, and what it wants to hear. It uses the stream under a
/// mutex, which these take, too.
class GatewayEnd {
public:
    /// A serialised ConnectRequest; false and nothing: the stream says nothing more.
    virtual void read_done(bool ok, grpc::ByteBuffer message) = 0;
    virtual void write_done(bool ok) = 0;
    /// The stream is over, and may be destroyed when this returns. The last call, always made.
    virtual void gone(GatewayStream& stream) = 0;

protected:
    ~GatewayEnd() = default;
};

/// Links to be attached to. Thread-safe.
class Gateway {
public:
    virtual ~Gateway() = default;

    /// Makes `stream`, which must live until `gone`, that of the institution with this code. A
    /// stream that was attached before is ended with ABORTED. False when it is not one that calls,
    /// or the switch does not speak to institutions (yet, or any more).
    [[nodiscard]] virtual bool attach(std::string_view code, GatewayStream& stream) = 0;

    /// Whether this institution is one that calls.
    [[nodiscard]] virtual bool expects(std::string_view code) const = 0;
};

}  // namespace ayni::adapter
