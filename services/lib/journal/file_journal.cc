#include "journal/file_journal.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/assert.h"
#include "base/mark.h"
#include "journal/codec.h"
#include "journal/command_index.h"
#include "journal/file.h"
#include "journal/scanner.h"
#include "journal/segment_maker.h"

namespace ayni::journal {
namespace {

constexpr std::size_t copy_bytes = 1 << 20;

Id random_id(base::Random& random) {
    Id id;
    const std::uint64_t words[2] = {random.next(), random.next()};
    static_assert(sizeof words == sizeof id);
    std::memcpy(id.data(), words, sizeof words);
    return id;
}

base::Result<void> check(const FileJournal::Options& options) {
    if (options.directory.empty()) {
        return base::failure("journal.directory", "is empty, and names no directory");
    }
    if (options.segment_bytes % block_bytes != 0) {
        return base::failure("journal.segment_mebibytes", "is no multiple of 4 KiB");
    }
    if (options.segment_bytes < min_segment_bytes) {
        return base::failure("journal.segment_mebibytes",
                             fmt::format("is less than {} bytes", min_segment_bytes));
    }
    return {};
}

FileSystem& files_of(FileSystem* given) { return given != nullptr ? *given : system_file_system(); }

tl::unexpected<base::Error> refuse_directory(const std::filesystem::path& directory,
                                             const char* what, std::error_code error) {
    return base::failure("journal.directory",
                         fmt::format("{} {}: {}", directory.string(), what, error.message()));
}

/// The batch at `place`, which may be any bytes.
base::Result<std::optional<BatchHeader>> header_at(FileSystem& files,
                                                   const std::filesystem::path& directory,
                                                   Place place) {
    auto reader = SegmentReader::open(files, directory, place.segment);
    if (!reader) return tl::unexpected(reader.error());
    const auto decoded = reader->batch_at(place.offset);
    if (!decoded) return tl::unexpected(decoded.error());
    if (decoded->reading != Reading::whole) return std::nullopt;
    if (hash_of(decoded->batch) != decoded->batch.header.hash) return std::nullopt;
    return decoded->batch.header;
}

bool is_present(FileSystem& files, const std::filesystem::path& directory, std::uint32_t segment) {
    const auto names = files.list(directory);
    return names && std::find(names->begin(), names->end(), segment_name(segment)) != names->end();
}

}  // namespace

struct FileJournal::State {
    State(FileSystem& file_system, const Options& given)
        : files(file_system), options(given), index(files, given.directory) {}

    FileSystem& files;
    const Options options;
    std::shared_ptr<void> lock;
    Recovery recovery;
    CommandIndex index;
    BatchHeader genesis;
    BatchHeader tail;
    Place tail_place;
    bool has_tail = false;

    // For writing only.
    Place end;
    std::uint64_t present_bytes = 0;
    std::unique_ptr<File> file;
    AlignedBuffer buffer;
    std::unique_ptr<SegmentMaker> maker;

    [[nodiscard]] SegmentMaker::Options maker_options() const {
        return {.directory = options.directory,
                .segment_bytes = options.segment_bytes,
                .low_water_bytes = options.low_water_bytes,
                .sync = options.sync,
                .in_background = options.in_background};
    }
    [[nodiscard]] std::filesystem::path path_of(std::uint32_t segment) const {
        return options.directory / segment_name(segment);
    }

    base::Result<void> prepare_directory();
    base::Result<Scanner> scan();
    base::Result<void> begin_at(const Start& start, Scanner& scanner);
    base::Result<void> cut(Scanner& scanner);
    base::Result<void> write_tail_again();
    base::Result<void> open_end();
    void begin(const base::Clock& clock, base::Random& random);
    void use_segment(std::uint32_t number);
    void write(const Batch& batch);
};

base::Result<void> FileJournal::State::prepare_directory() {
    const auto refuse = [&](const char* what, std::error_code error) {
        return refuse_directory(options.directory, what, error);
    };
    lock = options.lock;
    if (lock == nullptr) {
        auto taken = take_lock(options);
        if (!taken) return tl::unexpected(taken.error());
        lock = std::move(*taken);
    }
    const auto names = files.list(options.directory);
    if (!names) return refuse("can not be listed", names.error());
    for (const std::string& name : *names) {
        if (!is_unfinished_segment(name)) continue;
        MARK("journal.unfinished_segment_removed");
        if (const auto error = files.remove(options.directory / name)) {
            return refuse("holds an unfinished segment that can not be removed", error);
        }
    }
    return {};
}

base::Result<Scanner> FileJournal::State::scan() {
    auto segments = list_segments(files, options.directory);
    if (!segments) return tl::unexpected(segments.error());
    Scanner scanner(files, options.directory, std::move(*segments));
    if (options.start) {
        if (const auto begun = begin_at(*options.start, scanner); !begun) {
            return tl::unexpected(begun.error());
        }
    }
    for (;;) {
        // The chain links are checked here, the hashes by the replay that follows every opening.
        const auto batch = scanner.next(false);
        if (!batch) return tl::unexpected(batch.error());
        if (!*batch) break;
        if (!has_tail && !options.start) genesis = (*batch)->header;
        has_tail = true;
        tail = (*batch)->header;
        tail_place = scanner.batch_place();
        ++recovery.batches;
        index.add(tail, tail_place);
    }
    end = scanner.end_place();
    return scanner;
}

base::Result<void> FileJournal::State::begin_at(const Start& start, Scanner& scanner) {
    const auto known = genesis_in(options.directory, &files);
    if (!known) return tl::unexpected(known.error());
    if (!*known) return base::failure("journal.directory", "holds no genesis");
    genesis = **known;
    if (auto checked = check_start(options.directory, start, &files); !checked) return checked;
    scanner.start_at({start.segment, start.offset});
    return {};
}

base::Result<void> FileJournal::State::cut(Scanner& scanner) {
    const auto torn = scanner.find_torn();
    if (!torn) return tl::unexpected(torn.error());
    recovery.torn_bytes = torn->bytes;
    if (torn->first) recovery.torn_at = torn->first->to_string();
    if (torn->bytes > 0) MARK("journal.torn_tail_cut");

    // From the last one down, so that a crash in between leaves no gap.
    auto segments = list_segments(files, options.directory);
    if (!segments) return tl::unexpected(segments.error());
    const auto dirty = torn->later_segments;
    while (!dirty.empty() && !segments->empty() && segments->back() >= dirty.front()) {
        if (const auto error = files.remove(path_of(segments->back()))) {
            return base::failure(segment_name(segments->back()),
                                 "can not be removed: " + error.message());
        }
        MARK("journal.torn_segment_removed");
        segments->pop_back();
    }
    return {};
}

/// Copies the used part of the tail segment over itself, durably, and zeros over what is behind it.
/// What the page cache held is on the disk then, and old bytes can not look like a later batch.
base::Result<void> FileJournal::State::write_tail_again() {
    const auto source = files.open(path_of(end.segment), Access::read);
    if (!source) {
        return base::failure(segment_name(end.segment),
                             "can not be opened: " + source.error().message());
    }
    // Synced once at the end: a sync for each MiB would only make the restart longer.
    const auto target = files.open(path_of(end.segment), Access::append_unsynced);
    if (!target) {
        return base::failure(segment_name(end.segment),
                             "can not be opened: " + target.error().message());
    }
    const AlignedBuffer copy = make_aligned_buffer(copy_bytes);
    for (std::uint64_t offset = 0; offset < present_bytes; offset += copy_bytes) {
        const auto size = std::min<std::uint64_t>(copy_bytes, present_bytes - offset);
        const std::span<std::byte> bytes(copy.get(), size);
        if (const auto error = (*source)->read(bytes, offset)) {
            return base::failure(Place{end.segment, offset}.to_string(),
                                 "can not be read: " + error.message());
        }
        const bool is_past_end = offset >= end.offset;
        const bool has_file_bytes = offset + size <= *(*source)->size();
        if (is_past_end && has_file_bytes && is_zero(bytes)) continue;
        const std::uint64_t keep =
            is_past_end ? 0 : std::min<std::uint64_t>(size, end.offset - offset);
        std::memset(copy.get() + keep, 0, size - keep);
        FAULT_POINT("journal.writing_tail_again");
        if (const auto error = (*target)->write(bytes, offset)) {
            return base::failure(Place{end.segment, offset}.to_string(),
                                 "can not be written: " + error.message());
        }
    }
    if (!options.sync) return {};
    auto error = (*target)->sync();
    if (!error) error = files.sync_directory(options.directory);
    if (error) {
        return base::failure(segment_name(end.segment), "can not be synced: " + error.message());
    }
    return {};
}

void FileJournal::State::use_segment(std::uint32_t number) {
    auto opened =
        files.open(path_of(number), options.sync ? Access::append : Access::append_unsynced);
    if (!opened) files.stop_on_io_error(path_of(number), "open", opened.error());
    file = std::move(*opened);
}

/// Makes the place where the journal ends ready for appends.
base::Result<void> FileJournal::State::open_end() {
    if (end.segment != 0) {
        auto reader = SegmentReader::open(files, options.directory, end.segment);
        if (!reader) return tl::unexpected(reader.error());
        // Nothing is in a segment without a header, or it would have been called damaged.
        if (reader->header().reading == Reading::whole) {
            present_bytes = reader->bytes();
            if (const auto done = write_tail_again(); !done) return done;
            use_segment(end.segment);
            return {};
        }
        ASSERT(!has_tail);
        MARK("journal.first_segment_unusable");
        if (const auto error = files.remove(path_of(end.segment))) {
            return base::failure(segment_name(end.segment),
                                 "can not be removed: " + error.message());
        }
    }
    ASSERT(!has_tail);
    FAULT_POINT("journal.before_genesis");
    if (!SegmentMaker::make(files, maker_options(), 1)) {
        return base::failure("journal.directory",
                             fmt::format("{} has no room for a segment of {} bytes beside the low "
                                         "water of {} bytes",
                                         options.directory.string(), options.segment_bytes,
                                         options.low_water_bytes));
    }
    end = {1, first_batch_offset};
    present_bytes = options.segment_bytes;
    use_segment(1);
    return {};
}

void FileJournal::State::begin(const base::Clock& clock, base::Random& random) {
    std::array<std::byte, genesis_payload_bytes> payload{};
    Batch batch;
    if (options.genesis) {
        batch = *options.genesis;
        ASSERT(fault_in_genesis(batch.header) == nullptr);
    } else {
        const Id journal_id = random_id(random);
        const Id ledger_id = random_id(random);
        batch = make_genesis(journal_id, ledger_id, JournalTime{clock.wall().count()}, payload);
    }
    write(batch);
    genesis = batch.header;
    has_tail = true;
    recovery.batches = 1;
}

void FileJournal::State::write(const Batch& batch) {
    const std::size_t capacity = encoded_bytes(max_batch_payload_bytes);
    const std::size_t size = encode(batch, {buffer.get(), capacity});
    ASSERT(end.offset % block_bytes == 0);
    ASSERT(end.offset + size <= present_bytes);
    FAULT_POINT("journal.before_write");
    if (const auto error = file->write({buffer.get(), size}, end.offset)) {
        files.stop_on_io_error(path_of(end.segment), "write", error);
    }
    FAULT_POINT("journal.written");
    index.add(batch.header, end);
    tail_place = end;
    end.offset += size;
    tail = batch.header;
}

base::Result<FileJournal::Lock> FileJournal::take_lock(const Options& options) {
    FileSystem& files = files_of(options.files);
    if (const auto error = files.make_directory(options.directory)) {
        return refuse_directory(options.directory, "can not be made", error);
    }
    auto taken = files.lock_directory(options.directory);
    if (!taken && taken.error() == std::errc::resource_unavailable_try_again) {
        return base::failure("journal.directory",
                             options.directory.string() + " is in use by another process");
    }
    if (!taken) return refuse_directory(options.directory, "can not be locked", taken.error());
    return *taken;
}

base::Result<std::optional<BatchHeader>> FileJournal::genesis_in(
    const std::filesystem::path& directory, FileSystem* files) {
    if (!is_present(files_of(files), directory, 1)) return std::nullopt;
    auto header = header_at(files_of(files), directory, {1, first_batch_offset});
    if (header && *header && fault_in_genesis(**header) != nullptr) return std::nullopt;
    return header;
}

base::Result<void> FileJournal::check_start(const std::filesystem::path& directory,
                                            const Start& start, FileSystem* files) {
    const Place place{start.segment, start.offset};
    const auto absent = [&](const char* why) {
        return base::failure(place.to_string(),
                             fmt::format("batch {} is not here: {}", start.number.value(), why));
    };
    if (start.offset < first_batch_offset || start.offset % block_bytes != 0) {
        return absent("no batch can begin here");
    }
    if (!is_present(files_of(files), directory, start.segment)) {
        return absent("the segment is not there");
    }
    const auto header = header_at(files_of(files), directory, place);
    if (!header) return tl::unexpected(header.error());
    if (!*header) return absent("no whole batch is");
    if ((*header)->number != start.number) return absent("it is another one");
    if ((*header)->hash != start.hash) return absent("it has another hash");
    return {};
}

base::Result<std::unique_ptr<FileJournal>> FileJournal::open(const Options& options,
                                                             const base::Clock& clock,
                                                             base::Random& random) {
    if (const auto checked = check(options); !checked) return tl::unexpected(checked.error());
    FileSystem& files = files_of(options.files);
    auto state = std::make_unique<State>(files, options);
    if (const auto done = state->prepare_directory(); !done) return tl::unexpected(done.error());
    {
        auto scanner = state->scan();
        if (!scanner) return tl::unexpected(scanner.error());
        if (const auto done = state->cut(*scanner); !done) return tl::unexpected(done.error());
    }
    if (const auto done = state->open_end(); !done) return tl::unexpected(done.error());
    state->buffer = make_aligned_buffer(encoded_bytes(max_batch_payload_bytes));
    if (!state->has_tail) state->begin(clock, random);
    if (options.genesis && options.genesis->header.hash != state->genesis.hash) {
        return base::failure("journal.directory", options.directory.string() +
                                                      " holds another journal than the one that it "
                                                      "is to be a copy of");
    }

    const auto segments = list_segments(files, options.directory);
    if (!segments) return tl::unexpected(segments.error());
    const std::uint32_t next = state->end.segment + 1;
    const bool is_ready = segments->back() >= next;
    state->maker = std::make_unique<SegmentMaker>(files, state->maker_options(), next, is_ready);
    return std::unique_ptr<FileJournal>(new FileJournal(std::move(state)));
}

base::Result<std::unique_ptr<FileJournal>> FileJournal::open_to_read(
    const std::filesystem::path& directory, const std::optional<Start>& start, FileSystem* files) {
    auto state =
        std::make_unique<State>(files_of(files), Options{.directory = directory, .start = start});
    const auto scanner = state->scan();
    if (!scanner) return tl::unexpected(scanner.error());
    if (!state->has_tail) {
        return base::failure("journal.directory", directory.string() + " holds no journal");
    }
    return std::unique_ptr<FileJournal>(new FileJournal(std::move(state)));
}

FileJournal::FileJournal(std::unique_ptr<State> state) : state_(std::move(state)) {}
FileJournal::~FileJournal() = default;

AppendOutcome FileJournal::append(const Batch& batch) {
    State& state = *state_;
    ASSERT(state.maker != nullptr);  // not opened to read
    ASSERT(fault_in_chain(state.tail, batch.header) == nullptr);
    ASSERT(batch.header.format == format_version);
    ASSERT(!batch.payload.empty());
    ASSERT(batch.payload.size() % sizeof(std::uint64_t) == 0);
    ASSERT(batch.payload.size() <= max_batch_payload_bytes);
    const std::size_t size = encoded_bytes(batch.payload.size());
    if (state.end.offset + size > state.present_bytes) {
        ASSERT(first_batch_offset + size <= state.options.segment_bytes);
        const auto next = state.maker->take();
        if (!next) {
            MARK("journal.no_space");
            return AppendOutcome::no_space;
        }
        FAULT_POINT("journal.next_segment");
        state.use_segment(*next);
        const auto bytes = state.file->size();
        if (!bytes) state.files.stop_on_io_error(state.path_of(*next), "stat", bytes.error());
        state.end = {*next, first_batch_offset};
        state.present_bytes = *bytes;
        ASSERT(first_batch_offset + size <= state.present_bytes);
    }
    state.write(batch);
    state.maker->used(state.end.offset);
    return AppendOutcome::appended;
}

const BatchHeader& FileJournal::tail() const { return state_->tail; }
const BatchHeader& FileJournal::genesis() const { return state_->genesis; }
const FileJournal::Recovery& FileJournal::recovery() const { return state_->recovery; }
FileJournal::Start FileJournal::tail_start() const {
    return {.number = state_->tail.number,
            .hash = state_->tail.hash,
            .segment = state_->tail_place.segment,
            .offset = state_->tail_place.offset};
}

base::Result<void> FileJournal::replay(BatchNumber from,
                                       const std::function<void(const Batch&)>& visit) const {
    const State& state = *state_;
    const bool is_writer = state.maker != nullptr;
    if (is_writer && from > state.tail.number) return {};
    auto segments = list_segments(state.files, state.options.directory);
    if (!segments) return tl::unexpected(segments.error());
    Scanner scanner(state.files, state.options.directory, std::move(*segments));
    const auto start = state.index.place_before(from);
    ASSERT(start.has_value());
    if (start->segment != 1 || start->offset != first_batch_offset) scanner.start_at(*start);
    for (;;) {
        const auto batch = scanner.next(true);
        if (!batch) return tl::unexpected(batch.error());
        if (!*batch && is_writer) {
            return base::failure(scanner.end_place().to_string(),
                                 "a batch that was durable is no longer there");
        }
        if (!*batch) return {};
        const BatchNumber number = (*batch)->header.number;
        if (number >= from) visit(**batch);
        if (is_writer && number == state.tail.number) return {};
    }
}

std::uint64_t FileJournal::bytes_free() const {
    const State& state = *state_;
    std::uint64_t bytes = state.present_bytes - std::min(state.end.offset, state.present_bytes);
    if (state.maker != nullptr && state.maker->is_ready()) bytes += state.options.segment_bytes;
    const auto free = state.files.free_bytes(state.options.directory);
    if (!free || *free < state.options.low_water_bytes) return bytes;
    const std::uint64_t room = *free - state.options.low_water_bytes;
    return bytes + room / state.options.segment_bytes * state.options.segment_bytes;
}

base::Result<std::optional<CommandReader::Found>> FileJournal::read_command(
    Sequence sequence) const {
    return state_->index.read_command(sequence);
}

}  // namespace ayni::journal
