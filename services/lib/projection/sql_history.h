#pragma once

#include <memory>
#include <string>

#include "history/history.h"

namespace ayni::projection {

/// History out of the books: for whoever has a PostgreSQL and no index of its own. Answers with as
/// many connections as it may have, and opens a lost one again for the next question.
///
/// The books must not be built again under it: while they are, payments seem never to have
/// happened.
class SqlHistory final : public history::History {
public:
    struct Options {
        std::string connection;       ///< "host=… dbname=…" or a URI.
        std::size_t connections = 4;  ///< At most; whoever finds none free waits.
    };

    /// An error when PostgreSQL is not there, or has not the tables of this build.
    [[nodiscard]] static base::Result<std::unique_ptr<SqlHistory>> open(const Options& options);
    ~SqlHistory() override;

    /// Zero, which promises nothing, when PostgreSQL does not answer.
    [[nodiscard]] base::Sequence as_of() const override;
    [[nodiscard]] base::Result<std::optional<history::Entry>> find(
        const base::TransferId& id) const override;
    [[nodiscard]] base::Result<std::vector<history::Entry>> list(base::ParticipantId participant,
                                                                 base::Sequence before,
                                                                 std::size_t limit) const override;

private:
    struct State;
    explicit SqlHistory(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace ayni::projection
