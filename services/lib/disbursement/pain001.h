#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "base/amount.h"
#include "disbursement/fault.h"

namespace ayni::disbursement {

/// One line of a file: one payment.
struct Instruction {
    std::string line_id;   ///< PmtInfId/EndToEndId; unique in the file.
    std::size_t line = 0;  ///< Where the file has it.
    base::Amount amount;   ///< Positive, in céntimos of PEN.
    std::uint16_t entity_code =
        0;                      ///< Of the creditor's institution: first three digits of the CCI.
    std::string payer_account;  ///< As the file has it: CCI or the agency's own number.
    std::string payee_account;  ///< The creditor's CCI, 20 digits.
    std::string payee_name;
    std::string end_to_end_id;
    std::string purpose;          ///< ISO 20022 external purpose code, or empty.
    std::string remittance_text;  ///< Its unstructured lines, joined by a space.
};

/// A file that is valid throughout.
struct PaymentFile {
    std::string message_id;
    std::string initiating_party;
    base::Amount total;
    std::vector<Instruction> instructions;
};

struct Pain001Options {
    /// Whether the two check digits of a CCI must be right; published samples often fail them.
    bool check_cci_digits = true;
    std::size_t max_bytes = std::size_t{64} << 20U;
};

/// Reads an ISO 20022 customer credit transfer initiation, pain.001.001.03 or .09.
///
/// In two steps, each of which reports everything that it finds. First whether the file is what it
/// says: well-formed, of the schema's shape (FF01), and as many payments and as much money as its
/// header and each of its parts declare (AM10). Only a file that is can be asked whether it can be
/// paid here: by transfer, in PEN (AM03), to an account that is a CCI (AC01) of the institution
/// that is named (AGNT), no line twice (DU04).
[[nodiscard]] tl::expected<PaymentFile, Faults> read_pain001(std::string_view text,
                                                             const Pain001Options& options);

}  // namespace ayni::disbursement
