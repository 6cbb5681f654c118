#pragma once

#include "history/statements.h"
#include "projection/book_reader.h"

namespace ayni::projection {

/// Statements out of the books: account_entry, which has each account's counters behind every
/// entry, so that balances and sums of any period are read, not added up.
class SqlStatements final : public history::Statements {
public:
    /// `books` must outlive it.
    explicit SqlStatements(const BookReader& books) : books_(books) {}

    [[nodiscard]] history::Answer<history::StatementPage> read(
        const history::StatementQuery& query) const override;

private:
    const BookReader& books_;
};

}  // namespace ayni::projection
