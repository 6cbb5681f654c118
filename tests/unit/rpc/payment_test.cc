#include "unit/rpc/switch_fixture.h"

namespace ayni::test {
namespace {

using Mode = FakeWallets::Mode;

class PaymentTest : public SwitchFixture {};

TEST_F(PaymentTest, IsCommittedAndMovesTheMoney) {
    v1::CreateTransferResponse response;
    const v1::NewTransfer transfer = new_payment();
    ASSERT_TRUE(pay(transfer, response).ok());
    EXPECT_EQ(response.result().transfer_id(), transfer.transfer_id());
    EXPECT_EQ(response.result().state(), v1::TRANSFER_STATE_COMMITTED);
    EXPECT_EQ(response.result().reason(), "");
    EXPECT_FALSE(response.result().replayed());
    EXPECT_GE(response.as_of_sequence(), response.result().decided_sequence());
    EXPECT_EQ(position("yape").net(), -100);
    EXPECT_EQ(position("bim").net(), 100);
}

TEST_F(PaymentTest, RepeatGetsTheFirstOutcome) {
    v1::CreateTransferResponse first;
    v1::CreateTransferResponse second;
    const v1::NewTransfer transfer = new_payment();
    ASSERT_TRUE(pay(transfer, first).ok());
    ASSERT_TRUE(pay(transfer, second).ok());
    EXPECT_TRUE(second.result().replayed());
    EXPECT_EQ(second.result().state(), v1::TRANSFER_STATE_COMMITTED);
    EXPECT_EQ(second.result().decided_sequence(), first.result().decided_sequence());
    EXPECT_EQ(position("yape").net(), -100);
}

TEST_F(PaymentTest, SameIdWithAnotherBodyIsRefused) {
    v1::CreateTransferResponse response;
    v1::NewTransfer transfer = new_payment();
    ASSERT_TRUE(pay(transfer, response).ok());
    transfer.mutable_amount()->set_minor_units(101);
    const Fault fault = fault_of(pay(transfer, response));
    EXPECT_EQ(fault.code, grpc::StatusCode::ALREADY_EXISTS);
    EXPECT_EQ(fault.reason, "MODIFIED_REQUEST");
    EXPECT_EQ(position("yape").net(), -100);
}

TEST_F(PaymentTest, OverCoverIsRefusedAndStaysRefused) {
    v1::CreateTransferResponse response;
    v1::NewTransfer transfer = new_payment();
    transfer.mutable_amount()->set_minor_units(100'001);
    const Fault fault = fault_of(pay(transfer, response));
    EXPECT_EQ(fault.code, grpc::StatusCode::FAILED_PRECONDITION);
    EXPECT_EQ(fault.reason, "INSUFFICIENT_COVER");
    EXPECT_EQ(fault.iso_reason, "AM04");
    EXPECT_FALSE(fault.metadata.at("as_of_sequence").empty());
    const Fault again = fault_of(pay(transfer, response));
    EXPECT_EQ(again.reason, "INSUFFICIENT_COVER");
    EXPECT_EQ(again.metadata.at("replayed"), "true");
    EXPECT_EQ(position("yape").available(), 100'000);
}

TEST_F(PaymentTest, OverTheCapIsRefused) {
    v1::SetNetDebitCapRequest request;
    request.set_code("yape");
    request.mutable_cap()->set_currency_code("PEN");
    request.mutable_cap()->set_minor_units(99);
    v1::SetNetDebitCapResponse done;
    ASSERT_TRUE(admin->SetNetDebitCap(as("operator/ana").get(), request, &done).ok());
    v1::CreateTransferResponse response;
    const Fault fault = fault_of(pay(new_payment(), response));
    EXPECT_EQ(fault.code, grpc::StatusCode::FAILED_PRECONDITION);
    EXPECT_EQ(fault.reason, "NET_DEBIT_CAP_EXCEEDED");
    EXPECT_EQ(fault.iso_reason, "AM23");
}

TEST_F(PaymentTest, PayeesRefusalIsAnAnswer) {
    wallets.set_mode(Mode::refusing);
    v1::CreateTransferResponse response;
    ASSERT_TRUE(pay(new_payment(), response).ok());
    EXPECT_EQ(response.result().state(), v1::TRANSFER_STATE_ABORTED);
    EXPECT_EQ(response.result().reason(), "AC04");
    EXPECT_EQ(position("yape").available(), 100'000);
}

TEST_F(PaymentTest, SilentPayeeEndsInAbort) {
    wallets.set_mode(Mode::silent);
    v1::NewTransfer transfer = new_payment();
    transfer.mutable_timeout()->set_nanos(50'000'000);
    v1::CreateTransferResponse response;
    ASSERT_TRUE(pay(transfer, response).ok());
    EXPECT_EQ(response.result().state(), v1::TRANSFER_STATE_ABORTED);
    EXPECT_EQ(response.result().reason(), "AB05");
}

TEST_F(PaymentTest, AtTheCallersDeadlineTheStateIsReserved) {
    wallets.set_mode(Mode::silent);
    v1::CreateTransferRequest request;
    *request.mutable_transfer() = new_payment();
    v1::CreateTransferResponse response;
    const auto context = as("participant/yape");
    context->set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(2));
    ASSERT_TRUE(transfers->CreateTransfer(context.get(), request, &response).ok());
    EXPECT_EQ(response.result().state(), v1::TRANSFER_STATE_RESERVED);
    EXPECT_EQ(position("yape").reserved(), 100);
}

TEST_F(PaymentTest, UnreachablePayeeLeavesNothingBehindUnlessTheIdIsKnown) {
    v1::CreateTransferResponse response;
    const v1::NewTransfer known = new_payment();
    ASSERT_TRUE(pay(known, response).ok());
    wallets.set_mode(Mode::disconnected);
    const v1::NewTransfer fresh = new_payment();
    const Fault fault = fault_of(pay(fresh, response));
    EXPECT_EQ(fault.code, grpc::StatusCode::UNAVAILABLE);
    EXPECT_EQ(fault.reason, "PAYEE_UNREACHABLE");
    EXPECT_EQ(fault.iso_reason, "AB08");
    EXPECT_TRUE(fault.has_retry);
    ASSERT_TRUE(pay(known, response).ok());
    EXPECT_EQ(response.result().state(), v1::TRANSFER_STATE_COMMITTED);
    wallets.set_mode(Mode::accepting);
    ASSERT_TRUE(pay(fresh, response).ok());
    EXPECT_FALSE(response.result().replayed());
}

TEST_F(PaymentTest, UnknownPayeeIsRefusedByName) {
    v1::NewTransfer transfer = new_payment();
    transfer.set_payee_participant("nobody");
    v1::CreateTransferResponse response;
    const Fault fault = fault_of(pay(transfer, response));
    EXPECT_EQ(fault.code, grpc::StatusCode::FAILED_PRECONDITION);
    EXPECT_EQ(fault.reason, "PAYEE_UNKNOWN");
    EXPECT_EQ(fault.iso_reason, "CNOR");
}

TEST_F(PaymentTest, SuspendedSenderIsRefusedAndWorksAgainAfterwards) {
    v1::SetParticipantStateRequest request;
    v1::SetParticipantStateResponse done;
    v1::CreateTransferResponse response;
    request.set_code("yape");
    request.set_state(v1::PARTICIPANT_STATE_SUSPENDED);
    ASSERT_TRUE(admin->SetParticipantState(as("operator/ana").get(), request, &done).ok());
    EXPECT_EQ(done.participant().state(), v1::PARTICIPANT_STATE_SUSPENDED);
    EXPECT_EQ(fault_of(pay(new_payment(), response)).reason, "INITIATOR_SUSPENDED");
    request.set_state(v1::PARTICIPANT_STATE_ACTIVE);
    ASSERT_TRUE(admin->SetParticipantState(as("operator/ana").get(), request, &done).ok());
    EXPECT_TRUE(pay(new_payment(), response).ok());
}

TEST_F(PaymentTest, EveryWrongFieldIsNamed) {
    v1::CreateTransferResponse response;
    const Fault fault = fault_of(pay(v1::NewTransfer(), response));
    EXPECT_EQ(fault.code, grpc::StatusCode::INVALID_ARGUMENT);
    EXPECT_EQ(fault.reason, "MALFORMED_REQUEST");
    EXPECT_EQ(fault.fields,
              (std::vector<std::string>{"transfer.transfer_id", "transfer.payee_participant",
                                        "transfer.payee_account", "transfer.payer_account",
                                        "transfer.amount"}));
}

TEST_F(PaymentTest, IdsOutsideTheirTimeAreRefused) {
    v1::CreateTransferResponse response;
    v1::NewTransfer transfer = new_payment();
    transfer.set_transfer_id("01000000-0000-7000-8000-000000000001");
    EXPECT_EQ(fault_of(pay(transfer, response)).reason, "ID_TOO_OLD");
    transfer.set_transfer_id("7f000000-0000-7000-8000-000000000001");
    const Fault ahead = fault_of(pay(transfer, response));
    EXPECT_EQ(ahead.reason, "ID_IN_FUTURE");
    EXPECT_EQ(ahead.code, grpc::StatusCode::OUT_OF_RANGE);
}

TEST_F(PaymentTest, IsCounted) {
    v1::CreateTransferResponse response;
    ASSERT_TRUE(pay(new_payment(), response).ok());
    ASSERT_FALSE(pay(v1::NewTransfer(), response).ok());
    const rpc::RpcMetrics& metrics = server.metrics().of(rpc::Rpc::create_transfer);
    EXPECT_EQ(metrics.count(rpc::OutcomeClass::succeeded), 1U);
    EXPECT_EQ(metrics.count(rpc::OutcomeClass::refused), 1U);
    EXPECT_EQ(metrics.items.load(), 2U);
    EXPECT_EQ(server.items_in_flight(), 0U);
}

}  // namespace
}  // namespace ayni::test
