#pragma once

#include "ayni/adapter/v1/participant_gateway_service.grpc.pb.h"
#include "rpc/core.h"

namespace ayni::rpc {

/// Institutions that call the switch in order to be paid. Who they are is checked here; what is
/// said on the stream is the adapter's.
class GatewayService final
    : public adapter::v1::ParticipantGatewayService::WithRawCallbackMethod_Connect<
          adapter::v1::ParticipantGatewayService::Service> {
public:
    using Reactor = grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>;

    explicit GatewayService(Core& core) : core_(core) {}

    Reactor* Connect(grpc::CallbackServerContext* context) override;

private:
    class Stream;

    Core& core_;
};

}  // namespace ayni::rpc
