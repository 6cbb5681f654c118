#include "ayctl/journal_source.h"

#include "journal/file_tail.h"

namespace ayni::ayctl {
namespace {

using base::Result;
using journal_postgres::EncodedBatch;
using journal_postgres::PostgresReader;

base::Error naming(const std::string& name, const base::Error& error) {
    return {.field = name, .message = error.to_string()};
}

Result<NextBatch> batches_of_directory(const std::string& name) {
    struct State {
        journal::FileTail tail;
        EncodedBatch batch;
    };
    auto tail = journal::FileTail::open(name);
    if (!tail) return tl::unexpected(tail.error());
    const auto state = std::make_shared<State>(State{std::move(*tail), {}});
    return [state]() -> Result<const EncodedBatch*> {
        bool is_there = false;
        const auto read = state->tail.read([&](const journal::Batch& batch) {
            state->batch = journal_postgres::encode(batch);
            is_there = true;
            return false;
        });
        if (!read) return tl::unexpected(read.error());
        return is_there ? &state->batch : nullptr;
    };
}

Result<NextBatch> batches_of_database(const std::string& name) {
    auto opened = PostgresReader::open(name);
    if (!opened) return tl::unexpected(opened.error());
    const std::shared_ptr<PostgresReader> reader = std::move(*opened);
    const auto scanner = std::make_shared<journal_postgres::RowScanner>(reader->scan());
    return [reader, scanner] { return scanner->next(); };
}

}  // namespace

bool names_database(const std::string& name) {
    if (name.starts_with("postgresql://") || name.starts_with("postgres://")) return true;
    const std::size_t equals = name.find('=');
    return equals != std::string::npos && equals < name.find('/');
}

Result<ReadJournal> ReadJournal::open(const std::string& name) {
    ReadJournal read;
    if (names_database(name)) {
        auto rows = PostgresReader::open(name);
        if (!rows) return tl::unexpected(rows.error());
        read.rows_ = std::move(*rows);
    } else {
        auto files = journal::FileJournal::open_to_read(name);
        if (!files) return tl::unexpected(files.error());
        read.files_ = std::move(*files);
    }
    return read;
}

const journal::Journal& ReadJournal::journal() const {
    if (rows_) return *rows_;
    return *files_;
}

const journal::CommandReader& ReadJournal::commands() const {
    if (rows_) return *rows_;
    return *files_;
}

const journal::BatchHeader& ReadJournal::genesis() const {
    return rows_ ? rows_->genesis() : files_->genesis();
}

Result<NextBatch> batches_of(const std::string& name) {
    auto next = names_database(name) ? batches_of_database(name) : batches_of_directory(name);
    if (!next) return tl::unexpected(naming(name, next.error()));
    return [name, next = std::move(*next)]() -> Result<const EncodedBatch*> {
        auto batch = next();
        if (!batch) return tl::unexpected(naming(name, batch.error()));
        return batch;
    };
}

}  // namespace ayni::ayctl
