#include "adapter/mapping.h"

#include <gtest/gtest.h>

#include "adapter/credentials.h"

namespace ayni::adapter {
namespace {

constexpr base::TransferId id{.high = 0x0190'b6f2'1111'7abc, .low = 0x8123'4567'89ab'cdef};
constexpr const char* id_text = "0190b6f2-1111-7abc-8123-456789abcdef";

TEST(Mapping, RequestsHaveEveryField) {
    const AcceptRequest request{.id = id,
                                .payer_participant = "yape",
                                .payer_account = "999",
                                .payee_account = "988",
                                .amount = base::Amount(1'250),
                                .currency = base::Currency::usd,
                                .end_to_end_id = "E2E",
                                .purpose = "SALA",
                                .remittance_text = "cena",
                                .remaining = std::chrono::milliseconds(9'750)};
    v1::AcceptTransferRequest message;
    to_message(request, message);
    EXPECT_EQ(message.ShortDebugString(),
              std::string("transfer_id: \"") + id_text +
                  "\" payer_participant: \"yape\" payer_account: \"999\" payee_account: \"988\" "
                  "amount { currency_code: \"USD\" minor_units: 1250 } end_to_end_id: \"E2E\" "
                  "purpose: \"SALA\" remittance_text: \"cena\" "
                  "remaining { seconds: 9 nanos: 750000000 }");

    const OutcomeNotice notice{.id = id,
                               .decision = Decision::returned,
                               .reason = "AC06",
                               .amount = base::Amount(5),
                               .currency = base::Currency::pen,
                               .decided_at = {1'700'000'000'000'000'007},
                               .decided_sequence = base::Sequence(42)};
    v1::NotifyOutcomeRequest outcome;
    to_message(notice, outcome);
    EXPECT_EQ(outcome.ShortDebugString(),
              std::string("transfer_id: \"") + id_text +
                  "\" decision: DECISION_RETURNED reason: \"AC06\" "
                  "amount { currency_code: \"PEN\" minor_units: 5 } "
                  "decide_time { seconds: 1700000000 nanos: 7 } decided_sequence: 42");
}

TEST(Mapping, ATimeThatIsOverIsZero) {
    AcceptRequest late;
    late.id = id;
    late.remaining = std::chrono::milliseconds(-20);
    v1::AcceptTransferRequest message;
    to_message(late, message);
    EXPECT_EQ(message.remaining().seconds(), 0);
    EXPECT_EQ(message.remaining().nanos(), 0);
}

TEST(Mapping, AppendedFramesAreASessionRequest) {
    v1::AcceptTransferRequest accept;
    AcceptRequest long_text;
    long_text.id = id;
    long_text.remittance_text = std::string(300, 'x');
    to_message(long_text, accept);
    v1::NotifyOutcomeRequest outcome;
    OutcomeNotice notice;
    notice.id = id;
    notice.reason = "AB05";
    to_message(notice, outcome);
    v1::EchoRequest echo;
    echo.set_nonce(77);
    std::string wire;
    append_frame(accept, wire);
    append_frame(outcome, wire);
    append_frame(echo, wire);
    append_frame(v1::EchoRequest(), wire);
    v1::SessionRequest parsed;
    ASSERT_TRUE(parsed.ParseFromString(wire));
    ASSERT_EQ(parsed.frames_size(), 4);
    EXPECT_EQ(parsed.frames(0).accept().ShortDebugString(), accept.ShortDebugString());
    EXPECT_EQ(parsed.frames(1).outcome().ShortDebugString(), outcome.ShortDebugString());
    EXPECT_EQ(parsed.frames(2).echo().nonce(), 77U);
    EXPECT_TRUE(parsed.frames(3).has_echo());
    EXPECT_EQ(parsed.SerializeAsString(), wire);
}

TEST(Mapping, Replies) {
    v1::WalletFrame frame;
    EXPECT_EQ(reply_of(frame).kind, Reply::Kind::malformed);
    EXPECT_EQ(reply_of(frame).fault, ReplyFault::no_frame);
    frame.mutable_echo()->set_nonce(3);
    EXPECT_EQ(reply_of(frame).kind, Reply::Kind::echo);
    EXPECT_EQ(reply_of(frame).nonce, 3U);

    frame.mutable_accept()->set_transfer_id(id_text);
    EXPECT_EQ(reply_of(frame).kind, Reply::Kind::refused);
    EXPECT_EQ(reply_of(frame).reason, "MS03");
    frame.mutable_accept()->set_reason("AC01");
    EXPECT_EQ(reply_of(frame).reason, "AC01");
    EXPECT_EQ(reply_of(frame).id, id);
    frame.mutable_accept()->set_accepted(true);
    EXPECT_EQ(reply_of(frame).kind, Reply::Kind::accepted);

    frame.mutable_outcome()->set_transfer_id(id_text);
    frame.mutable_outcome()->set_reason("ac-6");
    EXPECT_EQ(reply_of(frame).kind, Reply::Kind::refused_after_commit);
    EXPECT_EQ(reply_of(frame).reason, "MS03");
    frame.mutable_outcome()->set_acknowledged(true);
    EXPECT_EQ(reply_of(frame).kind, Reply::Kind::acknowledged);
    for (const char* text : {"", "x", "0190b6f2-1111-7abc-8123-456789abcdeg"}) {
        frame.mutable_outcome()->set_transfer_id(text);
        EXPECT_EQ(reply_of(frame).kind, Reply::Kind::malformed) << text;
        EXPECT_EQ(reply_of(frame).fault, ReplyFault::bad_id) << text;
    }
}

TEST(Credentials, NameTheFileThatCanNotBeRead) {
    const auto missing = tls_channel_credentials(
        {.ca_file = "/nowhere/ca.pem", .certificate_file = "", .key_file = ""});
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().to_string(), "ca_file: can not read \"/nowhere/ca.pem\"");
    const auto no_pem =
        tls_server_credentials({.ca_file = "/dev/null", .certificate_file = "", .key_file = ""});
    ASSERT_FALSE(no_pem);
    EXPECT_EQ(no_pem.error().to_string(), "ca_file: \"/dev/null\" is not a PEM file");
}

}  // namespace
}  // namespace ayni::adapter
