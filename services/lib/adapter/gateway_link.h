#pragma once

#include "adapter/frame_link.h"
#include "adapter/gateway.h"

/// Private to this library.
namespace ayni::adapter {

/// A link that is called: the institution opens the stream.
class GatewayLink final : public FrameLink, public GatewayEnd {
public:
    explicit GatewayLink(const LinkContext& context) : FrameLink(context) {}

    /// The stream is in use once the one before it is gone. False when the link is shut down.
    [[nodiscard]] bool attach(GatewayStream& stream);

    std::chrono::nanoseconds run(std::chrono::nanoseconds now) override;
    void shut_down() override;

    void read_done(bool ok, grpc::ByteBuffer message) override;
    void write_done(bool ok) override { written(ok); }
    void gone(GatewayStream& stream) override;

private:
    void start_read() override { stream_->read(); }
    void start_write(grpc::ByteBuffer message) override { stream_->write(std::move(message)); }
    void hang_up() override;

    std::condition_variable idle_;
    GatewayStream* stream_ = nullptr;
    GatewayStream* next_ = nullptr;  ///< Waits until the other one is gone.
    std::size_t attached_ = 0;       ///< Streams that will say when they are gone.
    std::atomic<bool> has_said_all_{false};
    bool stopping_ = false;
};

}  // namespace ayni::adapter
