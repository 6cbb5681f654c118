#include "rpc/participants.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace ayni::rpc {
namespace {

ledger::Participant participant(std::uint32_t id, std::string_view code) {
    ledger::Participant made;
    made.id = base::ParticipantId(id);
    std::copy(code.begin(), code.end(), made.code.begin());
    return made;
}

TEST(Participants, AreFoundByCodeAndIdOnceRemembered) {
    Participants directory(10, 10, 10);
    EXPECT_EQ(directory.find("yape"), nullptr);
    const auto& yape = directory.remember(participant(2, "yape"));
    EXPECT_EQ(directory.find("yape"), &yape);
    EXPECT_EQ(directory.find(base::ParticipantId(2)), &yape);
    EXPECT_EQ(directory.find("yap"), nullptr);
    EXPECT_EQ(&directory.remember(participant(2, "yape")), &yape);
}

TEST(Participants, EntriesStayWhereTheyAre) {
    Participants directory(10, 10, 10);
    const auto& first = directory.remember(participant(2, "p2"));
    for (std::uint32_t i = 3; i < 2'000; ++i) {
        directory.remember(participant(i, "p" + std::to_string(i)));
    }
    EXPECT_EQ(directory.find("p2"), &first);
    EXPECT_EQ(directory.find("p1999")->id, base::ParticipantId(1999));
}

}  // namespace
}  // namespace ayni::rpc
