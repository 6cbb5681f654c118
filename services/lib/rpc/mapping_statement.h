#pragma once

#include <optional>

#include "ayni/v1/settlement_service.pb.h"
#include "history/statements.h"
#include "ledger/model.h"
#include "rpc/errors.h"

/// GetStatement between proto and history. Pure functions.
namespace ayni::rpc {

/// A period: from `start`, included, to `end`, excluded.
struct Period {
    base::JournalTime start;
    base::JournalTime end;
};

/// What a well-formed request asks for, but for whose it is and where it goes on.
struct AskedStatement {
    base::AccountId account;  ///< Zero: the one that its owner has of `kind` in `currency`.
    ledger::AccountKind kind = ledger::AccountKind::position;
    base::Currency currency = base::Currency::pen;
    Period period;
    std::size_t page_size = 0;
};

/// Every field checked but participant and page_token; nothing when one is wrong.
[[nodiscard]] std::optional<AskedStatement> statement_of(const v1::GetStatementRequest& request,
                                                         base::JournalTime now, Violations& wrong);

/// The day in Peru that `date` (yyyymmdd) names; nothing when there is no such day.
[[nodiscard]] std::optional<Period> day_of(std::uint32_t date);

[[nodiscard]] std::string statement_token(std::uint32_t owner, const history::StatementQuery& query,
                                          base::Sequence as_of, const history::EntryPlace& last);
/// Fills as_of and place of `query`, which has all else; false for a token of another statement.
[[nodiscard]] bool read_statement_token(std::string_view token, std::uint32_t owner,
                                        history::StatementQuery& query);

void to_message(const history::StatementSummary& summary, v1::StatementSummary& message);
void to_message(const history::StatementEntry& entry, v1::StatementEntry& message);

}  // namespace ayni::rpc
