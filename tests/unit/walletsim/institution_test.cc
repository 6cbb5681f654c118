#include "walletsim/institution.h"

#include <grpcpp/create_channel.h>
#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "ayni/adapter/v1/wallet_adapter_service.grpc.pb.h"
#include "ayni/walletsim/v1/wallet_sim_service.grpc.pb.h"
#include "fake_switch.h"
#include "temporary_directory.h"

/// An institution as payer, from its customers' calls to a switch in this process.
namespace ayni::walletsim {
namespace {

using ayni::v1::NewTransfer;
using Verdict = FakeSwitch::Verdict;

Verdict by_account(const NewTransfer& transfer, int attempt) {
    const std::string& account = transfer.payee_account();
    if (account == "abort") return {ayni::v1::TRANSFER_STATE_ABORTED, "AB05"};
    if (account == "reject") return {ayni::v1::TRANSFER_STATE_REJECTED, "AM04"};
    if (account == "return") return {ayni::v1::TRANSFER_STATE_RETURNED, "AC06"};
    if (account == "lost once" && attempt == 1) return {.reason = {}, .is_lost = true};
    if (account == "reserved once" && attempt == 1) {
        return {ayni::v1::TRANSFER_STATE_RESERVED, ""};
    }
    if (account == "too old") {
        return {.reason = "DT04", .error = grpc::StatusCode::FAILED_PRECONDITION};
    }
    if (account == "overload once" && attempt == 1) {
        return {.reason = {}, .error = grpc::StatusCode::RESOURCE_EXHAUSTED};
    }
    if (account == "never") return {ayni::v1::TRANSFER_STATE_RESERVED, ""};
    return {};
}

class PayerTest : public testing::TestWithParam<SwitchClient::Style> {
protected:
    void start() {
        options.participant = "yape";
        options.directory = directory.path();
        options.insecure = true;
        options.sync = false;
        options.payer_style = GetParam();
        if (fake) options.switch_endpoints = {fake->endpoint()};
        auto started = Institution::start(options);
        ASSERT_TRUE(started) << started.error().to_string();
        institution = std::move(*started);
        channel = grpc::CreateChannel(institution->address(), grpc::InsecureChannelCredentials());
        stub = v1::WalletSimService::NewStub(channel);
        grpc::ClientContext context;
        identify(context);
        v1::OpenCustomersRequest request;
        request.set_prefix("9");
        request.set_count(10);
        request.mutable_initial_balance()->set_currency_code("PEN");
        request.mutable_initial_balance()->set_minor_units(1'000);
        v1::OpenCustomersResponse response;
        ASSERT_TRUE(stub->OpenCustomers(&context, request, &response).ok());
    }

    static void identify(grpc::ClientContext& context, const char* who = "operator/test") {
        context.AddMetadata("x-ayni-identity", who);
        context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
    }

    static v1::PayRequest payment(const std::string& payee_account, std::int64_t amount = 300) {
        v1::PayRequest request;
        request.set_payer_account("9000000");
        request.set_payee_participant("bim");
        request.set_payee_account(payee_account);
        request.mutable_amount()->set_currency_code("PEN");
        request.mutable_amount()->set_minor_units(amount);
        request.mutable_timeout()->set_seconds(5);
        request.set_tag(7);
        return request;
    }

    v1::PayResponse pay(const v1::PayRequest& request) {
        grpc::ClientContext context;
        identify(context);
        v1::PayResponse response;
        const grpc::Status status = stub->Pay(&context, request, &response);
        EXPECT_TRUE(status.ok()) << status.error_message();
        EXPECT_EQ(response.tag(), 7U);
        return response;
    }

    void expect_customer(std::int64_t balance, std::int64_t held) {
        grpc::ClientContext context;
        identify(context);
        v1::GetCustomerRequest request;
        request.set_account("9000000");
        v1::GetCustomerResponse response;
        ASSERT_TRUE(stub->GetCustomer(&context, request, &response).ok());
        EXPECT_EQ(response.balance().minor_units(), balance);
        EXPECT_EQ(response.held().minor_units(), held);
    }

    v1::GetBooksResponse books() {
        grpc::ClientContext context;
        identify(context);
        v1::GetBooksResponse response;
        EXPECT_TRUE(stub->GetBooks(&context, {}, &response).ok());
        return response;
    }

    TemporaryDirectory directory;
    InstitutionOptions options;
    std::unique_ptr<FakeSwitch> fake = std::make_unique<FakeSwitch>(by_account);
    std::unique_ptr<Institution> institution;
    std::shared_ptr<grpc::Channel> channel;
    std::unique_ptr<v1::WalletSimService::Stub> stub;
};

TEST_P(PayerTest, EndsAsTheSwitchSays) {
    struct Case {
        const char* account;
        const char* state;
        const char* reason;
        bool is_sent;
    };
    const Case cases[] = {
        {"commit", "COMMITTED", "", true},        {"abort", "ABORTED", "AB05", false},
        {"reject", "REJECTED", "AM04", false},    {"return", "RETURNED", "AC06", false},
        {"lost once", "COMMITTED", "", true},     {"reserved once", "COMMITTED", "", true},
        {"overload once", "COMMITTED", "", true},
    };
    start();
    std::int64_t sent = 0;
    for (const Case& one : cases) {
        SCOPED_TRACE(one.account);
        const v1::PayResponse response = pay(payment(one.account, 100));
        EXPECT_EQ(response.state(), one.state);
        EXPECT_EQ(response.reason(), one.reason);
        sent += one.is_sent ? 100 : 0;
        expect_customer(1'000 - sent, 0);
        // A repeat is the same id with the same body.
        const auto requests = fake->requests(one.account);
        EXPECT_EQ(std::set<std::string>(requests.begin(), requests.end()).size(), 1U);
    }
    EXPECT_EQ(fake->requests("lost once").size(), 2U);
    EXPECT_EQ(fake->requests("reserved once").size(), 2U);
    EXPECT_EQ(fake->identity(), "participant/yape");
    EXPECT_EQ(books().sent(), sent);
    EXPECT_EQ(books().holds(), 0U);
}

TEST_P(PayerTest, RefusesWithoutAskingTheSwitch) {
    start();
    EXPECT_EQ(pay(payment("commit", 1'001)).reason(), "AM04");
    EXPECT_EQ(pay(payment("commit", 0)).reason(), "AM12");
    v1::PayRequest stranger = payment("commit");
    stranger.set_payer_account("nobody");
    EXPECT_EQ(pay(stranger).state(), "REFUSED");
    EXPECT_EQ(pay(stranger).reason(), "AC01");
    v1::PayRequest dollars = payment("commit");
    dollars.mutable_amount()->set_currency_code("USD");
    EXPECT_EQ(pay(dollars).reason(), "AM03");
    EXPECT_EQ(pay(payment("")).reason(), "FF01");
    EXPECT_TRUE(fake->requests("commit").empty());
    expect_customer(1'000, 0);
}

TEST_P(PayerTest, WhatIsTooOldIsDecidedByGetTransfer) {
    start();
    const v1::PayResponse never = pay(payment("too old"));
    EXPECT_EQ(never.state(), "REJECTED");
    expect_customer(1'000, 0);
    fake->answer_questions_with(ayni::v1::TRANSFER_STATE_COMMITTED);
    EXPECT_EQ(pay(payment("too old")).state(), "COMMITTED");
    expect_customer(700, 0);
    EXPECT_EQ(fake->questions(), 2);
}

TEST_P(PayerTest, PendingAtTheCallersDeadlineAndHeld) {
    start();
    grpc::ClientContext context;
    context.AddMetadata("x-ayni-identity", "operator/test");
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(1));
    v1::PayResponse response;
    ASSERT_TRUE(stub->Pay(&context, payment("never"), &response).ok());
    EXPECT_EQ(response.state(), "PENDING");
    expect_customer(700, 300);
    EXPECT_EQ(books().holds(), 1U);
}

TEST_P(PayerTest, ResendsAfterItsOwnRestart) {
    const int port = fake->port();
    fake.reset();
    options.switch_endpoints = {"127.0.0.1:" + std::to_string(port)};
    start();
    grpc::ClientContext context;
    context.AddMetadata("x-ayni-identity", "operator/test");
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(1));
    v1::PayResponse response;
    ASSERT_TRUE(stub->Pay(&context, payment("commit"), &response).ok());
    EXPECT_EQ(response.state(), "PENDING");
    institution.reset();
    start();
    expect_customer(700, 300);
    fake = std::make_unique<FakeSwitch>(by_account, port);
    ASSERT_TRUE(fake->wait_for_requests("commit", 1));
    NewTransfer sent;
    ASSERT_TRUE(sent.ParseFromString(fake->requests("commit").at(0)));
    EXPECT_EQ(sent.transfer_id(), response.transfer_id());
    EXPECT_EQ(sent.amount().minor_units(), 300);
    EXPECT_EQ(sent.payer_account(), "9000000");
    EXPECT_EQ(sent.timeout().seconds(), 5);
    while (books().holds() > 0) std::this_thread::yield();
    expect_customer(700, 0);
}

TEST_P(PayerTest, AReturnCreditsThePayerBack) {
    start();
    const v1::PayResponse paid = pay(payment("commit"));
    expect_customer(700, 0);
    grpc::ClientContext context;
    identify(context, "switch/ayni");
    adapter::v1::NotifyOutcomeRequest notice;
    notice.set_transfer_id(paid.transfer_id());
    notice.set_decision(adapter::v1::DECISION_RETURNED);
    notice.set_reason("AC06");
    adapter::v1::NotifyOutcomeResponse response;
    const auto wallet = adapter::v1::WalletAdapterService::NewStub(channel);
    ASSERT_TRUE(wallet->NotifyOutcome(&context, notice, &response).ok());
    EXPECT_TRUE(response.acknowledged());
    expect_customer(1'000, 0);
    EXPECT_EQ(books().sent(), 0);
}

TEST_P(PayerTest, ManyOverOneStream) {
    start();
    grpc::ClientContext context;
    identify(context);
    const auto stream = stub->StreamPay(&context);
    constexpr int count = 900;
    for (int message = 0; message < 9; ++message) {
        v1::StreamPayRequest request;
        for (int i = 0; i < count / 9; ++i) {
            *request.add_payments() = payment(i % 2 == 0 ? "commit" : "abort", 1);
            request.mutable_payments(i)->set_tag(static_cast<std::uint64_t>(message * 100 + i));
        }
        ASSERT_TRUE(stream->Write(request));
    }
    stream->WritesDone();
    std::set<std::uint64_t> tags;
    int committed = 0;
    v1::StreamPayResponse response;
    while (stream->Read(&response)) {
        for (const v1::PayResponse& one : response.payments()) {
            tags.insert(one.tag());
            committed += one.state() == "COMMITTED";
        }
    }
    EXPECT_TRUE(stream->Finish().ok());
    EXPECT_EQ(tags.size(), static_cast<std::size_t>(count));
    EXPECT_EQ(committed, count / 2);
    expect_customer(1'000 - count / 2, 0);
}

TEST_P(PayerTest, BadRequestsNameTheField) {
    start();
    grpc::ClientContext context;
    identify(context);
    v1::SetBehaviourRequest request;
    v1::SetBehaviourResponse response;
    grpc::Status status = stub->SetBehaviour(&context, request, &response);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    EXPECT_EQ(status.error_message(), "mode: must be one of the modes");
    grpc::ClientContext second;
    identify(second);
    v1::GetCustomerRequest unknown;
    unknown.set_account("nobody");
    v1::GetCustomerResponse customer;
    status = stub->GetCustomer(&second, unknown, &customer);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
}

INSTANTIATE_TEST_SUITE_P(Payer, PayerTest,
                         testing::Values(SwitchClient::Style::unary, SwitchClient::Style::stream),
                         [](const auto& param_info) {
                             return std::string(param_info.param == SwitchClient::Style::unary
                                                    ? "unary"
                                                    : "stream");
                         });

}  // namespace
}  // namespace ayni::walletsim
