#include "walletsim/books.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/mark.h"

namespace ayni::walletsim {
namespace {

constexpr base::TransferId id{.high = 0x0190'0000'0000'7000, .low = 1};
constexpr std::int64_t amount = 1'250;

Answer yes() { return {.yes = true, .reason = {}}; }
Answer no(const std::string& reason) { return {.yes = false, .reason = reason}; }

/// One message of the switch to the payee, and what it must be answered.
struct Step {
    enum class Kind { accept, committed, aborted, returned } kind;
    Answer expected;
    std::string refuse_with;
};

struct Order {
    const char* name;
    std::vector<Step> steps;
    TransferState end;
    std::int64_t balance;
};

using enum Step::Kind;

const std::vector<Order> orders = {
    {"accepted_and_committed",
     {{accept, yes(), ""}, {committed, yes(), ""}},
     TransferState::credited,
     amount},
    {"accept_twice",
     {{accept, yes(), ""}, {accept, yes(), ""}, {committed, yes(), ""}},
     TransferState::credited,
     amount},
    {"commit_twice",
     {{accept, yes(), ""}, {committed, yes(), ""}, {committed, yes(), ""}},
     TransferState::credited,
     amount},
    {"accept_again_after_commit",
     {{accept, yes(), ""}, {committed, yes(), ""}, {accept, yes(), ""}},
     TransferState::credited,
     amount},
    {"abort_after_accept",
     {{accept, yes(), ""}, {aborted, yes(), ""}, {aborted, yes(), ""}},
     TransferState::released,
     0},
    {"abort_before_accept",
     {{aborted, yes(), ""}, {accept, no("AB05"), ""}},
     TransferState::released,
     0},
    {"accept_again_after_abort",
     {{accept, yes(), ""}, {aborted, yes(), ""}, {accept, no("AB05"), ""}},
     TransferState::released,
     0},
    {"commit_after_abort",
     {{accept, yes(), ""}, {aborted, yes(), ""}, {committed, no("MS03"), ""}},
     TransferState::released,
     0},
    {"abort_after_commit_takes_nothing_back",
     {{accept, yes(), ""}, {committed, yes(), ""}, {aborted, yes(), ""}},
     TransferState::credited,
     amount},
    {"refused_then_aborted",
     {{accept, no("AC04"), "AC04"}, {accept, no("AC04"), ""}, {aborted, yes(), ""}},
     TransferState::refused,
     0},
    {"refused_then_committed",
     {{accept, no("AC04"), "AC04"}, {committed, no("MS03"), ""}},
     TransferState::refused,
     0},
    {"refused_after_commit_then_returned",
     {{accept, yes(), ""},
      {committed, no("AC06"), "AC06"},
      {committed, no("AC06"), ""},
      {returned, yes(), ""},
      {accept, yes(), ""}},
     TransferState::refused_after_commit,
     0},
};

class PayeeOrders : public testing::TestWithParam<Order> {};

TEST_P(PayeeOrders, AnswersAndEndsAsItMust) {
    const Order& order = GetParam();
    Books books({});
    ASSERT_TRUE(books.open("999000001", 0));
    for (std::size_t i = 0; i < order.steps.size(); ++i) {
        SCOPED_TRACE(i);
        const Step& step = order.steps[i];
        const IncomingTransfer transfer{
            .id = id, .payee_account = "999000001", .currency_code = "PEN", .amount = amount};
        switch (step.kind) {
            case accept: EXPECT_EQ(books.accept(transfer, step.refuse_with), step.expected); break;
            case committed:
                EXPECT_EQ(books.outcome(id, Ending::committed, "", step.refuse_with),
                          step.expected);
                break;
            case aborted:
                EXPECT_EQ(books.outcome(id, Ending::aborted, "AB05"), step.expected);
                break;
            case returned:
                EXPECT_EQ(books.outcome(id, Ending::returned, "AC06"), step.expected);
                break;
        }
        EXPECT_TRUE(books.totals().agree());
    }
    EXPECT_EQ(books.find(id)->state, order.end);
    EXPECT_EQ(books.find("999000001")->balance, order.balance);
    EXPECT_EQ(books.totals().received, order.balance);
    EXPECT_EQ(books.totals().promised, 0);
    EXPECT_EQ(books.totals().promises, 0U);
}

INSTANTIATE_TEST_SUITE_P(Books, PayeeOrders, testing::ValuesIn(orders),
                         [](const auto& param_info) { return std::string(param_info.param.name); });

IncomingTransfer incoming(std::string_view account) {
    return {.id = id, .payee_account = account, .currency_code = "PEN", .amount = amount};
}

TEST(Books, OutcomeBeforeAcceptIsMarked) {
    Books books({});
    const unsigned long before = base::mark_hits("walletsim.outcome_before_accept");
    EXPECT_EQ(books.outcome(id, Ending::aborted, "AB05"), yes());
#ifdef AYNI_MARKS
    EXPECT_EQ(base::mark_hits("walletsim.outcome_before_accept"), before + 1);
#else
    EXPECT_EQ(base::mark_hits("walletsim.outcome_before_accept"), before);
#endif
}

TEST(Books, CommitOfWhatItNeverHeardOfIsRefused) {
    Books books({});
    EXPECT_EQ(books.outcome(id, Ending::committed, ""), no("MS03"));
    EXPECT_EQ(books.find(id), nullptr);
}

TEST(Books, RefusesWhatItCanNotCredit) {
    Books books({});
    books.open("999000001", 0);
    const auto answer_to = [&books](std::uint64_t low, IncomingTransfer transfer) {
        transfer.id.low = low;
        return books.accept(transfer);
    };
    EXPECT_EQ(answer_to(1, incoming("nobody")), no("AC01"));
    IncomingTransfer dollars = incoming("999000001");
    dollars.currency_code = "USD";
    EXPECT_EQ(answer_to(2, dollars), no("AM03"));
    IncomingTransfer nothing = incoming("999000001");
    nothing.amount = 0;
    EXPECT_EQ(answer_to(3, nothing), no("AM12"));
    nothing.amount = -5;
    EXPECT_EQ(answer_to(4, nothing), no("AM12"));
    nothing.amount = Books::largest_amount + 1;
    EXPECT_EQ(answer_to(5, nothing), no("AM12"));
    EXPECT_EQ(books.totals().promises, 0U);
}

TEST(Books, OpensOnCreditWhenToldTo) {
    Books books({.currency = base::Currency::pen, .open_on_credit = true});
    EXPECT_EQ(books.accept(incoming("999000009")), yes());
    EXPECT_EQ(books.outcome(id, Ending::committed, ""), yes());
    EXPECT_EQ(books.find("999000009")->balance, amount);
    IncomingTransfer nameless = incoming("");
    nameless.id.low = 2;
    EXPECT_EQ(books.accept(nameless), no("AC01"));
}

class Payer : public testing::Test {
protected:
    Payer() : books({}) { books.open("999000001", 2'000); }

    void expect(std::int64_t balance, std::int64_t held, std::int64_t sent) {
        EXPECT_EQ(books.find("999000001")->balance, balance);
        EXPECT_EQ(books.find("999000001")->held, held);
        EXPECT_EQ(books.totals().held, held);
        EXPECT_EQ(books.totals().sent, sent);
        EXPECT_TRUE(books.totals().agree());
    }

    Books books;
    const Payment payment{.id = id,
                          .payer_account = "999000001",
                          .payee_participant = "bim",
                          .payee_account = "988",
                          .remittance_text = "cena",
                          .amount = amount,
                          .timeout_ms = 5'000};
};

TEST_F(Payer, HoldsAndSends) {
    EXPECT_EQ(books.hold(payment), yes());
    expect(750, amount, 0);
    EXPECT_EQ(books.pending().at(id), payment);
    books.settle(id, Ending::committed, "");
    books.settle(id, Ending::committed, "");
    expect(750, 0, amount);
    EXPECT_TRUE(books.pending().empty());
    EXPECT_EQ(books.contradictions(), 0U);
}

TEST_F(Payer, AbortFreesTheHoldOnce) {
    EXPECT_EQ(books.hold(payment), yes());
    books.settle(id, Ending::aborted, "AB05");
    books.settle(id, Ending::aborted, "AB05");
    expect(2'000, 0, 0);
    EXPECT_EQ(books.find(id)->state, TransferState::freed);
}

TEST_F(Payer, ReturnAfterCommitCreditsBackOnce) {
    EXPECT_EQ(books.hold(payment), yes());
    books.settle(id, Ending::committed, "");
    EXPECT_EQ(books.outcome(id, Ending::returned, "AC06"), yes());
    EXPECT_EQ(books.outcome(id, Ending::returned, "AC06"), yes());
    expect(2'000, 0, 0);
    // The switch's late answer to the request itself changes nothing.
    books.settle(id, Ending::committed, "");
    expect(2'000, 0, 0);
    EXPECT_EQ(books.contradictions(), 0U);
}

TEST_F(Payer, ReturnBeforeItLearnedOfTheCommit) {
    EXPECT_EQ(books.hold(payment), yes());
    EXPECT_EQ(books.outcome(id, Ending::returned, "AC06"), yes());
    expect(2'000, 0, 0);
    EXPECT_TRUE(books.pending().empty());
}

TEST_F(Payer, CommitAfterAbortIsCountedAndMovesNothing) {
    EXPECT_EQ(books.hold(payment), yes());
    books.settle(id, Ending::aborted, "AB05");
    books.settle(id, Ending::committed, "");
    expect(2'000, 0, 0);
    EXPECT_EQ(books.contradictions(), 1U);
}

TEST_F(Payer, RefusesWhatCanNotBePaid) {
    Payment wrong = payment;
    wrong.amount = 2'001;
    EXPECT_EQ(books.hold(wrong), no("AM04"));
    wrong.amount = 0;
    EXPECT_EQ(books.hold(wrong), no("AM12"));
    wrong.amount = amount;
    wrong.payer_account = "nobody";
    EXPECT_EQ(books.hold(wrong), no("AC01"));
    expect(2'000, 0, 0);
    EXPECT_FALSE(books.find(id));
    EXPECT_EQ(books.hold(payment), yes());
    EXPECT_EQ(books.hold(payment), no("AM04"));
    EXPECT_EQ(books.accept(incoming("999000001")), no("AM05"));
}

}  // namespace
}  // namespace ayni::walletsim
