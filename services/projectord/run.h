#pragma once

#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <optional>

#include "base/clock.h"
#include "config/projector_config.h"
#include "projection/book_writer.h"
#include "projection/projector.h"
#include "projectord/figures.h"
#include "projectord/source.h"

namespace ayni::projectord {

/// Keeps books up with a journal: reads, writes, waits, and starts again from what the books say
/// whenever PostgreSQL was away. While one chunk is written, on a thread of its own, the next one
/// is gathered; not more than one is waiting. One thread calls.
class Run {
public:
    enum class Mode : std::uint8_t {
        follow,   ///< Until it is asked to stop.
        once,     ///< Until the books are where the journal ends. Does not wait for PostgreSQL.
        rebuild,  ///< The same, after emptying them.
    };

    /// Waits for at most a time, less when the process is to stop; whether it is.
    using StopWithin = std::function<bool(std::chrono::milliseconds)>;

    /// All must outlive it.
    Run(const config::ProjectorConfig& config, const base::Clock& clock, StopWithin stop_within,
        Figures& figures);
    /// Ends behind the transaction in work.
    ~Run();

    /// An error means that going on makes no sense: the journal is damaged, or not that of the
    /// books, or, but for `follow`, PostgreSQL did not do what it was asked.
    [[nodiscard]] base::Result<void> run(Mode mode);

private:
    /// How a stretch of work ended well.
    enum class End : std::uint8_t {
        stopped,     ///< The process is to stop, or has nothing left to do.
        needs_room,  ///< The ledger must be made anew, and larger.
    };
    /// What an error is about, when trying again later makes sense.
    enum class Lost : std::uint8_t { nothing, books, journal };

    [[nodiscard]] base::Result<End> work(Mode mode);
    [[nodiscard]] base::Result<void> connect();
    [[nodiscard]] base::Result<void> resume();
    [[nodiscard]] base::Result<void> start_over(const std::optional<projection::Cursor>& books);
    [[nodiscard]] base::Result<End> keep_up(Mode mode);
    [[nodiscard]] base::Result<End> read_to_the_end();
    [[nodiscard]] base::Result<void> take(const journal::Batch& batch);
    [[nodiscard]] base::Result<void> hand_over();
    void begin_writing();
    [[nodiscard]] bool has_ended_writing() const;
    [[nodiscard]] base::Result<void> finish_writing();
    [[nodiscard]] base::Result<void> write_all();
    [[nodiscard]] base::Result<void> index();

    [[nodiscard]] tl::unexpected<base::Error> failure_of_books(const base::Error& error);
    [[nodiscard]] tl::unexpected<base::Error> failure_of_journal(const base::Error& error);
    [[nodiscard]] bool pause_after(const base::Error& error);

    const config::ProjectorConfig& config_;
    const base::Clock& clock_;
    const StopWithin stop_within_;
    Figures& figures_;
    ledger::Options room_;
    std::optional<projection::BookWriter> writer_;
    const std::unique_ptr<Source> source_;
    std::unique_ptr<projection::Projector> projector_;
    bool is_to_be_cleared_ = false;
    bool is_indexed_ = false;
    Lost lost_ = Lost::nothing;
    std::chrono::milliseconds pause_{0};
    /// While it is valid, its thread alone uses the writer. The last member: it is waited for
    /// first.
    std::future<base::Result<void>> writing_;
};

}  // namespace ayni::projectord
