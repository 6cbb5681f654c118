#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ayni::projection {

/// One connection to PostgreSQL: libpq itself, since libpqxx takes rows to be copied one by one and
/// as text only, and waits for an answer without limit. Every error's field is "database". One
/// thread.
class Session {
public:
    using Row = std::vector<std::optional<std::string>>;

    struct Options {
        /// "host=… dbname=…" or a URI; what it says overrides our own settings for time-outs.
        std::string connection;
        std::string name = "ayni projection";  ///< In the database's list of sessions.
        /// How long `query` waits for an answer; zero: as long as it takes. Behind it the session
        /// is lost, even where the server only stands still.
        std::chrono::milliseconds answer_within{0};
    };

    /// Why `connection_string` can not be understood; nothing is connected to.
    [[nodiscard]] static base::Result<void> check(const std::string& connection_string);

    /// Waits for at most some seconds.
    [[nodiscard]] static base::Result<Session> open(const Options& options);
    ~Session();
    Session(Session&&) noexcept;
    Session& operator=(Session&&) noexcept;

    /// Runs statements that give no rows; how many rows the last one changed.
    base::Result<std::uint64_t> execute(const std::string& statements);

    /// Runs one statement with text parameters.
    [[nodiscard]] base::Result<std::vector<Row>> query(const std::string& statement,
                                                       const std::vector<std::string>& parameters);

    /// After an error: whether nothing more can be asked here.
    [[nodiscard]] bool is_lost() const;
    /// Lost, and for want of an answer in time.
    [[nodiscard]] bool is_overdue() const;

    /// COPY `target` FROM STDIN, binary: the bytes of a CopyRows.
    [[nodiscard]] base::Result<void> copy(const std::string& target, std::string_view rows);

private:
    struct State;
    explicit Session(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace ayni::projection
