#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "property/model.h"

/// How arbitrary bytes become commands. A generator and a fuzzer draw bytes alike, so both use
/// this: few participants, accounts and amounts, so that commands meet, and zero as the plainest
/// choice of each byte, so that what a shrinker finds is plain.
namespace ayni::property {

/// One command: its kind, and choices that each kind reads in its own order. The later bytes choose
/// what is seldom looked at.
inline constexpr std::size_t step_bytes = 20;
using Step = std::array<std::uint8_t, step_bytes>;

/// Reads bytes from the front; zeros when there are no more.
class Choices {
public:
    explicit Choices(const Step& step) : step_(step) {}

    std::uint8_t next() { return at_ < step_.size() ? step_[at_++] : std::uint8_t{0}; }
    /// One of `table`, all alike.
    template <typename Table>
    auto of(const Table& table) {
        return table[next() % std::size(table)];
    }
    /// True for `chances` of 256 bytes, and never for zero.
    bool seldom(unsigned chances) { return 256U - next() <= chances; }

private:
    const Step& step_;
    std::size_t at_ = 0;
};

/// Turns steps into commands, and remembers what it made, so that later steps speak of it.
class Script {
public:
    static constexpr std::int64_t start_ms = 1'790'000'000'000;

    struct Made {
        Command command;
        bool starts_batch = true;
        std::chrono::nanoseconds elapsed{0};  ///< Since the batch before.
    };
    /// `floor_ms` and `now` are the ledger's, so that ids are made on both sides of every border.
    Made make(const Step& step, JournalTime now, std::uint64_t floor_ms);

    /// The command was not rejected: decisions will be about it rather than about others.
    void accepted(const Command& command);

    /// Three participants, of which two have money, and accounts of theirs.
    [[nodiscard]] static std::vector<Command> preamble();

private:
    struct Asked {
        TransferId id;
        ParticipantId initiator;
        ParticipantId payee;
        bool is_payment = false;
    };

    Command make_command(Choices& choose);
    Command transfer(Choices& choose);
    Command payment(Choices& choose);
    Command raw(Choices& choose);
    Command garbage(Choices& choose);
    Command repeat(Choices& choose);
    Command funds_in(Choices& choose);
    template <typename Body>
    Command decision(Choices& choose);
    Command claim(Choices& choose);
    Command start_or_version(Choices& choose);
    TransferId id(Choices& choose);
    Asked asked(Choices& choose);
    void hosted_leg(Choices& choose, ParticipantId owner, Currency currency,
                    std::vector<ledger::CommandPosting>& postings);
    Command remember(Command command);

    JournalTime now_;
    std::uint64_t floor_ms_ = 0;
    std::uint64_t ids_made_ = 0;
    std::vector<Command> requests_;  ///< Transfers and funds in, in the order they were made.
    std::vector<Command> accepted_;  ///< Reservations among them.
};

/// A command in one line, for a counterexample.
[[nodiscard]] std::string describe(const Command& command);

/// The command as it stands in the journal, and back.
[[nodiscard]] ledger::CommandBuffer encode(const Command& command);
[[nodiscard]] Command decode(ledger::CommandView view);

}  // namespace ayni::property
