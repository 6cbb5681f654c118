#include "projection/words.h"

#include <gtest/gtest.h>

#include "projection/copy_rows.h"

namespace ayni {
namespace {

std::string text_of(std::string_view bytes) {
    return projection::text_of({bytes.data(), bytes.size()});
}

TEST(Words, OfEachStateTypeAndStatusLeadBack) {
    for (const auto status : ledger::all_statuses) {
        EXPECT_EQ(projection::status_of(to_string(status)), status);
    }
    using ledger::TransferState;
    for (const auto state :
         {TransferState::reserved, TransferState::committed, TransferState::aborted,
          TransferState::rejected, TransferState::returned}) {
        EXPECT_EQ(projection::transfer_state_of(projection::word_of(state)), state);
    }
    EXPECT_EQ(projection::transfer_type_of("funds_in"), ledger::TransferType::funds_in);
    EXPECT_FALSE(projection::transfer_state_of("gone"));
    EXPECT_FALSE(projection::transfer_type_of(""));
    EXPECT_FALSE(projection::status_of("OK"));
}

TEST(Words, WhatIsNoEnumeratorIsItsNumber) {
    EXPECT_EQ(projection::word_of(static_cast<base::Currency>(36)), "036");
    EXPECT_EQ(projection::word_of(static_cast<ledger::ParticipantState>(9)), "9");
    EXPECT_EQ(projection::word_of(static_cast<ledger::AccountKind>(0)), "0");
}

TEST(Words, TextIsFitForADatabase) {
    using namespace std::string_view_literals;
    EXPECT_EQ(text_of("ref 12\0\0\0"sv), "ref 12");
    EXPECT_EQ(text_of("\xC3\xB1u \xE2\x82\xAC \xF0\x9F\x92\xB8"),
              "\xC3\xB1u \xE2\x82\xAC \xF0\x9F\x92\xB8");
    EXPECT_EQ(text_of("a\0b"sv),
              "a\xEF\xBF\xBD"
              "b");
    EXPECT_EQ(text_of("a\tb\x7F"),
              "a\xEF\xBF\xBD"
              "b\xEF\xBF\xBD");
    EXPECT_EQ(text_of("cut \xC3"), "cut \xEF\xBF\xBD");
    // Overlong, surrogate, and beyond Unicode: each byte by itself.
    EXPECT_EQ(text_of("\xC0\xAF"), "\xEF\xBF\xBD\xEF\xBF\xBD");
    EXPECT_EQ(text_of("\xED\xA0\x80"), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
    EXPECT_EQ(text_of("\xF4\x90\x80\x80").size(), 12U);
    EXPECT_EQ(text_of(""), "");
}

TEST(CopyRowsDeathTest, ARowHasAllItsColumns) {
    projection::CopyRows rows(2);
    rows.begin_row();
    rows.add_bigint(1);
    EXPECT_DEATH(rows.begin_row(), "columns_left_");
    rows.add_bigint(2);
    EXPECT_DEATH(rows.add_bigint(3), "columns_left_");
}

}  // namespace
}  // namespace ayni
