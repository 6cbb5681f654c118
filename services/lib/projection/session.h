#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ayni::projection {

/// One connection to PostgreSQL for writing much: libpq itself, since libpqxx takes rows to be
/// copied one by one and as text only. Every error's field is "database". One thread.
class Session {
public:
    using Row = std::vector<std::optional<std::string>>;

    /// Waits for at most some seconds. `connection_string`: "host=… dbname=…" or a URI; what it
    /// says overrides our own settings for time-outs.
    [[nodiscard]] static base::Result<Session> open(const std::string& connection_string);
    ~Session();
    Session(Session&&) noexcept;
    Session& operator=(Session&&) noexcept;

    /// Runs statements that give no rows; how many rows the last one changed.
    base::Result<std::uint64_t> execute(const std::string& statements);

    /// Runs one statement with text parameters.
    [[nodiscard]] base::Result<std::vector<Row>> query(const std::string& statement,
                                                       const std::vector<std::string>& parameters);

    /// COPY `target` FROM STDIN, binary: the bytes of a CopyRows.
    [[nodiscard]] base::Result<void> copy(const std::string& target, std::string_view rows);

private:
    struct State;
    explicit Session(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace ayni::projection
