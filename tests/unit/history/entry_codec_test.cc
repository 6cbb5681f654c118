#include "history/entry_codec.h"

#include <gtest/gtest.h>

namespace ayni::history {
namespace {

TEST(EntryCodec, ReadsBackEveryField) {
    Entry entry;
    entry.id = {.high = 0x0102'0304'0506'0708, .low = 0x090A'0B0C'0D0E'0F10};
    entry.created_sequence = base::Sequence(11);
    entry.decided_sequence = base::Sequence(12);
    entry.decided_at = {13};
    entry.initiator = base::ParticipantId(14);
    entry.payee = base::ParticipantId(15);
    entry.reason[0] = 'A';
    entry.reason[3] = '4';
    entry.status = 16;
    entry.state = 17;
    entry.type = 18;
    entry.reserved = 19;
    const EntryValue value = value_of(entry);
    const auto read = entry_of(entry.id, {value.data(), value.size()});
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(read->id, entry.id);
    EXPECT_EQ(read->created_sequence, entry.created_sequence);
    EXPECT_EQ(read->decided_sequence, entry.decided_sequence);
    EXPECT_EQ(read->decided_at, entry.decided_at);
    EXPECT_EQ(read->initiator, entry.initiator);
    EXPECT_EQ(read->payee, entry.payee);
    EXPECT_EQ(std::string_view(read->reason, 4), std::string_view(entry.reason, 4));
    EXPECT_EQ(read->status, entry.status);
    EXPECT_EQ(read->state, entry.state);
    EXPECT_EQ(read->type, entry.type);
    EXPECT_EQ(read->reserved, entry.reserved);
    EXPECT_FALSE(entry_of(entry.id, {value.data(), value.size() - 1}));
}

TEST(EntryCodec, ByteOrderOfKeysIsTimeOrder) {
    const base::TransferId early{.high = 0x00FF, .low = ~0ULL};
    const base::TransferId late{.high = 0x0100, .low = 0};
    EXPECT_LT(id_key_of(early), id_key_of(late));
    const IdKey key = id_key_of(late);
    EXPECT_EQ(id_of_key({key.data(), key.size()}), late);
    EXPECT_LT(payment_key_of(base::ParticipantId(1), base::Sequence(256)),
              payment_key_of(base::ParticipantId(1), base::Sequence(257)));
    EXPECT_LT(payment_key_of(base::ParticipantId(1), base::Sequence(~0ULL)),
              payment_key_of(base::ParticipantId(2), base::Sequence(0)));
}

}  // namespace
}  // namespace ayni::history
