#include "unit/rpc/switch_fixture.h"

namespace ayni::test {
namespace {

class PermissionTest : public SwitchFixture {};

TEST_F(PermissionTest, NobodyIsUnauthenticated) {
    v1::CreateTransferResponse response;
    const Fault fault = fault_of(pay(new_payment(), response, ""));
    EXPECT_EQ(fault.code, grpc::StatusCode::UNAUTHENTICATED);
    EXPECT_EQ(fault.reason, "UNAUTHENTICATED");
}

TEST_F(PermissionTest, AnotherRoleIsDenied) {
    v1::CreateTransferResponse response;
    for (const char* identity : {"operator/ana", "auditor/rosa", "switch/ayni"}) {
        const Fault fault = fault_of(pay(new_payment(), response, identity));
        EXPECT_EQ(fault.code, grpc::StatusCode::PERMISSION_DENIED) << identity;
        EXPECT_EQ(fault.reason, "PERMISSION_DENIED") << identity;
    }
    v1::SetParticipantStateRequest request;
    v1::SetParticipantStateResponse done;
    EXPECT_EQ(admin->SetParticipantState(as("participant/yape").get(), request, &done).error_code(),
              grpc::StatusCode::PERMISSION_DENIED);
}

TEST_F(PermissionTest, ParticipantThatTheLedgerDoesNotHaveIsDenied) {
    v1::CreateTransferResponse response;
    const Fault fault = fault_of(pay(new_payment(), response, "participant/nobody"));
    EXPECT_EQ(fault.code, grpc::StatusCode::PERMISSION_DENIED);
    EXPECT_EQ(fault.reason, "INITIATOR_UNKNOWN");
}

TEST_F(PermissionTest, StreamsAreGuardedToo) {
    const auto context = as("auditor/rosa");
    const auto stream = transfers->StreamTransfers(context.get());
    v1::StreamTransfersResponse response;
    EXPECT_FALSE(stream->Read(&response));
    EXPECT_EQ(fault_of(stream->Finish()).reason, "PERMISSION_DENIED");
}

TEST_F(PermissionTest, StrangerDoesNotFindTheTransfer) {
    v1::CreateTransferResponse paid;
    const v1::NewTransfer transfer = new_payment();
    ASSERT_TRUE(pay(transfer, paid).ok());
    v1::GetTransferRequest request;
    request.set_transfer_id(transfer.transfer_id());
    v1::GetTransferResponse response;
    for (const char* identity : {"participant/yape", "participant/bim", "auditor/rosa"}) {
        EXPECT_TRUE(transfers->GetTransfer(as(identity).get(), request, &response).ok())
            << identity;
    }
    v1::GetTransferResponse nothing;
    const Fault fault =
        fault_of(transfers->GetTransfer(as("participant/coopac").get(), request, &nothing));
    EXPECT_EQ(fault.code, grpc::StatusCode::NOT_FOUND);
    EXPECT_EQ(fault.reason, "TRANSFER_UNKNOWN");
    EXPECT_FALSE(nothing.has_transfer());
}

TEST_F(PermissionTest, PositionsAndListsOfOthersAreDenied) {
    v1::GetPositionRequest request;
    request.set_participant("bim");
    request.set_currency_code("PEN");
    v1::GetPositionResponse response;
    EXPECT_EQ(
        settlement->GetPosition(as("participant/yape").get(), request, &response).error_code(),
        grpc::StatusCode::PERMISSION_DENIED);
    v1::ListTransfersRequest list;
    list.set_participant("bim");
    v1::ListTransfersResponse listed;
    EXPECT_EQ(transfers->ListTransfers(as("participant/yape").get(), list, &listed).error_code(),
              grpc::StatusCode::PERMISSION_DENIED);
}

}  // namespace
}  // namespace ayni::test
