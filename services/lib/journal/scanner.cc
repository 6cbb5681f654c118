#include "journal/scanner.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/assert.h"
#include "base/mark.h"

namespace ayni::journal {

base::Result<std::vector<std::uint32_t>> list_segments(FileSystem& files,
                                                       const std::filesystem::path& directory) {
    const auto names = files.list(directory);
    if (!names) {
        return base::failure(
            "journal.directory",
            fmt::format("{} can not be listed: {}", directory.string(), names.error().message()));
    }
    std::vector<std::uint32_t> segments;
    for (const std::string& name : *names) {
        if (const auto number = segment_number(name)) segments.push_back(*number);
    }
    std::sort(segments.begin(), segments.end());
    for (std::uint32_t i = 0; i < segments.size(); ++i) {
        if (segments[i] != i + 1) {
            return base::failure(segment_name(i + 1), "is missing, and later segments are there");
        }
    }
    return segments;
}

Scanner::Scanner(FileSystem& files, std::filesystem::path directory,
                 std::vector<std::uint32_t> segments)
    : files_(files), directory_(std::move(directory)), segments_(std::move(segments)) {
    if (!segments_.empty()) at_ = {segments_.front(), first_batch_offset};
}

void Scanner::start_at(Place place) {
    at_ = place;
    previous_.reset();
    is_first_checked_ = false;
}

base::Result<void> Scanner::open_segment(std::uint32_t number) {
    if (reader_ && reader_->number() == number) return {};
    auto reader = SegmentReader::open(files_, directory_, number);
    if (!reader) return tl::unexpected(reader.error());
    reader_ = std::move(*reader);
    return {};
}

std::vector<std::uint32_t> Scanner::later_segments() const {
    return {std::upper_bound(segments_.begin(), segments_.end(), at_.segment), segments_.end()};
}

base::Result<std::optional<Batch>> Scanner::accept(const Decoded& decoded, bool verify_hash) {
    const BatchHeader& header = decoded.batch.header;
    const char* fault = nullptr;
    if (previous_) {
        fault = fault_in_chain(*previous_, header);
    } else if (is_first_checked_) {
        fault = fault_in_genesis(header);
    }
    if (fault == nullptr && verify_hash && hash_of(decoded.batch) != header.hash) {
        fault = "has another hash than its contents";
    }
    if (fault != nullptr) {
        MARK("journal.batch_out_of_place");
        return base::failure(at_.to_string(), fmt::format("batch {} is damaged: it {}",
                                                          header.number.value(), fault));
    }
    previous_ = header;
    batch_place_ = at_;
    at_.offset += encoded_bytes(decoded.batch.payload.size());
    return decoded.batch;
}

base::Result<Scanner::Behind> Scanner::look_behind(SegmentReader& reader,
                                                   std::uint64_t from) const {
    Behind behind;
    for (std::uint64_t offset = from; offset + block_bytes <= reader.bytes();
         offset += block_bytes) {
        const auto block = reader.view(offset, block_bytes);
        if (!block) return tl::unexpected(block.error());
        if (is_zero(*block)) continue;
        behind.dirty_bytes += block_bytes;
        if (!behind.first_dirty) behind.first_dirty = Place{reader.number(), offset};
        const auto decoded = reader.batch_at(offset);
        if (!decoded) return tl::unexpected(decoded.error());
        if (decoded->reading != Reading::broken) behind.any_batch = true;
    }
    return behind;
}

base::Result<bool> Scanner::any_batch_in_later_segments() const {
    for (const std::uint32_t number : later_segments()) {
        auto later = SegmentReader::open(files_, directory_, number);
        if (!later) return tl::unexpected(later.error());
        const auto behind = look_behind(*later, first_batch_offset);
        if (!behind) return tl::unexpected(behind.error());
        if (behind->any_batch) return true;
    }
    return false;
}

base::Result<bool> Scanner::roll_over() {
    const auto later = later_segments();
    if (later.empty()) return false;
    auto reader = SegmentReader::open(files_, directory_, later.front());
    if (!reader) return tl::unexpected(reader.error());
    const auto decoded = reader->batch_at(first_batch_offset);
    if (!decoded) return tl::unexpected(decoded.error());
    // Another format is for `next` to refuse.
    if (decoded->reading == Reading::broken) return false;
    // A writer beside us may have gone on here before it began there; now it will not any more.
    reader_->forget();
    const auto here = reader_->batch_at(at_.offset);
    if (!here) return tl::unexpected(here.error());
    if (here->reading != Reading::broken) {
        MARK("journal.filled_up_while_it_was_read");
        return false;
    }
    reader_ = std::move(*reader);
    at_ = {later.front(), first_batch_offset};
    return true;
}

base::Result<std::optional<Batch>> Scanner::next(bool verify_hash) {
    if (at_.segment == 0) return std::nullopt;
    if (const auto opened = open_segment(at_.segment); !opened) {
        return tl::unexpected(opened.error());
    }
    auto decoded = reader_->batch_at(at_.offset);
    if (!decoded) return tl::unexpected(decoded.error());
    if (decoded->reading == Reading::other_format) {
        return base::failure(
            at_.to_string(),
            fmt::format("the batch has format {}, and this build reads format {} only; nothing was "
                        "changed",
                        decoded->format, format_version));
    }
    if (decoded->reading == Reading::whole) {
        if (reader_->header().reading == Reading::whole) return accept(*decoded, verify_hash);
        MARK("journal.segment_header_damaged");
        return base::failure(Place{at_.segment, 0}.to_string(),
                             "the segment's header is damaged, and batches follow it");
    }

    const auto behind = look_behind(*reader_, at_.offset);
    if (!behind) return tl::unexpected(behind.error());
    if (behind->dirty_bytes == 0) {
        const auto rolled = roll_over();
        if (!rolled) return tl::unexpected(rolled.error());
        if (*rolled) return next(verify_hash);
    }
    if (!behind->any_batch) {
        const auto any_later = any_batch_in_later_segments();
        if (!any_later) return tl::unexpected(any_later.error());
        if (!*any_later) return std::nullopt;
    }
    // A writer beside us may have completed this batch, and the next, while we looked behind it.
    reader_->forget();
    decoded = reader_->batch_at(at_.offset);
    if (!decoded) return tl::unexpected(decoded.error());
    if (decoded->reading == Reading::whole) return accept(*decoded, verify_hash);
    MARK("journal.damaged_middle");
    return base::failure(at_.to_string(),
                         "the batch here is damaged, and valid ones follow it: the journal is not "
                         "torn but damaged; restore it from a copy");
}

base::Result<Scanner::Torn> Scanner::find_torn() {
    Torn torn;
    if (at_.segment == 0) return torn;
    ASSERT(reader_.has_value());
    const auto here = look_behind(*reader_, at_.offset);
    if (!here) return tl::unexpected(here.error());
    torn.bytes = here->dirty_bytes;
    torn.first = here->first_dirty;
    for (const std::uint32_t number : later_segments()) {
        auto later = SegmentReader::open(files_, directory_, number);
        if (!later) return tl::unexpected(later.error());
        const auto behind = look_behind(*later, first_batch_offset);
        if (!behind) return tl::unexpected(behind.error());
        const bool is_empty = behind->dirty_bytes == 0 &&
                              later->header().reading == Reading::whole &&
                              later->file_bytes() == later->bytes();
        if (!is_empty) torn.later_segments.push_back(number);
        torn.bytes += behind->dirty_bytes;
        if (!torn.first) torn.first = behind->first_dirty;
    }
    return torn;
}

}  // namespace ayni::journal
