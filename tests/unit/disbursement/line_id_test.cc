#include "disbursement/line_id.h"

#include <gtest/gtest.h>

namespace ayni::test {
namespace {

using disbursement::line_transfer_id;

constexpr std::uint64_t released_ms = 1'795'440'000'123;
constexpr disbursement::LineName name{.initiator = "midis",
                                      .message_id = "PRUEBA-2026-11-R1",
                                      .line_id = "PRUEBA-2026-11-R1-1/PRUEBA-2026-11-000001"};

/// The value comes from Python's hashlib. It must never change: a file that was paid by an older
/// build must get the same ids.
TEST(LineId, IsTheSameForEver) {
    EXPECT_EQ(base::to_string(line_transfer_id(released_ms, name)),
              "01a20890-3c7b-7c88-9069-3ff1c6c2db1a");
}

TEST(LineId, CarriesTheReleaseTime) {
    EXPECT_EQ(line_transfer_id(released_ms, name).time_ms(), released_ms);
}

TEST(LineId, DiffersByEveryPart) {
    const auto id = line_transfer_id(released_ms, name);
    auto other = name;
    other.initiator = "bim";
    EXPECT_NE(line_transfer_id(released_ms, other), id);
    other = name;
    other.message_id = "PRUEBA-2026-11-R2";
    EXPECT_NE(line_transfer_id(released_ms, other), id);
    other = name;
    other.line_id = "PRUEBA-2026-11-R1-1/PRUEBA-2026-11-000002";
    EXPECT_NE(line_transfer_id(released_ms, other), id);
    other = name;
    other.attempt = 2;
    EXPECT_NE(line_transfer_id(released_ms, other), id);
    EXPECT_NE(line_transfer_id(released_ms + 1, name), id);
}

TEST(LineId, PartsDoNotRunIntoEachOther) {
    const auto one =
        line_transfer_id(1, {.initiator = "a", .message_id = "bc", .line_id = "d", .attempt = 1});
    const auto other =
        line_transfer_id(1, {.initiator = "ab", .message_id = "c", .line_id = "d", .attempt = 1});
    EXPECT_NE(one, other);
}

}  // namespace
}  // namespace ayni::test
