#pragma once

#include <condition_variable>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "journal_postgres/postgres_journal.h"
#include "sequencer/sequencer.h"
#include "switchd/leader_link.h"

namespace ayni::switchd {

/// What a switch with a replicated journal does until it leads: applies what the leader appends,
/// answers reads from it, and tries to take over.
class Standby {
public:
    /// All must outlive it.
    Standby(journal_postgres::PostgresJournal& journal, sequencer::Sequencer& sequencer,
            LeaderLink& link, const base::Clock& clock)
        : journal_(journal), sequencer_(sequencer), link_(link), clock_(clock) {}

    /// On the sequencer's thread, after it caught up for the first time: returns true once this
    /// process leads and has said that it is reached at `address`, false when it was told to stop.
    /// An error when it can not go on: the journal holds something else than was applied here.
    [[nodiscard]] base::Result<bool> until_leading(const std::string& address);

    /// Any thread.
    void stop();

    /// HOST:PORT of the leader as far as is known, or empty. Any thread.
    [[nodiscard]] std::string leader() const;

private:
    [[nodiscard]] base::Result<bool> take_over(const std::string& address);
    [[nodiscard]] bool may_take_over();
    void learn_leader(const std::string& own_address);
    [[nodiscard]] bool wait();

    journal_postgres::PostgresJournal& journal_;
    sequencer::Sequencer& sequencer_;
    LeaderLink& link_;
    const base::Clock& clock_;
    std::chrono::nanoseconds next_claim_{0};

    mutable std::mutex mutex_;
    std::condition_variable stopped_;
    bool is_stopping_ = false;
    std::string leader_;
};

}  // namespace ayni::switchd
