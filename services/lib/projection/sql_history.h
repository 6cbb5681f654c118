#pragma once

#include "history/history.h"
#include "projection/book_reader.h"

namespace ayni::projection {

/// History out of the books: for a switch that keeps no index of its own. Books that are being
/// built again are only behind.
class SqlHistory final : public history::History {
public:
    /// `books` must outlive it.
    explicit SqlHistory(const BookReader& books) : books_(books) {}

    [[nodiscard]] base::Sequence as_of() const override { return books_.standing().sequence; }
    [[nodiscard]] history::Answer<history::Found> find(const base::TransferId& id) const override;
    [[nodiscard]] history::Answer<history::Listed> list(base::ParticipantId participant,
                                                        base::Sequence before,
                                                        std::size_t limit) const override;

private:
    const BookReader& books_;
};

}  // namespace ayni::projection
