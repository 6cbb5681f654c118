#include "journal_postgres/row_tail.h"

#include <fmt/format.h>

#include <future>

#include "base/mark.h"
#include "database/attempt.h"
#include "journal/codec.h"
#include "journal_postgres/batch_rows.h"
#include "journal_postgres/session.h"

namespace ayni::journal_postgres {
namespace {

using base::BatchNumber;
using base::Result;
using journal::Batch;
using journal::BatchHeader;

constexpr std::size_t rows_at_once = 16;  // a batch has up to 4 MiB
constexpr const char* database_field = "journal.database";

std::string name_of(BatchNumber number) { return fmt::format("journal_batch {}", number.value()); }

const char* fault_in_place(RowTail::Place place) {
    switch (place) {
        case RowTail::Place::same: return nullptr;
        case RowTail::Place::missing:
            return "was read, and is not there any more: the database went back in time";
        case RowTail::Place::another:
            return "is another batch than the one that was read: the database has another history";
    }
    return nullptr;
}

/// Whether all that the session can see is durable as the operator configured. A commit waits for
/// that without a limit, whatever statement_timeout says; one of nothing can be cancelled.
bool is_confirmed(Session& session, std::chrono::milliseconds within) {
    auto barrier = std::async(std::launch::async, [&] { return session.commit_barrier(); });
    if (barrier.wait_for(within) != std::future_status::ready) session.connection().cancel_query();
    return barrier.get();
}

}  // namespace

struct RowTail::State {
    explicit State(Options given) : options(std::move(given)) {}

    const Options options;
    std::unique_ptr<Session> session;
    std::optional<BatchHeader> previous;  ///< The last one visited.
    bool is_away = false;

    Result<void> connect();
    template <typename Work>
    using Answer = typename database::AsResult<std::invoke_result_t<Work, pqxx::connection&>>::Type;
    template <typename Work>
    Answer<Work> ask(Work&& work);
    Result<Place> look_at(BatchNumber number, const journal::Hash& hash);
    Result<void> check_previous();
    Result<std::size_t> read_some(const std::function<bool(const Batch&)>& visit, bool& goes_on);
};

Result<void> RowTail::State::connect() {
    if (session) return {};
    auto opened = Session::open(options.database, options.name);
    if (!opened) return tl::unexpected(opened.error());
    return database::attempt(database_field, [&]() -> Result<void> {
        if (!is_confirmed(**opened, options.confirmed_within)) {
            MARK("journal_postgres.tail_without_a_standby");
            return base::failure(database_field, "no standby confirms what it holds");
        }
        session = std::move(*opened);
        return {};
    });
}

/// Whatever a statement throws ends the session: it may be one of a server that is no primary now.
template <typename Work>
RowTail::State::Answer<Work> RowTail::State::ask(Work&& work) {
    is_away = true;
    if (const auto connected = connect(); !connected) return tl::unexpected(connected.error());
    try {
        Answer<Work> answer = work(session->connection());
        is_away = false;
        return answer;
    } catch (const std::exception& error) {
        MARK("journal_postgres.tail_lost_its_session");
        session.reset();
        return tl::unexpected(database::error_of(database_field, error));
    }
}

Result<RowTail::Place> RowTail::State::look_at(BatchNumber number, const journal::Hash& hash) {
    const auto row =
        ask([&](pqxx::connection& connection) { return head_of_row(connection, number); });
    if (!row) return tl::unexpected(row.error());
    if (!*row) return Place::missing;
    return (*row)->hash == hash ? Place::same : Place::another;
}

Result<void> RowTail::State::check_previous() {
    if (!previous) return {};
    const auto place = look_at(previous->number, previous->hash);
    if (!place) return tl::unexpected(place.error());
    const char* fault = fault_in_place(*place);
    if (fault == nullptr) return {};
    MARK("journal_postgres.tail_met_another_past");
    return base::failure(name_of(previous->number), fault);
}

/// How many rows there were, up to `rows_at_once`.
Result<std::size_t> RowTail::State::read_some(const std::function<bool(const Batch&)>& visit,
                                              bool& goes_on) {
    const BatchNumber first = previous ? previous->number.next() : BatchNumber(0);
    Result<void> chained;
    const auto count = ask([&](pqxx::connection& connection) {
        return read_rows(connection, first, rows_at_once, [&](const Batch& batch) {
            const char* fault = previous ? journal::fault_in_chain(*previous, batch.header)
                                         : journal::fault_in_genesis(batch.header);
            if (fault != nullptr) {
                chained = base::failure(name_of(batch.header.number), std::string("it ") + fault);
                return false;
            }
            previous = batch.header;
            goes_on = visit(batch);
            return goes_on;
        });
    });
    if (!count) return tl::unexpected(count.error());
    if (!chained) return tl::unexpected(chained.error());
    return *count;
}

RowTail::RowTail(Options options) : state_(std::make_unique<State>(std::move(options))) {}
RowTail::~RowTail() = default;
RowTail::RowTail(RowTail&&) noexcept = default;
RowTail& RowTail::operator=(RowTail&&) noexcept = default;

bool RowTail::is_away() const { return state_->is_away; }

Result<RowTail::Place> RowTail::look_at(BatchNumber number, const journal::Hash& hash) {
    return state_->look_at(number, hash);
}

Result<journal::Hash> RowTail::genesis() {
    const auto row = state_->ask(
        [](pqxx::connection& connection) { return head_of_row(connection, BatchNumber(0)); });
    if (!row) return tl::unexpected(row.error());
    if (!*row) return base::failure(database_field, "holds no journal");
    return (*row)->hash;
}

Result<void> RowTail::go_behind(BatchNumber number, const journal::Hash& hash) {
    std::optional<BatchHeader> found;
    const auto read = state_->ask([&](pqxx::connection& connection) {
        return read_rows(connection, number, 1, [&](const Batch& batch) {
            found = batch.header;
            return true;
        });
    });
    if (!read) return tl::unexpected(read.error());
    if (!found || found->number != number || found->hash != hash) {
        return base::failure(name_of(number), "is not the batch behind which is to be read");
    }
    state_->previous = found;
    return {};
}

Result<void> RowTail::read(const std::function<bool(const Batch&)>& visit) {
    if (auto checked = state_->check_previous(); !checked) return checked;
    for (bool goes_on = true; goes_on;) {
        const auto count = state_->read_some(visit, goes_on);
        if (!count) return tl::unexpected(count.error());
        if (*count < rows_at_once) return {};
    }
    return {};
}

Result<BatchHeader> RowTail::newest() {
    const auto header =
        state_->ask([](pqxx::connection& connection) { return header_of_last_row(connection); });
    if (!header) return tl::unexpected(header.error());
    if (!*header) return base::failure(database_field, "holds no journal");
    return **header;
}

}  // namespace ayni::journal_postgres
