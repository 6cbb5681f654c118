#include "ayctl/pay_stream.h"

#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <mutex>
#include <set>

#include "ayni/v1/transfer_service.grpc.pb.h"
#include "unit/ayctl/payment_file.h"

namespace ayni::test {
namespace {

using ayctl::LineState;
using ayctl::PayLine;

/// A switch that commits what it is sent, with the misfortunes that a test asks for.
class UnluckySwitch final : public v1::TransferService::Service {
public:
    int streams_to_break = 0;  ///< So many streams end after their first message, unanswered.
    std::set<std::string> busy_once, reserved, too_old;
    std::set<std::string> known;  ///< What GetTransfer finds.
    bool forbids = false;

    [[nodiscard]] int streams() const { return streams_; }
    [[nodiscard]] int times_seen(const std::string& id) {
        const std::lock_guard lock(mutex_);
        return seen_[id];
    }
    [[nodiscard]] int most_at_once() const { return most_at_once_; }

private:
    using Stream =
        grpc::ServerReaderWriter<v1::StreamTransfersResponse, v1::StreamTransfersRequest>;

    grpc::Status StreamTransfers(grpc::ServerContext* /*context*/, Stream* stream) override {
        const int number = ++streams_;
        if (forbids) return {grpc::StatusCode::PERMISSION_DENIED, "no"};
        v1::StreamTransfersRequest request;
        while (stream->Read(&request)) {
            most_at_once_ = std::max(most_at_once_.load(), request.transfers_size());
            v1::StreamTransfersResponse response;
            for (const auto& transfer : request.transfers()) {
                answer(transfer.transfer_id(), *response.add_replies());
            }
            if (number <= streams_to_break) return {grpc::StatusCode::UNAVAILABLE, "broken"};
            stream->Write(response);
        }
        return grpc::Status::OK;
    }

    void answer(const std::string& id, v1::TransferReply& reply) {
        const std::lock_guard lock(mutex_);
        const int times = ++seen_[id];
        reply.set_transfer_id(id);
        if (too_old.contains(id)) {
            reply.mutable_error()->set_reason("ID_TOO_OLD");
        } else if (busy_once.contains(id) && times == 1) {
            reply.mutable_error()->set_code(grpc::StatusCode::RESOURCE_EXHAUSTED);
            reply.mutable_error()->set_retry_after_ms(1);
        } else {
            reply.mutable_result()->set_state(reserved.contains(id) ? v1::TRANSFER_STATE_RESERVED
                                                                    : v1::TRANSFER_STATE_COMMITTED);
            reply.mutable_result()->set_replayed(times > 1);
        }
    }

    grpc::Status GetTransfer(grpc::ServerContext* /*context*/,
                             const v1::GetTransferRequest* request,
                             v1::GetTransferResponse* response) override {
        if (!known.contains(request->transfer_id())) return {grpc::StatusCode::NOT_FOUND, "none"};
        response->mutable_transfer()->set_transfer_id(request->transfer_id());
        response->mutable_transfer()->set_state(v1::TRANSFER_STATE_COMMITTED);
        return grpc::Status::OK;
    }

    std::mutex mutex_;
    std::map<std::string, int> seen_;
    std::atomic<int> streams_{0};
    std::atomic<int> most_at_once_{0};
};

class PayStream : public ::testing::Test {
protected:
    PayStream() {
        int port = 0;
        grpc::ServerBuilder builder;
        builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
        builder.RegisterService(&switch_);
        server_ = builder.BuildAndStart();
        ayctl::GlobalOptions global;
        global.switch_address = "127.0.0.1:" + std::to_string(port);
        global.insecure_identity = "participant/midis";
        connection_ = *ayctl::Connection::open(global);
    }

    [[nodiscard]] const std::string& id(std::size_t line) const {
        return lines_[line].transfer.transfer_id();
    }
    grpc::Status pay(const ayctl::PayOptions& options = {}) {
        return ayctl::pay_lines(*connection_, lines_, options);
    }
    void expect_all_paid() const {
        for (const PayLine& line : lines_) EXPECT_EQ(line.state, LineState::paid);
    }

    UnluckySwitch switch_;
    std::unique_ptr<grpc::Server> server_;
    std::optional<ayctl::Connection> connection_;
    disbursement::PaymentFile file_ = payment_file(100);
    std::vector<PayLine> lines_ = ayctl::make_lines(file_, two_routes, "midis", released_ms);
};

TEST_F(PayStream, PaysEveryLineOnceWithinItsWindow) {
    std::size_t told = 0;
    const auto status =
        pay({.window = 10, .per_message = 4, .progress = [&](std::size_t done) { told = done; }});
    EXPECT_TRUE(status.ok());
    expect_all_paid();
    EXPECT_EQ(told, 100U);
    EXPECT_LE(switch_.most_at_once(), 4);
    for (std::size_t i = 0; i < lines_.size(); ++i) EXPECT_EQ(switch_.times_seen(id(i)), 1);
}

TEST_F(PayStream, SendsAgainWhatABrokenStreamDidNotAnswer) {
    switch_.streams_to_break = 2;
    EXPECT_TRUE(pay().ok());
    expect_all_paid();
    EXPECT_EQ(switch_.streams(), 3);
    EXPECT_TRUE(lines_[0].replayed);
}

TEST_F(PayStream, ComesBackWhenTheSwitchIsBusy) {
    switch_.busy_once = {id(3), id(50)};
    EXPECT_TRUE(pay().ok());
    expect_all_paid();
    EXPECT_EQ(switch_.times_seen(id(3)), 2);
    EXPECT_EQ(switch_.times_seen(id(4)), 1);
}

TEST_F(PayStream, AsksForWhatIsNotFinalOrTooOld) {
    switch_.reserved = {id(1)};
    switch_.too_old = {id(2), id(3)};
    switch_.known = {id(1), id(2)};
    EXPECT_TRUE(pay().ok());
    EXPECT_EQ(lines_[1].state, LineState::paid);
    EXPECT_EQ(lines_[2].state, LineState::paid);
    EXPECT_TRUE(lines_[2].replayed);
    EXPECT_EQ(lines_[3].state, LineState::expired);
}

TEST_F(PayStream, StopsAtOnceWhenItMayNotPay) {
    switch_.forbids = true;
    EXPECT_EQ(pay().error_code(), grpc::StatusCode::PERMISSION_DENIED);
    EXPECT_EQ(lines_[0].state, LineState::unknown);
    EXPECT_EQ(switch_.streams(), 1);
}

TEST_F(PayStream, GivesUpWhenNothingComesForLong) {
    server_->Shutdown();
    EXPECT_EQ(pay({.patience = std::chrono::milliseconds(300)}).error_code(),
              grpc::StatusCode::UNAVAILABLE);
    EXPECT_EQ(lines_[0].state, LineState::unknown);
}

}  // namespace
}  // namespace ayni::test
