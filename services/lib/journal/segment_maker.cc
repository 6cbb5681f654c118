#include "journal/segment_maker.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/assert.h"
#include "base/mark.h"

namespace ayni::journal {
namespace {

constexpr std::size_t write_bytes = 1 << 20;
/// The next segment is filled twice as fast as the present one is used, and this much ahead.
constexpr std::uint64_t head_start_bytes = 8 << 20;

bool is_lack_of_room(std::error_code error) {
    return error == std::errc::no_space_on_device || error.value() == EDQUOT;
}

}  // namespace

template <typename MayGoOn>
bool SegmentMaker::make(FileSystem& files, const Options& options, std::uint32_t number,
                        const MayGoOn& may_go_on) {
    const auto path = options.directory / unfinished_segment_name(number);
    const auto free = files.free_bytes(options.directory);
    if (!free) files.stop_on_io_error(options.directory, "statvfs", free.error());
    if (*free < options.segment_bytes + options.low_water_bytes) {
        MARK("journal.below_low_water");
        return false;
    }

    auto opened = files.open(path, Access::fill);
    if (!opened && is_lack_of_room(opened.error())) return false;
    if (!opened) files.stop_on_io_error(path, "open", opened.error());
    const std::unique_ptr<File> file = std::move(*opened);
    const auto give_up = [&] {
        MARK("journal.segment_given_up");
        const auto error = files.remove(path);
        if (error) files.stop_on_io_error(path, "remove", error);
        return false;
    };
    if (const auto error = file->allocate(options.segment_bytes)) {
        if (is_lack_of_room(error)) return give_up();
        files.stop_on_io_error(path, "allocate", error);
    }
    const AlignedBuffer buffer = make_aligned_buffer(write_bytes);
    std::memset(buffer.get(), 0, write_bytes);
    encode_segment_header({.number = number, .bytes = options.segment_bytes},
                          {buffer.get(), block_bytes});
    for (std::uint64_t filled = 0; filled < options.segment_bytes;) {
        if (!may_go_on(filled)) return give_up();
        const auto size = std::min<std::uint64_t>(write_bytes, options.segment_bytes - filled);
        if (const auto error = file->write({buffer.get(), size}, filled)) {
            if (is_lack_of_room(error)) return give_up();
            files.stop_on_io_error(path, "write", error);
        }
        std::memset(buffer.get(), 0, block_bytes);
        filled += size;
    }
    if (options.sync) {
        if (const auto error = file->sync()) files.stop_on_io_error(path, "sync", error);
    }
    FAULT_POINT("journal.segment_filled");
    const auto final_path = options.directory / segment_name(number);
    if (const auto error = files.rename(path, final_path)) {
        files.stop_on_io_error(path, "rename", error);
    }
    if (options.sync) {
        FAULT_POINT("journal.segment_renamed");
        const auto error = files.sync_directory(options.directory);
        if (error) files.stop_on_io_error(options.directory, "sync", error);
    }
    return true;
}

bool SegmentMaker::make(FileSystem& files, const Options& options, std::uint32_t number) {
    return make(files, options, number, [](std::uint64_t) { return true; });
}

SegmentMaker::SegmentMaker(FileSystem& files, const Options& options, std::uint32_t next_number,
                           bool is_ready)
    : files_(files),
      options_(options),
      next_number_(next_number),
      is_ready_(is_ready),
      thread_(options.in_background ? std::thread([this] { work(); }) : std::thread()) {}

SegmentMaker::~SegmentMaker() {
    if (!options_.in_background) return;
    {
        const std::lock_guard lock(mutex_);
        is_stopping_ = true;
    }
    to_maker_.notify_all();
    thread_.join();
}

bool SegmentMaker::is_ready() const {
    const std::lock_guard lock(mutex_);
    return is_ready_;
}

std::optional<std::uint32_t> SegmentMaker::take() {
    if (!options_.in_background && !is_ready_) is_ready_ = make(files_, options_, next_number_);
    std::unique_lock lock(mutex_);
    if (!is_ready_ && options_.in_background) {
        MARK("journal.waits_for_segment");
        is_refused_ = false;
        is_wanted_now_ = true;
        to_maker_.notify_all();
        to_taker_.wait(lock, [&] { return is_ready_ || is_refused_; });
        is_wanted_now_ = false;
    }
    if (!is_ready_) return std::nullopt;
    is_ready_ = false;
    used_bytes_ = 0;
    told_bytes_ = 0;
    to_maker_.notify_all();
    return next_number_++;
}

void SegmentMaker::used(std::uint64_t bytes) {
    if (!options_.in_background) {
        const bool is_due = !is_ready_ && 2 * bytes >= options_.segment_bytes;
        if (is_due) is_ready_ = make(files_, options_, next_number_);
        return;
    }
    if (bytes - told_bytes_ < write_bytes) return;
    told_bytes_ = bytes;
    {
        const std::lock_guard lock(mutex_);
        used_bytes_ = bytes;
    }
    to_maker_.notify_all();
}

bool SegmentMaker::wait_for_turn(std::uint64_t filled) {
    std::unique_lock lock(mutex_);
    to_maker_.wait(lock, [&] {
        return is_stopping_ || is_wanted_now_ || filled < 2 * used_bytes_ + head_start_bytes;
    });
    return !is_stopping_;
}

void SegmentMaker::work() {
    for (;;) {
        std::uint32_t number = 0;
        {
            std::unique_lock lock(mutex_);
            to_maker_.wait(lock, [&] { return is_stopping_ || (!is_ready_ && !is_refused_); });
            if (is_stopping_) return;
            number = next_number_;
        }
        const bool is_made = make(files_, options_, number,
                                  [&](std::uint64_t filled) { return wait_for_turn(filled); });
        {
            const std::lock_guard lock(mutex_);
            is_ready_ = is_made;
            is_refused_ = !is_made;
        }
        to_taker_.notify_all();
    }
}

}  // namespace ayni::journal
