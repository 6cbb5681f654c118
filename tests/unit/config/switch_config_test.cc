#include "config/switch_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "config/keys.h"

namespace ayni::config {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string error_of(std::string_view text) {
    const auto config = parse_switch_config(text, "switchd.toml");
    return config ? "accepted" : config.error().to_string();
}

TEST(SwitchConfigTest, an_empty_file_gives_the_defaults) {
    const auto config = parse_switch_config("", "switchd.toml");
    ASSERT_TRUE(config) << config.error().to_string();
    EXPECT_EQ(config->grpc.listen, "127.0.0.1:7400");
    EXPECT_EQ(config->metrics.listen, "127.0.0.1:9400");
    EXPECT_TRUE(config->journal.sync);
    EXPECT_FALSE(config->tls.insecure_loopback);
    EXPECT_TRUE(config->participants.empty());
}

TEST(SwitchConfigTest, every_default_is_within_its_own_bounds) {
    SwitchConfig config;
    for (const auto& key : switch_keys()) {
        if (const auto* place = std::get_if<Place<SwitchConfig, std::uint64_t>>(&key.target)) {
            EXPECT_GE((*place)(config), key.minimum) << key.name;
            EXPECT_LE((*place)(config), key.maximum) << key.name;
            EXPECT_FALSE(key.unit.empty()) << key.name << " is a number without a unit";
        }
        if (const auto* place = std::get_if<Place<SwitchConfig, std::string>>(&key.target)) {
            EXPECT_EQ(violation(key.rule, (*place)(config)), "") << key.name;
        }
        EXPECT_FALSE(key.description.empty()) << key.name;
    }
}

TEST(SwitchConfigTest, reads_every_kind_of_value) {
    const auto config = parse_switch_config(R"(
[grpc]
listen = "[::1]:0"
[tls]
insecure_loopback = true
[journal]
directory = "journal"
segment_mebibytes = 16
sync = false
[history]
directory = "/elsewhere/history"
database = "host=db.example dbname=ayni"
[[participants]]
id = 2
code = "yape"
endpoint = "127.0.0.1:7501"
[[participants]]
id = 3
code = "bim"
endpoint = "bim.example:7501"
style = "unary"
[[participants]]
id = 4
code = "coopac"
style = "gateway"
)",
                                            "/etc/ayni/switchd.toml");
    ASSERT_TRUE(config) << config.error().to_string();
    EXPECT_EQ(config->grpc.listen, "[::1]:0");
    EXPECT_TRUE(config->tls.insecure_loopback);
    EXPECT_EQ(config->journal.directory, "/etc/ayni/journal") << "relative to the file's folder";
    EXPECT_EQ(config->journal.segment_mebibytes, 16U);
    EXPECT_FALSE(config->journal.sync);
    EXPECT_EQ(config->history.directory, "/elsewhere/history");
    EXPECT_EQ(config->history.database, "host=db.example dbname=ayni");
    ASSERT_EQ(config->participants.size(), 3U);
    EXPECT_EQ(config->participants[0].style, LinkStyle::session);
    EXPECT_EQ(config->participants[1].id, 3U);
    EXPECT_EQ(config->participants[1].code, "bim");
    EXPECT_EQ(config->participants[1].endpoint, "bim.example:7501");
    EXPECT_EQ(config->participants[1].style, LinkStyle::unary);
    EXPECT_EQ(config->participants[2].style, LinkStyle::gateway);
    EXPECT_EQ(config->participants[2].endpoint, "");
}

TEST(SwitchConfigTest, an_unknown_key_is_refused_with_its_line) {
    EXPECT_EQ(error_of("[grpc]\nlisten = \"127.0.0.1:1\"\nlistn = \"x\"\n"),
              "switchd.toml:3: grpc.listn: is not a key");
    EXPECT_EQ(error_of("\n[grcp]\n"), "switchd.toml:2: grcp: is not a section");
    EXPECT_EQ(error_of("listen = \"127.0.0.1:1\"\n"),
              "switchd.toml:1: listen: is not a key; all are in sections");
    EXPECT_EQ(error_of("[[participants]]\nid = 2\nport = 1\n"),
              "switchd.toml:3: participants.port: is not a key");
}

TEST(SwitchConfigTest, a_value_of_another_type_is_refused) {
    EXPECT_EQ(error_of("[journal]\nsync = 1\n"),
              "switchd.toml:2: journal.sync: must be true or false, not a TOML integer");
    EXPECT_EQ(error_of("[journal]\nsegment_mebibytes = \"64\"\n"),
              "switchd.toml:2: journal.segment_mebibytes: must be an integer, not a TOML string");
    EXPECT_EQ(error_of("[journal]\nsegment_mebibytes = 64.0\n"),
              "switchd.toml:2: journal.segment_mebibytes: must be an integer, not a TOML "
              "floating-point");
    EXPECT_EQ(error_of("[grpc]\nlisten = 7400\n"),
              "switchd.toml:2: grpc.listen: must be text in quotes, not a TOML integer");
    EXPECT_EQ(error_of("[tls]\nca_file = 7400\n"),
              "switchd.toml:2: tls.ca_file: must be a path in quotes, not a TOML integer");
    EXPECT_EQ(error_of("participants = 3\n"),
              "switchd.toml:1: participants: must be [[participants]] sections");
    EXPECT_EQ(error_of("participants = [3]\n"),
              "switchd.toml:1: participants: must be [[participants]] sections");
}

TEST(SwitchConfigTest, every_number_is_refused_outside_its_bounds) {
    for (const auto& key : switch_keys()) {
        if (!std::holds_alternative<Place<SwitchConfig, std::uint64_t>>(key.target)) continue;
        const std::string section(key.name.substr(0, key.name.find('.')));
        const std::string name(key.name.substr(key.name.find('.') + 1));
        const auto with = [&](const std::string& value) {
            return error_of("[" + section + "]\n" + name + " = " + value + "\n");
        };
        const std::string expected = "switchd.toml:2: " + std::string(key.name) + ": must be " +
                                     std::to_string(key.minimum) + " to " +
                                     std::to_string(key.maximum);
        EXPECT_THAT(with("-1"), HasSubstr(expected)) << key.name;
        EXPECT_THAT(with(std::to_string(key.maximum + 1)), HasSubstr(expected)) << key.name;
        EXPECT_THAT(with("9223372036854775807"), HasSubstr(expected)) << key.name;
        if (key.minimum > 0) {
            EXPECT_THAT(with(std::to_string(key.minimum - 1)), HasSubstr(expected)) << key.name;
        }
    }
}

TEST(SwitchConfigTest, text_that_breaks_its_rule_is_refused) {
    for (const char* wrong : {"", "7400", ":7400", "localhost", "localhost:", "localhost:x",
                              "localhost:70000", "::1:7400"}) {
        EXPECT_THAT(error_of(std::string("[grpc]\nlisten = \"") + wrong + "\"\n"),
                    HasSubstr("switchd.toml:2: grpc.listen: must"))
            << wrong;
    }
    for (const char* wrong : {"", "Yape", "9wallet", "a b", "abcdefghijklmnopq", "ñ"}) {
        EXPECT_THAT(error_of(std::string("[[participants]]\ncode = \"") + wrong + "\"\n"),
                    HasSubstr("switchd.toml:2: participants.code: must be 1 to 16"))
            << wrong;
    }
    EXPECT_THAT(error_of("[journal]\ndirectory = \"\"\n"), HasSubstr("must not be empty"));
    EXPECT_THAT(error_of("[journal]\ndirectory = \"a\\u0000b\"\n"), HasSubstr("zero byte"));
}

TEST(SwitchConfigTest, participants_must_be_complete_and_different) {
    const std::string yape =
        "[[participants]]\nid = 2\ncode = \"yape\"\nendpoint = \"127.0.0.1:1\"\n";
    EXPECT_EQ(error_of("[[participants]]\nid = 2\ncode = \"yape\"\n"),
              "switchd.toml:1: participants.endpoint: is missing");
    EXPECT_EQ(error_of(yape + "[[participants]]\nid = 2\ncode = \"bim\"\nendpoint = \"b:1\"\n"),
              "switchd.toml:5: participants.id: is given twice");
    EXPECT_EQ(error_of(yape + "[[participants]]\nid = 3\ncode = \"yape\"\nendpoint = \"b:1\"\n"),
              "switchd.toml:5: participants.code: is given twice");
    EXPECT_THAT(error_of("[[participants]]\nid = 1\n"), HasSubstr("must be 2 to 2147483647"));
    EXPECT_THAT(error_of("[[participants]]\nstyle = \"telex\"\n"),
                HasSubstr("must be \"session\", \"unary\" or \"gateway\""));
}

TEST(SwitchConfigTest, values_that_do_not_fit_together_are_refused) {
    EXPECT_EQ(error_of("[router]\nretell_after_milliseconds = 60000\n"),
              "switchd.toml:1: router.retell_at_most_milliseconds: must not be less than "
              "router.retell_after_milliseconds");
    EXPECT_THAT(error_of("[ledger]\nlive_transfers = 1000\nremembered_transfers = 1999\n"),
                HasSubstr("ledger.remembered_transfers: must be at least twice"));
    EXPECT_EQ(error_of("[ledger]\nlive_transfers = 1000\nremembered_transfers = 2000\n"),
              "accepted");
    EXPECT_THAT(error_of("[ledger]\naccounts = 64\n"), HasSubstr("at least six times"));
}

TEST(SwitchConfigTest, insecure_loopback_is_refused_on_other_addresses) {
    const std::string insecure = "[tls]\ninsecure_loopback = true\n";
    EXPECT_EQ(error_of(insecure), "accepted");
    for (const char* address : {"0.0.0.0:7400", "[::]:7400", "10.0.0.1:1", "127.evil.example:1"}) {
        EXPECT_THAT(error_of(insecure + "[grpc]\nlisten = \"" + address + "\"\n"),
                    HasSubstr("tls.insecure_loopback: is refused"))
            << address;
        EXPECT_THAT(error_of(insecure + "[metrics]\nlisten = \"" + address + "\"\n"),
                    HasSubstr("tls.insecure_loopback: is refused"))
            << address;
    }
}

TEST(SwitchConfigTest, broken_toml_names_the_line) {
    EXPECT_THAT(error_of("[grpc]\nlisten = \n"), HasSubstr("switchd.toml:2: TOML: "));
    EXPECT_THAT(error_of("[grpc\n"), HasSubstr("switchd.toml:1: TOML: "));
    EXPECT_THAT(error_of("[grpc]\nlisten = \"a:1\"\nlisten = \"b:1\"\n"), HasSubstr("TOML: "));
}

TEST(SwitchConfigTest, a_table_whose_name_does_not_begin_as_one_names_the_line) {
    for (const std::string text :
         {"\n[/grpc]\n", "\n[[/grpc]]\n", "\r\n [ (tls]", "\n[\ngrpc]", "\n[\u0662"}) {
        EXPECT_THAT(error_of(text), HasSubstr("switchd.toml:2: TOML: ")) << text;
    }
    EXPECT_THAT(error_of("[ \"grpc\" ]\nlisten = \"127.0.0.1:1\"\n"), Not(HasSubstr("TOML")));
}

TEST(SwitchConfigTest, a_character_outside_ascii_that_stands_bare_names_the_line) {
    for (const char* text : {"[grpc]\na\xC3\xB1o = 1", "\n\xD2\x95", "# \xC3\xB1\n\xC3\xB1 = 1",
                             "a = 'b' \n \xC3\xB1", "a = \"\\\"\"\n\xC3\xB1", "\na = 5'\xC3\xB1'",
                             "\na = 'b'\"\xC3\xB1\"", "\na = 1 \xC3\xB1"}) {
        const auto config = config::parse_switch_config(text, "switch.toml");
        ASSERT_FALSE(config) << text;
        EXPECT_EQ(config.error().field, "switch.toml:2: TOML") << text;
    }
}

TEST(SwitchConfigTest, whatever_the_parser_asserts_about_names_the_line) {
    const std::string nested = "\na = " + std::string(9, '[') + " []]6\ncodtls";
    EXPECT_THAT(error_of(nested), HasSubstr("switchd.toml:2: TOML: "));
}

TEST(SwitchConfigTest, any_character_may_stand_in_quotes_and_in_comments) {
    for (const char* text :
         {"# a\xC3\xB1o\n[history]\ndirectory = \"/var/a\xC3\xB1o\"  # \xC3\xB1\n",
          "[history]\ndirectory = '/var/\xD2\x95'\n",
          "[history]\ndirectory = \"\"\"/var/\\\"\xC3\xB1\"\"\"\n",
          "[history]\ndirectory = '''/var/'\xC3\xB1'''\n",
          "[history]\ndirectory = \"\"\"/var/\xC3\xB1\"\"\"\"\"\n"}) {
        const auto config = config::parse_switch_config(text, "switch.toml");
        EXPECT_TRUE(config) << text << config.error().to_string();
    }
}

TEST(SwitchConfigTest, a_file_that_is_not_there_is_named) {
    const auto config = read_switch_config("/nonexistent/switchd.toml");
    ASSERT_FALSE(config);
    EXPECT_EQ(config.error().to_string(), "/nonexistent/switchd.toml: can not be read");
}

TEST(SwitchConfigTest, the_operations_chapter_holds_the_same_table) {
    std::ifstream chapter(AYNI_OPERATIONS_CHAPTER);
    ASSERT_TRUE(chapter) << AYNI_OPERATIONS_CHAPTER;
    std::ostringstream text;
    text << chapter.rdbuf();
    EXPECT_THAT(text.str(), HasSubstr(describe_switch_config()))
        << "paste the output of: switchd --describe-config";
}

}  // namespace
}  // namespace ayni::config
