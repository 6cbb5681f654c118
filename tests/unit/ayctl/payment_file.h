#pragma once

#include <fmt/format.h>

#include "ayctl/pay_lines.h"

namespace ayni::test {

/// A file of `count` payments of 1.00, 2.00 … to the entities 002 and 921 in turn.
inline disbursement::PaymentFile payment_file(std::size_t count) {
    disbursement::PaymentFile file;
    file.message_id = "M1";
    file.initiating_party = "Programa";
    for (std::size_t i = 1; i <= count; ++i) {
        disbursement::Instruction& line = file.instructions.emplace_back();
        line.end_to_end_id = fmt::format("E{}", i);
        line.line_id = "P1/" + line.end_to_end_id;
        line.line = i * 10;
        line.amount = base::Amount(static_cast<std::int64_t>(i) * 100);
        line.entity_code = i % 2 == 1 ? 2 : 921;
        line.payer_account = "018";
        line.payee_account = "00219310000000000117";
        line.payee_name = "=Ñusta";
    }
    return file;
}

inline const ayctl::Routes two_routes{{2, "yape"}, {921, "bim"}};
inline constexpr std::uint64_t released_ms = 1'795'440'000'123;

}  // namespace ayni::test
