#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <pqxx/pqxx>
#include <string>
#include <vector>

#include "base/result.h"

namespace ayni::journal_postgres {

/// Where a database stands.
struct Standing {
    std::uint64_t system = 0;    ///< PostgreSQL's identifier of the cluster.
    std::uint32_t timeline = 0;  ///< Counts promotions.
    std::uint64_t position = 0;  ///< Of the write-ahead log, in bytes.

    /// Whether all that was committed when it stood at `earlier` is certainly there. Another
    /// timeline may be that of a standby which lacked something.
    [[nodiscard]] bool continues(const Standing& earlier) const {
        return system == earlier.system && timeline == earlier.timeline &&
               position >= earlier.position;
    }
};

/// One connection to the primary, set up so that no answer can mean two things. Not thread-safe,
/// except for `interrupt`.
class Session {
public:
    /// Connects to the first host of `database` (a libpq connection string) that accepts writes.
    /// Errors: unreachable, a standby, a setting without which an acknowledged commit can be lost.
    [[nodiscard]] static base::Result<std::unique_ptr<Session>> open(const std::string& database,
                                                                     const std::string& name);

    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    [[nodiscard]] pqxx::connection& connection() { return *connection_; }
    [[nodiscard]] const Standing& standing() const { return standing_; }
    [[nodiscard]] int backend() const { return backend_; }

    /// Warnings and notices since the last call. PostgreSQL reports a commit whose wait for the
    /// standby was cancelled as success with a warning; libpqxx passes on its text only.
    [[nodiscard]] std::vector<std::string> take_notices();

    /// The file descriptor of the connection, for whoever wants to end a call that hangs in it.
    [[nodiscard]] int socket() const { return connection_->sock(); }

    /// A synchronous commit of nothing: once it is done, all that was committed before it, by
    /// whatever session, is as durable as the operator configured. False when a warning came.
    [[nodiscard]] bool commit_barrier();

    /// Tries for the lock of leadership, which this session then holds until it ends. It only
    /// decides who tries to append: the fence is the primary key.
    [[nodiscard]] bool try_to_lock();
    /// The session that holds that lock, in words; nothing when none does.
    [[nodiscard]] std::optional<std::string> lock_holder();

private:
    class Notices;
    Session();
    void set_up();

    std::unique_ptr<pqxx::connection> connection_;
    std::unique_ptr<Notices> notices_;  // before the connection goes
    Standing standing_;
    int backend_ = 0;
};

}  // namespace ayni::journal_postgres
