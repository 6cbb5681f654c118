#include "projectord/run.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/assert.h"
#include "telemetry/log.h"

namespace ayni::projectord {
namespace {

using base::Result;
using std::chrono::milliseconds;
using telemetry::Severity;

constexpr milliseconds first_pause{100};
constexpr milliseconds no_time{0};

}  // namespace

Run::Run(const config::ProjectorConfig& config, const base::Clock& clock, StopWithin stop_within,
         Figures& figures)
    : config_(config),
      clock_(clock),
      stop_within_(std::move(stop_within)),
      figures_(figures),
      source_(make_source(config)) {}

Run::~Run() = default;

Result<void> Run::run(Mode mode) {
    is_to_be_cleared_ = mode == Mode::rebuild;
    while (!stop_within_(no_time)) {
        lost_ = Lost::nothing;
        const auto end = work(mode);
        if (end && *end == End::stopped) return {};
        if (end) continue;
        if (lost_ == Lost::nothing || mode != Mode::follow) return tl::unexpected(end.error());
        if (pause_after(end.error())) return {};
    }
    return {};
}

/// Whether the process is to stop.
bool Run::pause_after(const base::Error& error) {
    figures_.is_connected = false;
    ++figures_.errors;
    pause_ = std::clamp(2 * pause_, first_pause,
                        milliseconds(config_.database.retry_at_most_milliseconds));
    telemetry::log(
        Severity::warning, lost_ == Lost::books ? "books_out_of_reach" : "journal_out_of_reach",
        {{"why", error.to_string()}, {"again_in_ms", fmt::format("{}", pause_.count())}});
    return stop_within_(pause_);
}

tl::unexpected<base::Error> Run::failure_of_books(const base::Error& error) {
    ASSERT(!writing_.valid());
    lost_ = Lost::books;
    writer_.reset();
    return tl::unexpected(error);
}

tl::unexpected<base::Error> Run::failure_of_journal(const base::Error& error) {
    lost_ = source_->is_away() ? Lost::journal : Lost::nothing;
    return tl::unexpected(error);
}

Result<Run::End> Run::work(Mode mode) {
    if (const auto connected = connect(); !connected) return tl::unexpected(connected.error());
    if (const auto resumed = resume(); !resumed) return tl::unexpected(resumed.error());
    if (projector_->sealed() != nullptr) begin_writing();
    const auto end = keep_up(mode);
    const Lost lost = lost_;
    const auto written = finish_writing();
    if (end && !written) return tl::unexpected(written.error());
    lost_ = lost;  // the first failure counts
    return end;
}

Result<void> Run::connect() {
    if (!writer_) {
        auto writer = projection::BookWriter::open(config_.database.connection);
        if (!writer) return failure_of_books(writer.error());
        writer_ = std::move(*writer);
        telemetry::log(Severity::info, "books_opened");
    }
    if (!is_to_be_cleared_) return {};
    if (const auto cleared = writer_->clear(); !cleared) return failure_of_books(cleared.error());
    is_to_be_cleared_ = false;
    return {};
}

/// Finds out where the books are, and stands there with a ledger.
Result<void> Run::resume() {
    const auto books = writer_->cursor();
    if (!books) return failure_of_books(books.error());
    if (*books) figures_.note_books(**books);
    if (projector_ && !projector_->needs()) {
        if (projector_->resume_at(*books)) return {};
        telemetry::log(Severity::warning, "books_moved",
                       {{"why", "they are not where this process left them"}});
    }
    return start_over(*books);
}

Result<void> Run::start_over(const std::optional<projection::Cursor>& books) {
    projector_.reset();
    auto replica = source_->open(books, room_);
    if (!replica) return failure_of_journal(replica.error());
    projector_ = std::make_unique<projection::Projector>(
        std::move(*replica), source_->journal(), books,
        projection::Projector::Options{.rows_per_transaction =
                                           config_.projection.rows_per_transaction});
    if (const auto good = projector_->check(); !good) return good;
    telemetry::log(
        Severity::info, "projection_starts",
        {{"books_sequence", fmt::format("{}", books ? books->last_sequence.value() : 0)},
         {"ledger_sequence", fmt::format("{}", projector_->ledger().last_sequence().value())}});
    return {};
}

Result<Run::End> Run::keep_up(Mode mode) {
    for (;;) {
        const auto end = read_to_the_end();
        if (!end || *end == End::needs_room) return end;
        if (stop_within_(no_time)) return End::stopped;
        if (!projector_->has_reached_books()) {
            return base::failure(
                "books",
                fmt::format("are at batch {}, and the journal ends at {}: it lost its end, "
                            "or is another one",
                            projector_->books()->batch.value(),
                            projector_->last_taken().value_or(base::BatchNumber(0)).value()));
        }
        if (const auto written = write_all(); !written) return tl::unexpected(written.error());
        if (const auto indexed = index(); !indexed) return tl::unexpected(indexed.error());
        figures_.has_caught_up = true;
        if (mode != Mode::follow) return End::stopped;
        if (stop_within_(milliseconds(config_.projection.poll_milliseconds))) return End::stopped;
    }
}

/// `stopped`: there is no more to read now.
Result<Run::End> Run::read_to_the_end() {
    Result<void> taken;
    const auto read = source_->read([&](const journal::Batch& batch) {
        taken = take(batch);
        return taken && !stop_within_(no_time);
    });
    if (!taken && !projector_->needs()) return tl::unexpected(taken.error());
    if (!taken) {
        telemetry::log(Severity::info, "ledger_grows", {{"why", taken.error().to_string()}});
        ledger::make_room(room_, *projector_->needs());
        return End::needs_room;
    }
    if (!read) return failure_of_journal(read.error());
    figures_.is_connected = true;
    return End::stopped;
}

Result<void> Run::take(const journal::Batch& batch) {
    figures_.is_connected = true;
    if (auto taken = projector_->take(batch); !taken) return taken;
    if (projector_->is_full()) return hand_over();
    // So that what went wrong is heard of soon, and the figures say what is so.
    return has_ended_writing() ? finish_writing() : Result<void>();
}

/// Waits until the chunk before is written, and has this one written.
Result<void> Run::hand_over() {
    if (auto written = finish_writing(); !written) return written;
    projector_->seal();
    begin_writing();
    return {};
}

void Run::begin_writing() {
    ASSERT(!writing_.valid());
    writing_ = std::async(std::launch::async, [this, chunk = projector_->sealed()] {
        const auto began = clock_.steady();
        auto written = writer_->write(*chunk);
        if (written) figures_.transaction_seconds.observe(clock_.steady() - began);
        return written;
    });
}

bool Run::has_ended_writing() const {
    return writing_.valid() && writing_.wait_for(no_time) == std::future_status::ready;
}

Result<void> Run::finish_writing() {
    if (!writing_.valid()) return {};
    if (const auto written = writing_.get(); !written) return failure_of_books(written.error());
    const projection::Chunk& chunk = *projector_->sealed();
    figures_.rows += chunk.rows();
    figures_.postings += chunk.postings();
    ++figures_.transactions;
    projector_->written();
    figures_.note_books(*projector_->books());
    pause_ = no_time;
    return {};
}

Result<void> Run::write_all() {
    if (!projector_->is_empty()) {
        if (auto begun = hand_over(); !begun) return begun;
    }
    return finish_writing();
}

Result<void> Run::index() {
    if (is_indexed_) return {};
    if (const auto indexed = writer_->index(); !indexed) return failure_of_books(indexed.error());
    is_indexed_ = true;
    return {};
}

}  // namespace ayni::projectord
