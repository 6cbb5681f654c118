#include "rpc/gateway_service.h"

namespace ayni::rpc {

/// One institution, from its call to its end; destroys itself. Its link uses it under the link's
/// mutex, so ours is never held when the link is called.
class GatewayService::Stream final : public Reactor,
                                     public adapter::GatewayStream,
                                     public Drainable {
public:
    Stream(Core& core, const grpc::CallbackServerContext& context)
        : core_(core), started_(core.now()) {
        core_.gateways.add(this);
        if (const auto refused = attach(context)) end(*refused);
    }

    void attached(adapter::GatewayEnd& link) override { link_ = &link; }

    void read() override {
        const std::lock_guard lock(mutex_);
        if (!is_finished_) StartRead(&reading_);
    }
    void write(grpc::ByteBuffer message) override {
        const std::lock_guard lock(mutex_);
        writing_ = std::move(message);
        if (!is_finished_) StartWrite(&writing_);
    }
    void end(const grpc::Status& status) override {
        const std::lock_guard lock(mutex_);
        if (is_finished_) return;
        is_finished_ = true;
        code_ = status.error_code();
        Finish(status);
    }
    void drain() override { end(to_grpc_status(stopping())); }

private:
    /// Why it is not taken.
    std::optional<grpc::Status> attach(const grpc::CallbackServerContext& context) {
        const auto caller = authorise(core_, context, Rpc::connect);
        if (!caller) return to_grpc_status(caller.error());
        adapter::Gateway* gateway = core_.parts.gateway;
        if (gateway == nullptr || !gateway->expects(caller->name)) {
            return to_grpc_status(gateway_not_configured(caller->name));
        }
        if (!core_.parts.sequencer.statistics().is_leading.load()) {
            return to_grpc_status(refusal(core_));
        }
        if (!gateway->attach(caller->name, *this)) return to_grpc_status(refusal(core_));
        return std::nullopt;
    }

    void OnReadDone(bool ok) override { link_->read_done(ok, std::move(reading_)); }
    void OnWriteDone(bool ok) override { link_->write_done(ok); }
    void OnDone() override {
        if (link_ != nullptr) link_->gone(*this);
        core_.metrics.count(Rpc::connect, code_, 0, core_.now() - started_);
        core_.gateways.remove(this);
        delete this;
    }

    Core& core_;
    const std::chrono::nanoseconds started_;
    std::mutex mutex_;
    adapter::GatewayEnd* link_ = nullptr;
    grpc::ByteBuffer reading_;
    grpc::ByteBuffer writing_;
    grpc::StatusCode code_ = grpc::StatusCode::OK;
    bool is_finished_ = false;
};

GatewayService::Reactor* GatewayService::Connect(grpc::CallbackServerContext* context) {
    return new Stream(core_, *context);
}

}  // namespace ayni::rpc
