#include "journal/file_tail.h"

#include <fmt/format.h>

#include <array>
#include <map>

#include "base/assert.h"
#include "base/mark.h"
#include "journal/codec.h"
#include "journal/scanner.h"
#include "journal/segment.h"

namespace ayni::journal {
namespace {

Place behind(Place place, std::size_t payload_bytes) {
    return {place.segment, place.offset + encoded_bytes(payload_bytes)};
}

/// Walks from batch to batch by their headers, which it reads anew each time.
class HeaderWalk {
public:
    HeaderWalk(FileSystem& files, std::filesystem::path directory)
        : files_(files), directory_(std::move(directory)) {}

    struct Found {
        bool is_batch = false;  ///< By its first bytes; otherwise it is anything.
        BatchHeader header = {};
        std::size_t payload_bytes = 0;
    };
    /// What stands at `place` at this moment, unverified; nothing where there are zeros, or no such
    /// segment.
    [[nodiscard]] base::Result<std::optional<Found>> at(Place place) {
        if (const auto opened = use(place.segment); !opened) return tl::unexpected(opened.error());
        if (file_ == nullptr) return std::nullopt;
        std::array<std::byte, header_bytes> head;
        if (const auto error = file_->read(head, place.offset)) {
            return base::failure(place.to_string(), "can not be read: " + error.message());
        }
        if (is_zero(head)) return std::nullopt;
        const auto payload_bytes = framed_payload_bytes(head);
        if (!payload_bytes) return Found{};
        return Found{
            .is_batch = true, .header = peek_header(head), .payload_bytes = *payload_bytes};
    }

    /// Whether a batch has begun at `place`.
    [[nodiscard]] base::Result<bool> has_batch_at(Place place) {
        const auto found = at(place);
        if (!found) return tl::unexpected(found.error());
        return *found && (*found)->is_batch;
    }

    [[nodiscard]] base::Result<void> sync(std::uint32_t segment) {
        if (const auto opened = use(segment); !opened) return opened;
        ASSERT(file_ != nullptr);
        if (const auto error = file_->sync()) {
            return base::failure(segment_name(segment), "can not be synced: " + error.message());
        }
        return {};
    }

private:
    base::Result<void> use(std::uint32_t segment) {
        if (file_ != nullptr && segment_ == segment) return {};
        file_.reset();
        auto opened = files_.open(directory_ / segment_name(segment), Access::read);
        if (!opened && opened.error() == std::errc::no_such_file_or_directory) return {};
        if (!opened) {
            return base::failure(segment_name(segment),
                                 "can not be opened: " + opened.error().message());
        }
        file_ = std::move(*opened);
        segment_ = segment;
        return {};
    }

    FileSystem& files_;
    const std::filesystem::path directory_;
    std::unique_ptr<File> file_;
    std::uint32_t segment_ = 0;
};

}  // namespace

struct FileTail::State {
    State(FileSystem& file_system, const std::filesystem::path& where)
        : files(file_system),
          directory(where),
          here(file_system, where),
          ahead(file_system, where),
          scout(file_system, where) {}

    FileSystem& files;
    const std::filesystem::path directory;
    BatchHeader genesis;
    std::optional<BatchHeader> previous;  ///< The last one visited.
    Place next;                           ///< Where the next one begins, or would.
    std::optional<SegmentReader> reader;

    // One file each, so that none is opened again at every look.
    HeaderWalk here;
    HeaderWalk ahead;
    HeaderWalk scout;
    std::optional<BatchHeader> newest;
    Place scout_next;

    base::Result<void> step_over();
    base::Result<bool> is_followed(Place place, std::size_t payload_bytes);
    base::Result<std::optional<Batch>> read_next();
    base::Result<std::optional<Batch>> look_closer();
    base::Result<Batch> checked(const Batch& batch) const;
    base::Result<void> begin_scouting();
};

/// Goes to the next segment where it has begun, and nothing was added to this one before it did.
base::Result<void> FileTail::State::step_over() {
    const Place first{next.segment + 1, first_batch_offset};
    const auto begun = ahead.has_batch_at(first);
    if (!begun) return tl::unexpected(begun.error());
    if (!*begun) return {};
    const auto still = here.at(next);
    if (!still) return tl::unexpected(still.error());
    if (*still) {
        MARK("journal.tail_filled_up_before_the_next_segment");
        return {};
    }
    next = first;
    return {};
}

/// Whether the writer has begun another batch behind the one at `place`, which is durable then.
base::Result<bool> FileTail::State::is_followed(Place place, std::size_t payload_bytes) {
    const auto follower = here.has_batch_at(behind(place, payload_bytes));
    if (!follower || *follower) return follower;
    return ahead.has_batch_at({place.segment + 1, first_batch_offset});
}

base::Result<Batch> FileTail::State::checked(const Batch& batch) const {
    const char* fault =
        previous ? fault_in_chain(*previous, batch.header) : fault_in_genesis(batch.header);
    if (fault == nullptr && hash_of(batch) != batch.header.hash) {
        fault = "has another hash than its contents";
    }
    if (fault == nullptr) return batch;
    return base::failure(next.to_string(), fmt::format("batch {} is damaged: it {}",
                                                       batch.header.number.value(), fault));
}

/// Something is there that is no whole batch: one that is being written, or damage. The scanner can
/// tell them apart, by looking at all that follows.
base::Result<std::optional<Batch>> FileTail::State::look_closer() {
    auto segments = list_segments(files, directory);
    if (!segments) return tl::unexpected(segments.error());
    Scanner scanner(files, directory, std::move(*segments));
    scanner.start_at(next);
    const auto batch = scanner.next(false);
    if (!batch) return tl::unexpected(batch.error());
    MARK("journal.tail_met_an_unfinished_batch");
    return std::nullopt;  // whole by now, perhaps; the next look finds it
}

base::Result<std::optional<Batch>> FileTail::State::read_next() {
    auto found = here.at(next);
    if (found && !*found) {
        if (const auto stepped = step_over(); !stepped) return tl::unexpected(stepped.error());
        found = here.at(next);
    }
    if (!found) return tl::unexpected(found.error());
    if (!*found) return std::nullopt;
    if (!reader || reader->number() != next.segment) {
        auto opened = SegmentReader::open(files, directory, next.segment);
        if (!opened) return tl::unexpected(opened.error());
        reader = std::move(*opened);
    }
    auto decoded = reader->batch_at(next.offset);
    if (decoded && decoded->reading == Reading::broken) {
        // What was read ahead may be older than what is there.
        reader->forget();
        decoded = reader->batch_at(next.offset);
    }
    if (!decoded) return tl::unexpected(decoded.error());
    if (decoded->reading != Reading::whole) return look_closer();
    const auto batch = checked(decoded->batch);
    if (!batch) return tl::unexpected(batch.error());
    const auto followed = is_followed(next, batch->payload.size());
    if (!followed) return tl::unexpected(followed.error());
    if (!*followed) {
        MARK("journal.tail_synced_the_newest_batch");
        if (const auto synced = here.sync(next.segment); !synced) {
            return tl::unexpected(synced.error());
        }
    }
    return *batch;
}

/// From the first batch of the last segment that has one.
base::Result<void> FileTail::State::begin_scouting() {
    const auto segments = list_segments(files, directory);
    if (!segments) return tl::unexpected(segments.error());
    for (auto segment = segments->rbegin(); segment != segments->rend(); ++segment) {
        scout_next = {*segment, first_batch_offset};
        const auto found = scout.has_batch_at(scout_next);
        if (!found) return tl::unexpected(found.error());
        if (*found) return {};
    }
    return {};
}

FileTail::FileTail(std::unique_ptr<State> state) : state_(std::move(state)) {}
FileTail::~FileTail() = default;
FileTail::FileTail(FileTail&&) noexcept = default;
FileTail& FileTail::operator=(FileTail&&) noexcept = default;

base::Result<FileTail> FileTail::open(const std::filesystem::path& directory,
                                      const std::optional<FileJournal::Start>& start,
                                      FileSystem* given) {
    FileSystem& files = given != nullptr ? *given : system_file_system();
    const auto genesis = FileJournal::genesis_in(directory, &files);
    if (!genesis) return tl::unexpected(genesis.error());
    if (!*genesis) {
        return base::failure("journal.directory", directory.string() + " holds no journal");
    }
    auto state = std::make_unique<State>(files, directory);
    state->genesis = **genesis;
    state->next = {1, first_batch_offset};
    if (!start) return FileTail(std::move(state));
    if (const auto good = FileJournal::check_start(directory, *start, &files); !good) {
        return tl::unexpected(good.error());
    }
    const Place place{start->segment, start->offset};
    const auto found = state->here.at(place);
    if (!found) return tl::unexpected(found.error());
    ASSERT(*found && (*found)->is_batch);
    state->previous = (*found)->header;
    state->next = behind(place, (*found)->payload_bytes);
    return FileTail(std::move(state));
}

const Hash& FileTail::genesis() const { return state_->genesis.hash; }

base::Result<void> FileTail::read(const std::function<bool(const Batch&)>& visit) {
    for (;;) {
        const auto batch = state_->read_next();
        if (!batch) return tl::unexpected(batch.error());
        if (!*batch) return {};
        state_->previous = (*batch)->header;
        state_->next = behind(state_->next, (*batch)->payload.size());
        if (!visit(**batch)) return {};
    }
}

base::Result<BatchHeader> FileTail::newest() {
    State& state = *state_;
    if (!state.newest) {
        if (const auto begun = state.begin_scouting(); !begun) {
            return tl::unexpected(begun.error());
        }
    }
    for (;;) {
        auto found = state.scout.at(state.scout_next);
        if (found && !*found) {
            const Place first{state.scout_next.segment + 1, first_batch_offset};
            found = state.scout.at(first);
            if (found && *found) state.scout_next = first;
        }
        if (!found) return tl::unexpected(found.error());
        if (!*found || !(*found)->is_batch) break;
        state.newest = (*found)->header;
        state.scout_next = behind(state.scout_next, (*found)->payload_bytes);
    }
    if (!state.newest) return state.genesis;
    return *state.newest;
}

}  // namespace ayni::journal
