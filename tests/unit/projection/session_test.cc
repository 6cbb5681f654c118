#include "projection/session.h"

#include "projection_fixture.h"

namespace ayni {
namespace {

using projection::Session;
using testing::HasSubstr;

class SessionTest : public test::WithDatabase {};

/// Also of a server that stands still, which never says anything: that is how it looks from here.
TEST_F(SessionTest, AnAnswerThatDoesNotComeIsNotWaitedFor) {
    auto session = Session::open(
        {.connection = connection_string(), .answer_within = std::chrono::milliseconds(100)});
    ASSERT_TRUE(session) << session.error().to_string();
    EXPECT_EQ(session->query("SELECT 1", {}).value().size(), 1U);
    const auto refused = session->query("SELECT pg_sleep(3600)", {});
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("no answer within 100 ms"));
    EXPECT_TRUE(session->is_lost());
}

TEST_F(SessionTest, ARefusedStatementDoesNotLoseTheSession) {
    auto session = Session::open(
        {.connection = connection_string(), .answer_within = std::chrono::seconds(60)});
    ASSERT_TRUE(session);
    const auto refused = session->query("SELECT nonsense", {});
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("nonsense"));
    EXPECT_FALSE(session->is_lost());
    EXPECT_EQ(session->query("SELECT $1::text", {"ñ"}).value()[0][0], "ñ");
}

TEST_F(SessionTest, AConnectionThatIsCutIsLost) {
    auto session = Session::open({.connection = connection_string(),
                                  .name = "to be cut",
                                  .answer_within = std::chrono::seconds(60)});
    ASSERT_TRUE(session);
    ASSERT_EQ(count("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                    "WHERE application_name = 'to be cut'"),
              1);
    EXPECT_FALSE(session->query("SELECT 1", {}));
    EXPECT_TRUE(session->is_lost());
}

TEST_F(SessionTest, WhatCanNotBeUnderstoodIsSaid) {
    EXPECT_TRUE(Session::check("host=127.0.0.1 dbname=ayni"));
    EXPECT_TRUE(Session::check("postgresql://127.0.0.1/ayni"));
    EXPECT_TRUE(Session::check(""));
    const auto refused = Session::check("host=127.0.0.1 databse=ayni");
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("databse"));
}

}  // namespace
}  // namespace ayni
