#include "projectord/run.h"

#include <fmt/format.h>

#include <algorithm>

#include "projectord/source.h"
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
    : config_(config), clock_(clock), stop_within_(std::move(stop_within)), figures_(figures) {}

Run::~Run() = default;

Result<void> Run::run(Mode mode) {
    bool is_to_be_cleared = mode == Mode::rebuild;
    while (!stop_within_(no_time)) {
        auto ready = connect();
        if (ready && is_to_be_cleared) {
            ready = writer_->clear();
            is_to_be_cleared = !ready;
        }
        if (!ready) {
            const auto goes_on = after_failure(mode, ready.error());
            if (!goes_on) return tl::unexpected(goes_on.error());
            if (!*goes_on) return {};
            continue;
        }
        const auto end = work(mode);
        if (!end) return tl::unexpected(end.error());
        if (*end == End::stopped) return {};
        if (*end == End::needs_room) continue;
        const auto goes_on = after_failure(mode, last_failure_);
        if (!goes_on) return tl::unexpected(goes_on.error());
        if (!*goes_on) return {};
    }
    return {};
}

/// False when the process is to stop.
Result<bool> Run::after_failure(Mode mode, const base::Error& error) {
    figures_.is_connected = false;
    ++figures_.errors;
    writer_.reset();
    if (mode != Mode::follow) return tl::unexpected(error);
    pause_ = std::clamp(2 * pause_, first_pause,
                        milliseconds(config_.database.retry_at_most_milliseconds));
    telemetry::log(
        Severity::warning, "books_out_of_reach",
        {{"why", error.to_string()}, {"again_in_ms", fmt::format("{}", pause_.count())}});
    return !stop_within_(pause_);
}

Result<void> Run::connect() {
    if (writer_) return {};
    auto writer = projection::BookWriter::open(config_.database.connection);
    if (!writer) return tl::unexpected(writer.error());
    writer_ = std::move(*writer);
    figures_.is_connected = true;
    telemetry::log(Severity::info, "books_opened");
    return {};
}

/// Finds out where the books are, and stands there with a ledger. Errors of PostgreSQL are in
/// `last_failure_`, with no projector; others are returned.
Result<void> Run::resume() {
    const auto books = writer_->cursor();
    if (!books) {
        last_failure_ = books.error();
        projector_.reset();
        return {};
    }
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
    source_.reset();
    auto opened = open_source(config_, books, room_);
    if (!opened) return tl::unexpected(opened.error());
    source_ = std::move(opened->source);
    projector_ = std::make_unique<projection::Projector>(
        std::move(opened->replica), source_->journal(), books,
        projection::Projector::Options{.rows_per_transaction =
                                           config_.projection.rows_per_transaction});
    if (const auto good = projector_->check(); !good) return good;
    telemetry::log(
        Severity::info, "projection_starts",
        {{"books_sequence", fmt::format("{}", books ? books->last_sequence.value() : 0)},
         {"ledger_sequence", fmt::format("{}", projector_->ledger().last_sequence().value())}});
    return {};
}

Result<Run::End> Run::work(Mode mode) {
    if (const auto resumed = resume(); !resumed) return tl::unexpected(resumed.error());
    if (!projector_) return End::lost;
    if (projector_->is_sealed() && !write()) return End::lost;
    for (;;) {
        const auto end = read_to_the_end();
        if (!end || *end != End::stopped) return end;
        if (stop_within_(no_time)) return End::stopped;
        if (!projector_->has_reached_books()) {
            return base::failure(
                "books",
                fmt::format("are at batch {}, and the journal ends at {}: it lost its end, "
                            "or is another one",
                            projector_->books()->batch.value(),
                            projector_->last_taken().value_or(base::BatchNumber(0)).value()));
        }
        if (projector_->has_unwritten() && !write()) return End::lost;
        if (!is_indexed_ && !index()) return End::lost;
        figures_.has_caught_up = true;
        if (mode != Mode::follow) return End::stopped;
        if (stop_within_(milliseconds(config_.projection.poll_milliseconds))) return End::stopped;
    }
}

/// `stopped`: there is no more to read now.
Result<Run::End> Run::read_to_the_end() {
    base::Result<void> taken;
    bool is_lost = false;
    const auto read = source_->read([&](const journal::Batch& batch) {
        taken = projector_->take(batch);
        if (!taken) return false;
        if (projector_->is_full()) {
            is_lost = !write();
        }
        return !is_lost && !stop_within_(no_time);
    });
    if (!read) return tl::unexpected(read.error());
    if (is_lost) return End::lost;
    if (taken) return End::stopped;
    if (!projector_->needs()) return tl::unexpected(taken.error());
    telemetry::log(Severity::info, "ledger_grows", {{"why", taken.error().to_string()}});
    ledger::make_room(room_, *projector_->needs());
    return End::needs_room;
}

bool Run::write() {
    const auto began = clock_.steady();
    const projection::Chunk& chunk = projector_->seal();
    const std::uint64_t rows = chunk.rows();
    const std::uint64_t postings = chunk.postings();
    const auto written = writer_->write(chunk);
    if (!written) {
        last_failure_ = written.error();
        return false;
    }
    projector_->written();
    figures_.transaction_seconds.observe(clock_.steady() - began);
    figures_.rows += rows;
    figures_.postings += postings;
    ++figures_.transactions;
    figures_.note_books(*projector_->books());
    pause_ = no_time;
    return true;
}

bool Run::index() {
    const auto indexed = writer_->index();
    if (!indexed) last_failure_ = indexed.error();
    is_indexed_ = indexed.has_value();
    return is_indexed_;
}

}  // namespace ayni::projectord
