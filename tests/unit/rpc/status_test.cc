#include <gtest/gtest.h>

#include <cctype>
#include <set>

#include "ayni/v1/status.pb.h"
#include "rpc/mapping_status.h"

namespace ayni::rpc {
namespace {

/// Every number that a ledger::Status may have, by asking the proto, whose numbers are the same.
std::vector<ledger::Status> all_statuses() {
    std::vector<ledger::Status> all;
    const auto* descriptor = v1::Status_descriptor();
    for (int i = 0; i < descriptor->value_count(); ++i) {
        all.push_back(static_cast<ledger::Status>(descriptor->value(i)->number()));
    }
    return all;
}

std::string upper(std::string_view text) {
    std::string result;
    for (const char c : text) result += static_cast<char>(std::toupper(c));
    return result;
}

TEST(Status, NamesAreTheSameOnBothSides) {
    // A number without an enumerator in the ledger would end in UNREACHABLE; an enumerator without
    // a number here does not compile in proto_status_of.
    for (const ledger::Status status : all_statuses()) {
        if (status == ledger::Status::ok) continue;
        EXPECT_EQ(v1::Status_Name(proto_status_of(status)),
                  "STATUS_" + upper(ledger::to_string(status)));
        EXPECT_EQ(reason_name_of(status), upper(ledger::to_string(status)));
        EXPECT_LE(reason_name_of(status).size(), 63U);
    }
    EXPECT_EQ(proto_status_of(ledger::Status::ok), v1::STATUS_UNSPECIFIED);
}

TEST(Status, EveryRejectionHasAnErrorCodeAndASentence) {
    std::set<std::string_view> sentences;
    for (const ledger::Status status : all_statuses()) {
        EXPECT_EQ(grpc_code_of(status) == grpc::StatusCode::OK, status == ledger::Status::ok);
        EXPECT_TRUE(sentences.insert(sentence_of(status)).second) << sentence_of(status);
    }
}

TEST(Status, CodesThatClientsRelyOn) {
    using grpc::StatusCode;
    using ledger::Status;
    EXPECT_EQ(grpc_code_of(Status::modified_request), StatusCode::ALREADY_EXISTS);
    EXPECT_EQ(grpc_code_of(Status::id_too_old), StatusCode::FAILED_PRECONDITION);
    EXPECT_EQ(grpc_code_of(Status::id_in_future), StatusCode::OUT_OF_RANGE);
    EXPECT_EQ(grpc_code_of(Status::insufficient_cover), StatusCode::FAILED_PRECONDITION);
    EXPECT_EQ(grpc_code_of(Status::net_debit_cap_exceeded), StatusCode::FAILED_PRECONDITION);
    EXPECT_EQ(grpc_code_of(Status::live_transfers_full), StatusCode::RESOURCE_EXHAUSTED);
    EXPECT_EQ(grpc_code_of(Status::payee_outcomes_full), StatusCode::RESOURCE_EXHAUSTED);
    EXPECT_EQ(grpc_code_of(Status::transfer_unknown), StatusCode::NOT_FOUND);
}

}  // namespace
}  // namespace ayni::rpc
