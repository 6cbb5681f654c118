#include "adapter/grpc_process.h"
#include "adapter/mapping.h"
#include "fuzz/input.h"

namespace {

using namespace ayni;

void check(const adapter::Reply& reply) {
    using Kind = adapter::Reply::Kind;
    const bool is_refusal = reply.kind == Kind::refused || reply.kind == Kind::refused_after_commit;
    if (is_refusal) {
        const std::string_view reason(reply.reason.data(), reply.reason.size());
        ASSERT(adapter::is_reason_code(reason));
    }
    if (reply.kind == Kind::malformed) ASSERT(reply.fault != adapter::ReplyFault::none);
}

}  // namespace

/// Without a line of log for each text that is no UTF-8.
extern "C" int LLVMFuzzerInitialize(int* /*count*/, char*** /*arguments*/) {
    ayni::adapter::prepare_grpc_process();
    return 0;
}

/// What an institution answers, on its session and in calls.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto length = static_cast<int>(size);
    adapter::v1::WalletFrame frame;
    if (frame.ParseFromArray(data, length)) check(adapter::reply_of(frame));
    adapter::v1::AcceptTransferResponse accepted;
    if (accepted.ParseFromArray(data, length)) check(adapter::reply_of(accepted));
    adapter::v1::NotifyOutcomeResponse notified;
    if (notified.ParseFromArray(data, length)) check(adapter::reply_of(notified));
    return 0;
}
