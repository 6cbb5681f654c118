#include "walletsim/store.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <vector>

namespace ayni::walletsim {
namespace {

constexpr int schema_version = 1;

/// One row a transfer, in the order of its time-ordered id, so that new rows go to the end.
constexpr const char* schema = R"sql(
CREATE TABLE institution (participant TEXT NOT NULL);
CREATE TABLE customer (
  number INTEGER PRIMARY KEY, account TEXT NOT NULL, initial INTEGER NOT NULL,
  balance INTEGER NOT NULL CHECK (balance >= 0), held INTEGER NOT NULL CHECK (held >= 0));
CREATE TABLE transfer (
  id BLOB PRIMARY KEY, state INTEGER NOT NULL, amount INTEGER NOT NULL, customer INTEGER,
  reason TEXT, payee_participant TEXT, payee_account TEXT, remittance_text TEXT, timeout_ms INTEGER
) WITHOUT ROWID;
CREATE TABLE state_name (state INTEGER PRIMARY KEY, name TEXT NOT NULL);
INSERT INTO state_name VALUES (1,'promised'),(2,'refused'),(3,'credited'),(4,'released'),
  (5,'refused after commit'),(11,'held'),(12,'sent'),(13,'freed'),(14,'returned');
CREATE VIEW payment AS
  SELECT lower(substr(hex(id),1,8)||'-'||substr(hex(id),9,4)||'-'||substr(hex(id),13,4)||'-'||
               substr(hex(id),17,4)||'-'||substr(hex(id),21)) AS transfer_id,
         iif(t.state >= 11, 'out', 'in') AS direction, name AS state, amount, account,
         t.reason, payee_participant, payee_account
    FROM transfer t JOIN state_name USING (state) LEFT JOIN customer ON number = customer;
)sql";

struct CloseDatabase {
    void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
};
struct FinalizeStatement {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Database = std::unique_ptr<sqlite3, CloseDatabase>;
using Statement = std::unique_ptr<sqlite3_stmt, FinalizeStatement>;

[[noreturn]] void disk_failed(sqlite3* database) {
    std::fprintf(stderr, "walletsim: the store failed, stopping: %s\n", sqlite3_errmsg(database));
    std::abort();
}

/// Makes `directory` and those above it, and their names durable: SQLite answers for what is
/// inside.
std::error_code make_durable(const std::filesystem::path& directory) {
    std::error_code error;
    std::filesystem::path folder = std::filesystem::absolute(directory, error);
    if (error) return error;
    std::vector<std::filesystem::path> parents{folder.parent_path()};
    while (!std::filesystem::exists(folder, error) && folder.has_relative_path()) {
        folder = folder.parent_path();
        parents.push_back(folder.parent_path());
    }
    std::filesystem::create_directories(directory, error);
    if (error) return error;
    for (const auto& parent : parents) {
        const int opened = ::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        // One that we may not read was made by somebody else, who answers for it.
        if (opened < 0 && errno == EACCES) continue;
        if (opened < 0 || ::fsync(opened) != 0) error = {errno, std::generic_category()};
        if (opened >= 0) ::close(opened);
        if (error) return error;
    }
    return {};
}

void bind_text(sqlite3_stmt* statement, int at, std::string_view text) {
    if (text.empty()) {
        sqlite3_bind_null(statement, at);
    } else {
        sqlite3_bind_text(statement, at, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
    }
}

std::string text_of(sqlite3_stmt* statement, int column) {
    const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, column));
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement, column));
    return text == nullptr ? std::string() : std::string(text, size);
}

}  // namespace

struct Store::State {
    Options options;
    int lock = -1;
    Database database;
    Statement begin;
    Statement end;
    Statement put_customer;
    Statement insert_transfer;
    Statement update_transfer;

    ~State() {
        begin.reset();
        end.reset();
        put_customer.reset();
        insert_transfer.reset();
        update_transfer.reset();
        database.reset();
        if (lock >= 0) ::close(lock);
    }

    [[nodiscard]] base::Error error(const std::string& what) const {
        std::string message = what;
        if (database) message += std::string(": ") + sqlite3_errmsg(database.get());
        return {options.directory, message};
    }

    [[nodiscard]] base::Result<void> execute(const char* sql) {
        if (sqlite3_exec(database.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) {
            return tl::unexpected(error("the database refuses a statement"));
        }
        return {};
    }

    [[nodiscard]] base::Result<Statement> prepare(const char* sql) {
        sqlite3_stmt* statement = nullptr;
        if (sqlite3_prepare_v3(database.get(), sql, -1, SQLITE_PREPARE_PERSISTENT, &statement,
                               nullptr) != SQLITE_OK) {
            return tl::unexpected(error("can not read its tables"));
        }
        return Statement(statement);
    }

    void step(const Statement& statement) {
        if (sqlite3_step(statement.get()) != SQLITE_DONE) disk_failed(database.get());
        sqlite3_reset(statement.get());
    }

    base::Result<void> open_files();
    base::Result<void> make_schema();
    base::Result<void> prepare_all();
    void put(const Books::Customer& customer);
    void put(const Books& books, const Books::TransferEntry& entry);
};

base::Result<void> Store::State::open_files() {
    const std::error_code failed = make_durable(options.directory);
    if (failed) return tl::unexpected(error("can not be made: " + failed.message()));
    const std::string lock_path = options.directory + "/lock";
    lock = ::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock < 0) return tl::unexpected(error(std::string("no access: ") + std::strerror(errno)));
    if (::flock(lock, LOCK_EX | LOCK_NB) != 0) {
        return tl::unexpected(error("another process uses it"));
    }
    sqlite3* opened = nullptr;
    const int result =
        sqlite3_open_v2((options.directory + "/books.sqlite3").c_str(), &opened,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
    database.reset(opened);
    if (result != SQLITE_OK) return tl::unexpected(error("can not open books.sqlite3"));
    sqlite3_busy_timeout(opened, 10'000);
    const std::string pragmas =
        std::string("PRAGMA journal_mode=WAL; PRAGMA cache_size=-131072;") +
        "PRAGMA wal_autocheckpoint=8192; PRAGMA synchronous=" + (options.sync ? "FULL" : "OFF");
    return execute(pragmas.c_str());
}

base::Result<void> Store::State::make_schema() {
    int version = 0;
    {
        auto statement = prepare("PRAGMA user_version");
        if (!statement) return tl::unexpected(statement.error());
        if (sqlite3_step(statement->get()) == SQLITE_ROW) {
            version = sqlite3_column_int(statement->get(), 0);
        }
    }
    if (version == 0) {
        const std::string sql = std::string("BEGIN;") + schema +
                                "PRAGMA user_version=" + std::to_string(schema_version) + ";COMMIT";
        if (auto made = execute(sql.c_str()); !made) return made;
        auto insert = prepare("INSERT INTO institution VALUES (?)");
        if (!insert) return tl::unexpected(insert.error());
        bind_text(insert->get(), 1, options.participant);
        step(*insert);
        return {};
    }
    if (version != schema_version) {
        return tl::unexpected(
            base::Error{options.directory, "was written by version " + std::to_string(version)});
    }
    auto owner = prepare("SELECT participant FROM institution");
    if (!owner) return tl::unexpected(owner.error());
    const bool found = sqlite3_step(owner->get()) == SQLITE_ROW;
    const std::string name = found ? text_of(owner->get(), 0) : std::string();
    if (name == options.participant) return {};
    return tl::unexpected(base::Error{options.directory, "holds the books of \"" + name + "\""});
}

base::Result<void> Store::State::prepare_all() {
    const std::pair<Statement*, const char*> statements[] = {
        {&begin, "BEGIN"},
        {&end, "COMMIT"},
        {&put_customer,
         "INSERT INTO customer VALUES (?1,?2,?3,?4,?5) ON CONFLICT(number) DO UPDATE "
         "SET balance=?4, held=?5"},
        {&insert_transfer, "INSERT INTO transfer VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9)"},
        {&update_transfer, "UPDATE transfer SET state=?2, reason=?3 WHERE id=?1"},
    };
    for (const auto& [statement, sql] : statements) {
        auto prepared = prepare(sql);
        if (!prepared) return tl::unexpected(prepared.error());
        *statement = std::move(*prepared);
    }
    return {};
}

void Store::State::put(const Books::Customer& customer) {
    sqlite3_stmt* row = put_customer.get();
    sqlite3_bind_int64(row, 1, customer.number);
    bind_text(row, 2, customer.account);
    sqlite3_bind_int64(row, 3, customer.initial);
    sqlite3_bind_int64(row, 4, customer.balance);
    sqlite3_bind_int64(row, 5, customer.held);
    step(put_customer);
}

void Store::State::put(const Books& books, const Books::TransferEntry& entry) {
    const auto& [id, transfer] = entry;
    const auto key = base::to_bytes(id);
    const std::string_view reason(transfer.reason,
                                  strnlen(transfer.reason, sizeof transfer.reason));
    if (transfer.change == Books::Change::updated) {
        sqlite3_stmt* row = update_transfer.get();
        sqlite3_bind_blob(row, 1, key.data(), key.size(), SQLITE_STATIC);
        sqlite3_bind_int(row, 2, static_cast<int>(transfer.state));
        bind_text(row, 3, reason);
        step(update_transfer);
        return;
    }
    sqlite3_stmt* row = insert_transfer.get();
    sqlite3_clear_bindings(row);
    sqlite3_bind_blob(row, 1, key.data(), key.size(), SQLITE_STATIC);
    sqlite3_bind_int(row, 2, static_cast<int>(transfer.state));
    sqlite3_bind_int64(row, 3, transfer.amount);
    if (transfer.customer != Books::nobody) sqlite3_bind_int64(row, 4, transfer.customer);
    bind_text(row, 5, reason);
    const auto payment = books.pending().find(id);
    if (payment != books.pending().end()) {
        bind_text(row, 6, payment->second.payee_participant);
        bind_text(row, 7, payment->second.payee_account);
        bind_text(row, 8, payment->second.remittance_text);
        sqlite3_bind_int64(row, 9, payment->second.timeout_ms);
    }
    step(insert_transfer);
}

Store::Store(std::unique_ptr<State> state) : state_(std::move(state)) {}
Store::~Store() = default;

base::Result<std::unique_ptr<Store>> Store::open(const Options& options) {
    auto state = std::make_unique<State>();
    state->options = options;
    if (auto opened = state->open_files(); !opened) return tl::unexpected(opened.error());
    if (auto made = state->make_schema(); !made) return tl::unexpected(made.error());
    if (auto prepared = state->prepare_all(); !prepared) return tl::unexpected(prepared.error());
    return std::unique_ptr<Store>(new Store(std::move(state)));
}

base::Result<void> Store::load(Books& books) {
    auto customers =
        state_->prepare("SELECT number, account, initial, balance, held FROM customer ORDER BY 1");
    if (!customers) return tl::unexpected(customers.error());
    while (sqlite3_step(customers->get()) == SQLITE_ROW) {
        sqlite3_stmt* row = customers->get();
        books.restore({.number = static_cast<std::uint32_t>(sqlite3_column_int64(row, 0)),
                       .account = text_of(row, 1),
                       .initial = sqlite3_column_int64(row, 2),
                       .balance = sqlite3_column_int64(row, 3),
                       .held = sqlite3_column_int64(row, 4)});
    }
    auto transfers = state_->prepare(
        "SELECT id, state, amount, customer, reason, payee_participant, payee_account, "
        "remittance_text, timeout_ms FROM transfer");
    if (!transfers) return tl::unexpected(transfers.error());
    while (sqlite3_step(transfers->get()) == SQLITE_ROW) {
        sqlite3_stmt* row = transfers->get();
        if (sqlite3_column_bytes(row, 0) != 16) {
            return tl::unexpected(state_->error("a transfer's id is not 16 bytes"));
        }
        const auto id = base::transfer_id_of_bytes(
            static_cast<const std::uint8_t*>(sqlite3_column_blob(row, 0)));
        Books::Transfer transfer;
        transfer.state = static_cast<TransferState>(sqlite3_column_int(row, 1));
        transfer.amount = sqlite3_column_int64(row, 2);
        if (sqlite3_column_type(row, 3) != SQLITE_NULL) {
            transfer.customer = static_cast<std::uint32_t>(sqlite3_column_int64(row, 3));
        }
        text_of(row, 4).copy(transfer.reason, sizeof transfer.reason);
        books.restore(id, transfer);
        if (transfer.state != TransferState::held) continue;
        books.restore({.id = id,
                       .payer_account = std::string(books.account_of(transfer.customer)),
                       .payee_participant = text_of(row, 5),
                       .payee_account = text_of(row, 6),
                       .remittance_text = text_of(row, 7),
                       .amount = transfer.amount,
                       .timeout_ms = static_cast<std::uint32_t>(sqlite3_column_int64(row, 8))});
    }
    if (sqlite3_errcode(state_->database.get()) != SQLITE_DONE) {
        return tl::unexpected(state_->error("can not be read to its end"));
    }
    const Totals& totals = books.totals();
    if (!totals.agree()) return tl::unexpected(state_->error("its sums do not agree"));
    return {};
}

void Store::commit(Books& books) {
    if (!books.has_changes()) return;
    state_->step(state_->begin);
    for (const Books::Customer* customer : books.changed_customers()) state_->put(*customer);
    for (const Books::TransferEntry* entry : books.changed_transfers()) state_->put(books, *entry);
    state_->step(state_->end);
    books.clear_changes();
}

}  // namespace ayni::walletsim
