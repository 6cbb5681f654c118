#include "journal_postgres/session.h"

#include <fmt/format.h>

#include <stdexcept>

#include "database/attempt.h"

namespace ayni::journal_postgres {
namespace {

/// Any number that nobody else takes: the lock of leadership.
constexpr std::int64_t leadership_lock = 0x61796e69'6c656164;

}  // namespace

/// Collects what the server says beside its answers.
class Session::Notices final : public pqxx::errorhandler {
public:
    explicit Notices(pqxx::connection& connection) : pqxx::errorhandler(connection) {}
    bool operator()(const char text[]) noexcept override {
        try {
            texts.emplace_back(text);
        } catch (const std::bad_alloc&) {
            is_lost = true;
        }
        return false;  // no other handler prints it
    }
    std::vector<std::string> texts;
    bool is_lost = false;
};

Session::Session() = default;
Session::~Session() = default;

base::Result<std::unique_ptr<Session>> Session::open(const std::string& database,
                                                     const std::string& name) {
    return database::attempt("journal.database", [&] {
        std::unique_ptr<Session> session(new Session);
        session->connection_ = std::make_unique<pqxx::connection>(
            "connect_timeout=2 tcp_user_timeout=5000 keepalives_idle=2 keepalives_interval=1 "
            "keepalives_count=3 target_session_attrs=read-write application_name=" +
            name + " " + database);
        session->notices_ = std::make_unique<Notices>(*session->connection_);
        session->set_up();
        return session;
    });
}

void Session::set_up() {
    pqxx::nontransaction statement(*connection_);
    // A commit waits for the standbys that the operator named, or at least for the disk; nothing
    // but the end of the connection ends that wait.
    statement.exec(
        "SET client_min_messages = warning; SET statement_timeout = 0; "
        "SET lock_timeout = 0; SET idle_in_transaction_session_timeout = 0; "
        "SET synchronous_commit = on");
    const auto facts = statement.exec1(
        "SELECT pg_is_in_recovery(), current_setting('fsync')::boolean, pg_backend_pid(), "
        "(SELECT system_identifier FROM pg_control_system()), "
        "('x' || left(pg_walfile_name(pg_current_wal_flush_lsn()), 8))::bit(32)::bigint, "
        "pg_current_wal_flush_lsn() - '0/0'");
    if (facts[0].as<bool>()) throw std::runtime_error("is a standby: it can not be written to");
    if (!facts[1].as<bool>()) throw std::runtime_error("runs with fsync off: it loses commits");
    backend_ = facts[2].as<int>();
    standing_ = {.system = facts[3].as<std::uint64_t>(),
                 .timeline = facts[4].as<std::uint32_t>(),
                 .position = facts[5].as<std::uint64_t>()};
    static_cast<void>(take_notices());
}

std::vector<std::string> Session::take_notices() {
    if (std::exchange(notices_->is_lost, false)) notices_->texts.emplace_back("(out of memory)");
    return std::exchange(notices_->texts, {});
}

bool Session::commit_barrier() {
    static_cast<void>(take_notices());
    pqxx::nontransaction(*connection_).exec("SELECT pg_logical_emit_message(true, 'ayni', '')");
    return take_notices().empty();
}

bool Session::try_to_lock() {
    return pqxx::nontransaction(*connection_)
        .exec_params1("SELECT pg_try_advisory_lock($1)", leadership_lock)[0]
        .as<bool>();
}

std::optional<std::string> Session::lock_holder() {
    // PostgreSQL shows a 64-bit lock as its two halves.
    const auto rows =
        pqxx::nontransaction(*connection_)
            .exec_params(
                "SELECT l.pid, coalesce(a.application_name, ''), coalesce(host(a.client_addr), '') "
                "FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid "
                "WHERE l.locktype = 'advisory' AND l.objsubid = 1 AND l.granted "
                "AND l.classid::bigint = $1 AND l.objid::bigint = $2 AND l.database = "
                "(SELECT oid FROM pg_database WHERE datname = current_database())",
                leadership_lock >> 32, leadership_lock & 0xffff'ffff);
    if (rows.empty()) return std::nullopt;
    return fmt::format("{} (backend {}, from {})", rows[0][1].as<std::string>(),
                       rows[0][0].as<int>(), rows[0][2].as<std::string>());
}

}  // namespace ayni::journal_postgres
