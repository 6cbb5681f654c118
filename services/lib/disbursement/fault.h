#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace ayni::disbursement {

/// One thing that is wrong with a file.
struct Fault {
    std::string path;      ///< "CstmrCdtTrfInitn/PmtInf[2]/CtrlSum"; empty for the file as a whole.
    std::size_t line = 0;  ///< From 1; 0 when it has no place.
    std::size_t column = 0;  ///< In bytes, from 1.
    std::string reason;      ///< ISO 20022 external status reason code, "AM10".
    std::string message;     ///< One sentence in the present tense, no trailing period.

    /// "line 12, column 3: CstmrCdtTrfInitn/…/CtrlSum: AM10: …"
    [[nodiscard]] std::string to_string() const;
};

/// Everything that is wrong with a file, up to a number that a person could still read.
struct Faults {
    static constexpr std::size_t max_listed = 1'000;

    std::vector<Fault> listed;
    std::size_t further = 0;  ///< Found, too, but not listed.

    [[nodiscard]] bool empty() const { return listed.empty(); }
    [[nodiscard]] std::size_t count() const { return listed.size() + further; }
};

}  // namespace ayni::disbursement
