#include "config/projector_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace ayni::config {
namespace {

using testing::HasSubstr;

std::string error_of(std::string_view text) {
    const auto config = parse_projector_config(text, "projectord.toml");
    return config ? "accepted" : config.error().to_string();
}

TEST(ProjectorConfigTest, an_empty_file_gives_the_defaults) {
    const auto config = parse_projector_config("", "projectord.toml");
    ASSERT_TRUE(config) << config.error().to_string();
    EXPECT_EQ(config->journal.directory, "/var/lib/ayni/journal");
    EXPECT_EQ(config->metrics.listen, "127.0.0.1:9401");
}

TEST(ProjectorConfigTest, every_key_is_read_into_its_place) {
    const auto config = parse_projector_config(
        "[journal]\ndirectory = \"/j\"\n[database]\nconnection = \"host=db\"\n"
        "retry_at_most_milliseconds = 250\n[projection]\nrows_per_transaction = 7\n"
        "poll_milliseconds = 8\n[metrics]\nlisten = \"127.0.0.1:1\"\n",
        "/etc/projectord.toml");
    ASSERT_TRUE(config) << config.error().to_string();
    EXPECT_EQ(config->journal.directory, "/j");
    EXPECT_EQ(config->database.connection, "host=db");
    EXPECT_EQ(config->database.retry_at_most_milliseconds, 250U);
    EXPECT_EQ(config->projection.rows_per_transaction, 7U);
    EXPECT_EQ(config->projection.poll_milliseconds, 8U);
    EXPECT_EQ(config->metrics.listen, "127.0.0.1:1");
}

TEST(ProjectorConfigTest, what_is_wrong_is_named_by_line_and_key) {
    EXPECT_THAT(error_of("[projection]\nrows = 1\n"),
                HasSubstr("projectord.toml:2: projection.rows: is not a key"));
    EXPECT_THAT(error_of("[grpc]\n"), HasSubstr("projectord.toml:1: grpc: is not a section"));
    EXPECT_THAT(error_of("[projection]\npoll_milliseconds = 0\n"),
                HasSubstr("must be 1 to 60000, not 0"));
    EXPECT_THAT(error_of("[metrics]\nlisten = \"9401\"\n"), HasSubstr("must be HOST:PORT"));
    EXPECT_THAT(error_of("[database]\nconnection = 1\n"), HasSubstr("must be text in quotes"));
    EXPECT_THAT(error_of("[/grpc]\n"), HasSubstr("projectord.toml:1: TOML"));
    EXPECT_FALSE(read_projector_config("/nonexistent/projectord.toml"));
}

TEST(ProjectorConfigTest, every_default_is_within_its_own_bounds) {
    ProjectorConfig config;
    for (const auto& key : projector_keys()) {
        if (const auto* place = std::get_if<Place<ProjectorConfig, std::uint64_t>>(&key.target)) {
            EXPECT_GE((*place)(config), key.minimum) << key.name;
            EXPECT_LE((*place)(config), key.maximum) << key.name;
            EXPECT_FALSE(key.unit.empty()) << key.name << " is a number without a unit";
        }
        EXPECT_FALSE(key.description.empty()) << key.name;
    }
}

TEST(ProjectorConfigTest, the_operations_chapter_holds_the_same_table) {
    std::ifstream chapter(AYNI_OPERATIONS_CHAPTER);
    ASSERT_TRUE(chapter) << AYNI_OPERATIONS_CHAPTER;
    std::ostringstream text;
    text << chapter.rdbuf();
    EXPECT_THAT(text.str(), HasSubstr(describe_projector_config()))
        << "paste the output of: projectord --describe-config";
}

}  // namespace
}  // namespace ayni::config
