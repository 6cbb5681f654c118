#include "rpc/mapping_admin.h"

#include <gtest/gtest.h>

#include "rpc/mapping_fields.h"

namespace ayni::rpc {
namespace {

using Fields = std::vector<std::string>;

Fields fields_of(const Violations& wrong) {
    Fields fields;
    for (const FieldViolation& violation : wrong.all()) fields.push_back(violation.field);
    return fields;
}

template <typename Request, typename Map>
Fields faults_of(const Request& request, Map&& map) {
    Violations wrong;
    const bool is_good = map(request, wrong).has_value();
    EXPECT_EQ(is_good, wrong.empty());
    return fields_of(wrong);
}

TEST(CreateParticipant, ChecksEveryField) {
    const auto map = [](const auto& request, Violations& wrong) {
        return create_participant_of(request, "ana", wrong);
    };
    v1::CreateParticipantRequest request;
    EXPECT_EQ(faults_of(request, map), (Fields{"participant_id", "code"}));
    request.set_participant_id(1);
    request.set_code("Yape");
    request.set_entity_code(1'000);
    EXPECT_EQ(faults_of(request, map), (Fields{"participant_id", "code", "entity_code"}));
    request.set_participant_id(2);
    request.set_code("yape");
    request.set_entity_code(2);
    Violations wrong;
    const auto command = create_participant_of(request, "ana", wrong);
    ASSERT_TRUE(command.has_value());
    EXPECT_EQ(command->participant, base::ParticipantId(2));
    EXPECT_EQ(unpadded(command->code), "yape");
    EXPECT_EQ(command->entity_code, 2);
    EXPECT_EQ(unpadded(command->actor), "ana");
}

TEST(SetParticipantState, ChecksEveryField) {
    const auto map = [](const auto& request, Violations& wrong) {
        return set_participant_state_of(request, "ana", wrong);
    };
    v1::SetParticipantStateRequest request;
    EXPECT_EQ(faults_of(request, map), (Fields{"code", "state"}));
    request.set_code("yape");
    request.set_state(static_cast<v1::ParticipantState>(9));
    EXPECT_EQ(faults_of(request, map), Fields{"state"});
    request.set_state(v1::PARTICIPANT_STATE_SEND_ONLY);
    EXPECT_TRUE(faults_of(request, map).empty());
}

TEST(SetNetDebitCap, ChecksEveryField) {
    const auto map = [](const auto& request, Violations& wrong) {
        return set_net_debit_cap_of(request, "ana", wrong);
    };
    v1::SetNetDebitCapRequest request;
    EXPECT_EQ(faults_of(request, map), (Fields{"code", "cap"}));
    request.set_code("yape");
    request.mutable_cap()->set_minor_units(-1);
    EXPECT_EQ(faults_of(request, map), (Fields{"cap.currency_code", "cap.minor_units"}));
    request.mutable_cap()->set_minor_units(0);
    request.mutable_cap()->set_currency_code("USD");
    EXPECT_TRUE(faults_of(request, map).empty());
}

TEST(AdvanceProtocolVersion, ChecksEveryField) {
    const auto map = [](const auto& request, Violations& wrong) {
        return advance_protocol_version_of(request, "ana", wrong);
    };
    v1::AdvanceProtocolVersionRequest request;
    EXPECT_EQ(faults_of(request, map), Fields{"version"});
    request.set_version(1);
    EXPECT_TRUE(faults_of(request, map).empty());
}

TEST(RecordFundsIn, ChecksEveryField) {
    const auto map = [](const auto& request, Violations& wrong) {
        return record_funds_in_of(request, "ana", wrong);
    };
    v1::RecordFundsInRequest request;
    EXPECT_EQ(faults_of(request, map), (Fields{"transfer_id", "participant", "amount"}));
    request.set_transfer_id("0199a1b2-c3d4-7000-8000-00000000002a");
    request.set_participant("yape");
    request.mutable_amount()->set_currency_code("PEN");
    request.set_bank_reference(std::string(41, 'x'));
    EXPECT_EQ(faults_of(request, map), (Fields{"amount.minor_units", "bank_reference"}));
    request.mutable_amount()->set_minor_units(10);
    request.set_bank_reference(std::string(40, 'x'));
    EXPECT_TRUE(faults_of(request, map).empty());
}

TEST(ClaimBatch, ChecksEveryField) {
    const auto map = [](const auto& request, Violations& wrong) {
        return claim_batch_of(request, base::ParticipantId(5), "midis", wrong);
    };
    v1::ClaimBatchRequest request;
    EXPECT_EQ(faults_of(request, map), (Fields{"message_id", "content_hash"}));
    request.set_message_id(std::string(36, 'm'));
    request.set_content_hash(std::string(31, 'h'));
    EXPECT_EQ(faults_of(request, map), (Fields{"message_id", "content_hash"}));
    request.set_message_id(std::string(35, 'm'));
    request.set_content_hash(std::string(32, 'h'));
    Violations wrong;
    const auto command = claim_batch_of(request, base::ParticipantId(5), "midis", wrong);
    ASSERT_TRUE(command.has_value());
    EXPECT_EQ(command->message_id_size, 35U);
    EXPECT_EQ(command->content_hash.back(), 'h');
    EXPECT_EQ(command->initiator, base::ParticipantId(5));
}

}  // namespace
}  // namespace ayni::rpc
