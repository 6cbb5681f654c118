#include "journal_postgres/session.h"

#include <stdexcept>

#include "database/attempt.h"

namespace ayni::journal_postgres {

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

}  // namespace ayni::journal_postgres
