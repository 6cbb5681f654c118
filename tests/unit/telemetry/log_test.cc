#include "telemetry/log.h"

#include <gtest/gtest.h>

namespace ayni::telemetry {
namespace {

TEST(LogTest, plain_values_stand_as_they_are) {
    EXPECT_EQ(log_line(Severity::info, "started", {{"address", "127.0.0.1:7400"}, {"epoch", "3"}}),
              "level=info event=started address=127.0.0.1:7400 epoch=3");
}

TEST(LogTest, a_value_can_not_forge_a_field_or_a_line) {
    EXPECT_EQ(log_line(Severity::error, "refused", {{"why", "a b\nlevel=\"info\"\\"}}),
              "level=error event=refused why=\"a b\\x0alevel=\\\"info\\\"\\\\\"");
    EXPECT_EQ(log_line(Severity::warning, "x", {{"empty", ""}}),
              "level=warning event=x empty=\"\"");
}

}  // namespace
}  // namespace ayni::telemetry
