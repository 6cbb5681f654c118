#pragma once

#include <pugixml.hpp>
#include <set>
#include <string>

#include "disbursement/pain001.h"
#include "disbursement/xml_file.h"

namespace ayni::disbursement {

/// One CdtTrfTxInf that is of the schema's shape, and what it needs from its PmtInf.
struct ShapedLine {
    pugi::xml_node node;
    pugi::xml_node payment_information;
    std::string payment_information_id;
    std::string payer_account;
    std::string end_to_end_id;
    base::Amount amount;
};

/// The second step of read_pain001: whether lines can be paid here. Faults go to the file.
class LineChecks {
public:
    LineChecks(XmlFile& file, const Pain001Options& options) : file_(file), options_(options) {}

    /// What is wrong with all lines of a PmtInf.
    void check_payment_information(pugi::xml_node payment_information);

    /// The instruction, of use only when no line of the file had a fault.
    [[nodiscard]] Instruction check(const ShapedLine& line);

private:
    void check_currency(const ShapedLine& line);
    void check_unique(const ShapedLine& line, const std::string& line_id);
    [[nodiscard]] std::string creditor_account(const ShapedLine& line);
    void check_agent(const ShapedLine& line, const std::string& account);
    [[nodiscard]] std::string creditor_name(const ShapedLine& line);
    [[nodiscard]] std::string purpose(const ShapedLine& line);
    [[nodiscard]] std::string remittance_text(const ShapedLine& line);

    XmlFile& file_;
    const Pain001Options& options_;
    std::set<std::string> end_to_end_ids_;
    std::set<std::string> line_ids_;
};

}  // namespace ayni::disbursement
