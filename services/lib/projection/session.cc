#include "projection/session.h"

#include <fmt/format.h>
#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <charconv>

#include "projection/copy_rows.h"

namespace ayni::projection {
namespace {

/// What is handed to libpq at once: it copies it into its own buffer.
constexpr std::size_t copy_bytes = 256 * 1024;

struct ClearResult {
    void operator()(PGresult* result) const { PQclear(result); }
};
using Answer = std::unique_ptr<PGresult, ClearResult>;

/// In one line.
std::string tidied(const char* message) {
    std::string text = message != nullptr ? message : "";
    while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
    std::replace(text.begin(), text.end(), '\n', ' ');
    return text.empty() ? "gave no reason" : text;
}

bool is_good(const Answer& answer) {
    const auto status = PQresultStatus(answer.get());
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

}  // namespace

struct Session::State {
    explicit State(PGconn* opened) : connection(opened) {}
    ~State() { PQfinish(connection); }
    State(const State&) = delete;
    State& operator=(const State&) = delete;

    /// Null when none came in time, or the connection broke.
    [[nodiscard]] Answer await_answer();
    [[nodiscard]] bool await_input(std::chrono::steady_clock::time_point deadline);

    [[nodiscard]] tl::unexpected<base::Error> failure(const Answer& answer) const {
        if (is_overdue) {
            return base::failure("database",
                                 fmt::format("gave no answer within {} ms", answer_within.count()));
        }
        const char* of_answer = answer != nullptr ? PQresultErrorMessage(answer.get()) : "";
        const bool is_silent = of_answer == nullptr || *of_answer == '\0';
        return base::failure("database",
                             tidied(is_silent ? PQerrorMessage(connection) : of_answer));
    }

    PGconn* connection;
    std::chrono::milliseconds answer_within{0};
    bool is_overdue = false;
};

/// False when the time is over, or the connection is.
bool Session::State::await_input(std::chrono::steady_clock::time_point deadline) {
    while (PQisBusy(connection) != 0) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(
            deadline - std::chrono::steady_clock::now());
        pollfd readable{.fd = PQsocket(connection), .events = POLLIN, .revents = 0};
        const auto wait = std::max(left, std::chrono::milliseconds(0)).count();
        const int ready = ::poll(&readable, 1, static_cast<int>(wait));
        is_overdue = ready == 0;
        if (is_overdue || (ready > 0 && PQconsumeInput(connection) == 0)) return false;
    }
    return true;
}

Answer Session::State::await_answer() {
    const auto deadline = std::chrono::steady_clock::now() + answer_within;
    Answer first;
    while (await_input(deadline)) {
        Answer next(PQgetResult(connection));
        if (next == nullptr) return first;
        if (first == nullptr) first = std::move(next);
    }
    return nullptr;
}

Session::Session(std::unique_ptr<State> state) : state_(std::move(state)) {}
Session::~Session() = default;
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;

base::Result<void> Session::check(const std::string& connection_string) {
    char* message = nullptr;
    PQconninfoOption* const parsed = PQconninfoParse(connection_string.c_str(), &message);
    PQconninfoFree(parsed);
    if (parsed != nullptr) return {};
    const std::string why = tidied(message);
    PQfreemem(message);
    return base::failure("database", why);
}

base::Result<Session> Session::open(const Options& options) {
    // The first ones are defaults: what stands behind them, in the string, counts.
    const char* const names[] = {"connect_timeout",
                                 "keepalives_idle",
                                 "tcp_user_timeout",
                                 "application_name",
                                 "client_encoding",
                                 "dbname",
                                 nullptr};
    const char* const values[] = {
        "5", "10", "30000", options.name.c_str(), "UTF8", options.connection.c_str(), nullptr};
    auto state = std::make_unique<State>(PQconnectdbParams(names, values, 1));
    state->answer_within = options.answer_within;
    if (PQstatus(state->connection) != CONNECTION_OK) return state->failure(nullptr);
    PQsetNoticeProcessor(state->connection, [](void*, const char*) {}, nullptr);
    return Session(std::move(state));
}

base::Result<std::uint64_t> Session::execute(const std::string& statements) {
    const Answer answer(PQexec(state_->connection, statements.c_str()));
    if (!is_good(answer)) return state_->failure(answer);
    const std::string_view changed(PQcmdTuples(answer.get()));
    std::uint64_t rows = 0;
    std::from_chars(changed.data(), changed.data() + changed.size(), rows);
    return rows;
}

base::Result<std::vector<Session::Row>> Session::query(const std::string& statement,
                                                       const std::vector<std::string>& parameters) {
    std::vector<const char*> values;
    for (const std::string& parameter : parameters) values.push_back(parameter.c_str());
    const auto count = static_cast<int>(values.size());
    Answer answer;
    if (state_->answer_within.count() == 0) {
        answer.reset(PQexecParams(state_->connection, statement.c_str(), count, nullptr,
                                  values.data(), nullptr, nullptr, 0));
    } else if (PQsendQueryParams(state_->connection, statement.c_str(), count, nullptr,
                                 values.data(), nullptr, nullptr, 0) == 1) {
        answer = state_->await_answer();
    }
    if (!is_good(answer)) return state_->failure(answer);
    std::vector<Row> rows(static_cast<std::size_t>(PQntuples(answer.get())));
    for (int row = 0; row < PQntuples(answer.get()); ++row) {
        for (int column = 0; column < PQnfields(answer.get()); ++column) {
            const bool is_null = PQgetisnull(answer.get(), row, column) != 0;
            auto& cells = rows[static_cast<std::size_t>(row)];
            cells.emplace_back(is_null ? std::optional<std::string>()
                                       : PQgetvalue(answer.get(), row, column));
        }
    }
    return rows;
}

bool Session::is_lost() const {
    return is_overdue() || PQstatus(state_->connection) != CONNECTION_OK;
}

bool Session::is_overdue() const { return state_->is_overdue; }

base::Result<void> Session::copy(const std::string& target, std::string_view rows) {
    const std::string statement = fmt::format("COPY {} FROM STDIN (FORMAT binary)", target);
    const Answer begun(PQexec(state_->connection, statement.c_str()));
    if (PQresultStatus(begun.get()) != PGRES_COPY_IN) return state_->failure(begun);
    const auto put = [&](std::string_view bytes) {
        return PQputCopyData(state_->connection, bytes.data(), static_cast<int>(bytes.size())) == 1;
    };
    bool is_sent = true;
    while (is_sent && !rows.empty()) {
        const std::string_view part = rows.substr(0, copy_bytes);
        is_sent = put(part);
        rows.remove_prefix(part.size());
    }
    is_sent = is_sent && put(CopyRows::trailer()) && PQputCopyEnd(state_->connection, nullptr) == 1;
    if (!is_sent) return state_->failure(nullptr);
    // What the server says of the rows comes at the end, and then nothing.
    base::Result<void> done;
    while (const Answer answer{PQgetResult(state_->connection)}) {
        if (!is_good(answer)) done = state_->failure(answer);
    }
    return done;
}

}  // namespace ayni::projection
