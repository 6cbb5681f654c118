#pragma once

#include <string>
#include <utility>
#include <vector>

#include "ledger/command.h"

namespace ayni::ayctl {

/// A command of the journal in words.
struct DecodedCommand {
    std::string kind;  ///< "create_transfer"
    std::vector<std::pair<std::string, std::string>> fields;

    /// "create_transfer id=… initiator=2 …"
    [[nodiscard]] std::string to_string() const;
};

[[nodiscard]] DecodedCommand decode(ledger::CommandView command);

/// "3.position.PEN" for accounts that the ledger makes (3 is the participant), the number for
/// others.
[[nodiscard]] std::string account_name(base::AccountId account);

/// "customer", "hosted_clearing", …
[[nodiscard]] std::string kind_name(ledger::AccountKind kind);

}  // namespace ayni::ayctl
