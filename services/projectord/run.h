#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>

#include "base/clock.h"
#include "config/projector_config.h"
#include "projection/book_writer.h"
#include "projection/projector.h"
#include "projectord/figures.h"

namespace ayni::projectord {

/// Keeps books up with a journal: reads, writes, waits, and starts again from what the books say
/// whenever PostgreSQL was away. One thread.
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
    ~Run();

    /// An error means that going on makes no sense: the journal is damaged, or not that of the
    /// books, or, but for `follow`, PostgreSQL did not do what it was asked.
    [[nodiscard]] base::Result<void> run(Mode mode);

private:
    /// How a stretch of work ended.
    enum class End : std::uint8_t {
        stopped,     ///< The process is to stop, or has nothing left to do.
        lost,        ///< PostgreSQL failed: connect again.
        needs_room,  ///< The ledger must be made anew, and larger.
    };

    [[nodiscard]] base::Result<void> connect();
    [[nodiscard]] base::Result<void> resume();
    [[nodiscard]] base::Result<void> start_over(const std::optional<projection::Cursor>& books);
    [[nodiscard]] base::Result<End> work(Mode mode);
    [[nodiscard]] base::Result<End> read_to_the_end();
    [[nodiscard]] bool write();
    [[nodiscard]] base::Result<bool> after_failure(Mode mode, const base::Error& error);
    [[nodiscard]] bool index();

    const config::ProjectorConfig& config_;
    const base::Clock& clock_;
    const StopWithin stop_within_;
    Figures& figures_;
    ledger::Options room_;
    std::optional<projection::BookWriter> writer_;
    std::unique_ptr<projection::BatchSource> source_;
    std::unique_ptr<projection::Projector> projector_;
    bool is_indexed_ = false;
    base::Error last_failure_;
    std::chrono::milliseconds pause_{0};
};

}  // namespace ayni::projectord
