#include "history/file_history.h"

#include <fmt/format.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <thread>

#include "base/assert.h"
#include "base/mark.h"
#include "history/entry_codec.h"

namespace ayni::history {
namespace {

using base::ParticipantId;
using base::Sequence;

constexpr const char* cursor_key = "cursor";
constexpr const char* journal_key = "journal";
/// Entries of one write: enough to be worth sorting, small enough to leave the caches warm.
constexpr std::size_t write_entries = 1 << 14;
/// The thread looks for work this often, and sooner when this many entries wait.
constexpr std::chrono::milliseconds look_interval{20};
constexpr std::size_t hurry_entries = 1 << 15;

template <std::size_t size>
rocksdb::Slice slice_of(const std::array<char, size>& bytes) {
    return {bytes.data(), size};
}

rocksdb::ColumnFamilyOptions table_options(bool has_point_look_ups) {
    rocksdb::ColumnFamilyOptions options;
    options.write_buffer_size = std::size_t{64} << 20U;
    options.max_write_buffer_number = 4;
    options.level_compaction_dynamic_level_bytes = true;
    options.compression = rocksdb::kNoCompression;
    options.bottommost_compression = rocksdb::kLZ4Compression;
    rocksdb::BlockBasedTableOptions table;
    if (has_point_look_ups) table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
    options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
    return options;
}

base::Error error_of(const std::filesystem::path& directory, const rocksdb::Status& status) {
    return {"history.directory", directory.string() + ": " + status.ToString()};
}

tl::unexpected<Failure> unreadable(const std::filesystem::path& directory, std::string_view what) {
    return tl::unexpected(
        Failure{.kind = Failure::Kind::unreadable,
                .error = {"history.directory", fmt::format("{}: {}", directory.string(), what)}});
}

/// See the crash policy: a broken disk stops the process, and the journal rebuilds the index.
void stop_unless_ok(const std::filesystem::path& directory, const rocksdb::Status& status) {
    if (status.ok()) return;
    std::fprintf(stderr, "history: writing to %s failed: %s. The process stops here.\n",
                 directory.c_str(), status.ToString().c_str());
    std::abort();
}

}  // namespace

struct FileHistory::State {
    explicit State(const Options& given) : options(given) {}
    ~State();

    const Options options;
    std::unique_ptr<rocksdb::DB> database;
    rocksdb::ColumnFamilyHandle* meta = nullptr;      // the cursor, and whose index this is
    rocksdb::ColumnFamilyHandle* entries = nullptr;   // by id
    rocksdb::ColumnFamilyHandle* payments = nullptr;  // by participant and creation, to the id

    // The sequencer's thread.
    Sequence skip_up_to;
    std::vector<Entry> recorded;

    // Between the two threads.
    mutable std::mutex mutex;
    mutable std::condition_variable to_thread;
    mutable std::condition_variable to_waiters;
    std::vector<Entry> waiting;
    Sequence waiting_up_to;
    bool is_stopping = false;
    std::atomic<std::uint64_t> stored_up_to{0};
    Statistics statistics;
    std::thread thread;

    base::Result<void> open();
    base::Result<void> read_cursor();
    base::Result<void> check_journal();
    void hand_over(Sequence up_to);
    void work();
    void store(std::vector<Entry>& taken, Sequence up_to);
};

base::Result<void> FileHistory::State::open() {
    std::error_code error;
    std::filesystem::create_directories(options.directory, error);
    if (error) {
        return base::failure("history.directory",
                             options.directory.string() + " can not be made: " + error.message());
    }
    rocksdb::DBOptions db_options;
    db_options.create_if_missing = true;
    db_options.create_missing_column_families = true;
    db_options.atomic_flush = true;  // cursor and data reach the disk together
    db_options.max_background_jobs = 2;
    db_options.max_open_files = 256;
    db_options.keep_log_file_num = 4;
    db_options.allow_concurrent_memtable_write = false;
    const std::vector<rocksdb::ColumnFamilyDescriptor> families{
        {rocksdb::kDefaultColumnFamilyName, table_options(false)},
        {"entries", table_options(true)},
        {"payments", table_options(false)}};
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    rocksdb::DB* opened = nullptr;
    const auto status =
        rocksdb::DB::Open(db_options, options.directory.string(), families, &handles, &opened);
    if (!status.ok()) return tl::unexpected(error_of(options.directory, status));
    database.reset(opened);
    ASSERT(handles.size() == families.size());
    meta = handles[0];
    entries = handles[1];
    payments = handles[2];
    if (const auto done = read_cursor(); !done) return done;
    return check_journal();
}

base::Result<void> FileHistory::State::read_cursor() {
    std::string value;
    const auto status = database->Get({}, meta, cursor_key, &value);
    if (status.IsNotFound()) return {};
    if (!status.ok()) return tl::unexpected(error_of(options.directory, status));
    std::uint64_t cursor = 0;
    if (value.size() != sizeof cursor) {
        return base::failure("history.directory", options.directory.string() +
                                                      " holds a damaged cursor; remove it, and "
                                                      "the journal rebuilds the index");
    }
    std::memcpy(&cursor, value.data(), sizeof cursor);
    skip_up_to = Sequence(cursor);
    waiting_up_to = skip_up_to;
    stored_up_to.store(cursor);
    return {};
}

base::Result<void> FileHistory::State::check_journal() {
    if (options.journal == decltype(options.journal){}) return {};
    const rocksdb::Slice mine(reinterpret_cast<const char*>(options.journal.data()),
                              options.journal.size());
    std::string value;
    auto status = database->Get({}, meta, journal_key, &value);
    if (status.ok() && rocksdb::Slice(value) == mine) return {};
    if (status.ok() || (status.IsNotFound() && !skip_up_to.is_zero())) {
        return base::failure("history.directory", options.directory.string() +
                                                      " indexes another journal; remove it, and "
                                                      "the journal rebuilds the index");
    }
    if (!status.IsNotFound()) return tl::unexpected(error_of(options.directory, status));
    rocksdb::WriteOptions write;
    write.disableWAL = true;
    status = database->Put(write, meta, journal_key, mine);
    if (!status.ok()) return tl::unexpected(error_of(options.directory, status));
    return {};
}

FileHistory::State::~State() {
    if (thread.joinable()) {
        {
            const std::lock_guard lock(mutex);
            is_stopping = true;
        }
        to_thread.notify_all();
        thread.join();
    }
    if (database == nullptr) return;
    for (rocksdb::ColumnFamilyHandle* family : {meta, entries, payments}) {
        if (family != nullptr) database->DestroyColumnFamilyHandle(family);
    }
}

void FileHistory::State::hand_over(Sequence up_to) {
    std::unique_lock lock(mutex);
    const auto has_room = [&] { return waiting.size() < options.queue_capacity_entries; };
    if (!has_room()) {
        MARK("history.waits_for_room");
        statistics.waits_for_room.fetch_add(1, std::memory_order_relaxed);
        to_thread.notify_all();
        to_waiters.wait(lock, has_room);
    }
    if (waiting.empty()) {
        waiting.swap(recorded);
    } else {
        waiting.insert(waiting.end(), recorded.begin(), recorded.end());
    }
    recorded.clear();
    waiting_up_to = std::max(waiting_up_to, up_to);
    const std::size_t count = waiting.size();
    statistics.entries_waiting.store(count, std::memory_order_relaxed);
    lock.unlock();
    if (count >= hurry_entries) to_thread.notify_all();
}

void FileHistory::State::work() {
    std::vector<Entry> taken;
    for (;;) {
        Sequence up_to;
        {
            std::unique_lock lock(mutex);
            const auto is_urgent = [&] {
                return is_stopping || waiting.size() >= hurry_entries ||
                       waiting.size() >= options.queue_capacity_entries;
            };
            to_thread.wait_for(lock, look_interval, is_urgent);
            up_to = waiting_up_to;
            const bool is_idle = waiting.empty() && up_to.value() == stored_up_to.load();
            if (is_idle && is_stopping) return;
            if (is_idle) continue;
            taken.swap(waiting);
            statistics.entries_waiting.store(0, std::memory_order_relaxed);
        }
        to_waiters.notify_all();
        store(taken, up_to);
        {
            // Under the lock, so that nobody who waits for it sleeps through it.
            const std::lock_guard lock(mutex);
            stored_up_to.store(up_to.value(), std::memory_order_release);
        }
        to_waiters.notify_all();
        taken.clear();
    }
}

void FileHistory::State::store(std::vector<Entry>& taken, Sequence up_to) {
    rocksdb::WriteOptions write;
    write.disableWAL = true;
    write.memtable_insert_hint_per_batch = true;  // sorted keys go in beside one another
    for (std::size_t from = 0; from < taken.size() || from == 0; from += write_entries) {
        const auto begin = taken.begin() + static_cast<std::ptrdiff_t>(from);
        const auto end = taken.begin() +
                         static_cast<std::ptrdiff_t>(std::min(from + write_entries, taken.size()));
        const bool is_last = end == taken.end();
        rocksdb::WriteBatch batch(static_cast<std::size_t>(end - begin) * 64 + 64);
        for (auto entry = begin; entry != end; ++entry) {
            if (entry->payee.is_zero() || entry->created_sequence != entry->decided_sequence) {
                continue;
            }
            const IdKey id = id_key_of(entry->id);
            for (const ParticipantId side : {entry->initiator, entry->payee}) {
                const PaymentKey key = payment_key_of(side, entry->created_sequence);
                stop_unless_ok(options.directory, batch.Put(payments, slice_of(key), slice_of(id)));
            }
        }
        // The later of two entries of one id must come last.
        std::stable_sort(begin, end, [](const Entry& a, const Entry& b) { return a.id < b.id; });
        for (auto entry = begin; entry != end; ++entry) {
            const IdKey key = id_key_of(entry->id);
            const EntryValue value = value_of(*entry);
            stop_unless_ok(options.directory, batch.Put(entries, slice_of(key), slice_of(value)));
        }
        if (is_last) {
            // Only the last write moves the cursor: `up_to` holds for all of them together.
            const std::uint64_t cursor = up_to.value();
            const rocksdb::Slice value(reinterpret_cast<const char*>(&cursor), sizeof cursor);
            stop_unless_ok(options.directory, batch.Put(meta, cursor_key, value));
        }
        stop_unless_ok(options.directory, database->Write(write, &batch));
        statistics.entries_stored.fetch_add(static_cast<std::uint64_t>(end - begin),
                                            std::memory_order_relaxed);
    }
}

base::Result<std::unique_ptr<FileHistory>> FileHistory::open(const Options& options) {
    if (options.queue_capacity_entries == 0) {
        return base::failure("history.queue_capacity_entries", "is zero, and nothing would fit");
    }
    auto state = std::make_unique<State>(options);
    if (const auto done = state->open(); !done) return tl::unexpected(done.error());
    state->thread = std::thread([raw = state.get()] { raw->work(); });
    return std::unique_ptr<FileHistory>(new FileHistory(std::move(state)));
}

FileHistory::FileHistory(std::unique_ptr<State> state) : state_(std::move(state)) {}
FileHistory::~FileHistory() = default;

void FileHistory::record(const Entry& entry) {
    if (entry.decided_sequence <= state_->skip_up_to) return;
    state_->recorded.push_back(entry);
}

void FileHistory::applied(Sequence sequence) {
    if (sequence <= state_->skip_up_to) return;
    state_->hand_over(sequence);
}

void FileHistory::hand_over() { state_->hand_over(state_->skip_up_to); }

Sequence FileHistory::as_of() const {
    return Sequence(state_->stored_up_to.load(std::memory_order_acquire));
}

Answer<Found> FileHistory::find(const base::TransferId& id) const {
    Found found{.as_of = as_of(), .entry = {}};  // first: what is stored meanwhile may be missed
    const IdKey key = id_key_of(id);
    rocksdb::PinnableSlice value;
    const auto status = state_->database->Get({}, state_->entries, slice_of(key), &value);
    if (status.IsNotFound()) return found;
    if (!status.ok()) return unreadable(state_->options.directory, status.ToString());
    found.entry = entry_of(id, value.ToStringView());
    if (!found.entry) {
        return unreadable(
            state_->options.directory,
            "the entry of " + base::to_string(id) + " has the wrong size: the index is damaged");
    }
    return found;
}

Answer<Listed> FileHistory::list(ParticipantId participant, Sequence before,
                                 std::size_t limit) const {
    Listed found{.as_of = as_of(), .entries = {}};
    const PaymentKey first = payment_key_of(participant, Sequence(0));
    // `before` itself is excluded; without one, everything below the next participant is included.
    const PaymentKey bound = before.is_zero() ? payment_key_of(participant.next(), Sequence(0))
                                              : payment_key_of(participant, before);
    rocksdb::ReadOptions read;
    const rocksdb::Slice lower = slice_of(first);
    const rocksdb::Slice upper = slice_of(bound);
    read.iterate_lower_bound = &lower;
    read.iterate_upper_bound = &upper;
    const std::unique_ptr<rocksdb::Iterator> payment(
        state_->database->NewIterator(read, state_->payments));
    for (payment->SeekToLast(); payment->Valid() && found.entries.size() < limit; payment->Prev()) {
        if (payment->value().size() != id_key_bytes) {
            return unreadable(state_->options.directory,
                              "a payment's id has the wrong size: the index is damaged");
        }
        const auto one = find(id_of_key(payment->value().ToStringView()));
        if (!one) return tl::unexpected(one.error());
        // Both are written by one batch, but the two reads are not one.
        if (one->entry) found.entries.push_back(*one->entry);
    }
    if (!payment->status().ok()) {
        return unreadable(state_->options.directory, payment->status().ToString());
    }
    return found;
}

void FileHistory::wait_until_stored(Sequence sequence) const {
    std::unique_lock lock(state_->mutex);
    state_->to_waiters.wait(lock, [&] { return as_of() >= sequence; });
}

base::Result<void> FileHistory::flush() {
    const auto status =
        state_->database->Flush({}, {state_->meta, state_->entries, state_->payments});
    if (!status.ok()) return tl::unexpected(error_of(state_->options.directory, status));
    return {};
}

const FileHistory::Statistics& FileHistory::statistics() const { return state_->statistics; }

}  // namespace ayni::history
