#include "disbursement/lines.h"

#include <algorithm>

#include "disbursement/text.h"
#include "identity/cci.h"

namespace ayni::disbursement {
namespace {

constexpr std::size_t entity_digits = 3;
constexpr std::size_t max_name_characters = 140;
constexpr std::size_t max_remittance_characters = 140;

std::uint16_t entity_code_of(const std::string& account) {
    std::uint16_t code = 0;
    for (std::size_t i = 0; i < entity_digits && i < account.size(); ++i) {
        code = static_cast<std::uint16_t>(code * 10 + (account[i] - '0'));
    }
    return code;
}

}  // namespace

void LineChecks::check_payment_information(pugi::xml_node payment_information) {
    const pugi::xml_node method = file_.child(payment_information, "PmtMtd");
    if (XmlFile::text_of(method) != "TRF") {
        file_.add(method, "FF01", "the payment method is not TRF");
    }
}

Instruction LineChecks::check(const ShapedLine& line) {
    Instruction instruction;
    instruction.line_id = line.payment_information_id + "/" + line.end_to_end_id;
    instruction.amount = line.amount;
    instruction.payer_account = line.payer_account;
    instruction.end_to_end_id = line.end_to_end_id;
    check_currency(line);
    check_unique(line, instruction.line_id);
    instruction.payee_account = creditor_account(line);
    check_agent(line, instruction.payee_account);
    instruction.entity_code = entity_code_of(instruction.payee_account);
    instruction.payee_name = creditor_name(line);
    instruction.purpose = purpose(line);
    instruction.remittance_text = remittance_text(line);
    instruction.line = file_.line_of(line.node);
    return instruction;
}

void LineChecks::check_currency(const ShapedLine& line) {
    const pugi::xml_node amount = file_.child(file_.child(line.node, "Amt"), "InstdAmt");
    const std::string currency = amount.attribute("Ccy").value();
    if (currency != "PEN") {
        file_.add(amount, "AM03", "the currency \"" + currency + "\" is not PEN");
    }
    if (!line.amount.is_positive()) file_.add(amount, "AM01", "the amount is zero");
}

void LineChecks::check_unique(const ShapedLine& line, const std::string& line_id) {
    const bool is_new = end_to_end_ids_.insert(line.end_to_end_id).second;
    // Different parts could still read the same when they are put together.
    if (line_ids_.insert(line_id).second && is_new) return;
    file_.add(file_.child(file_.child(line.node, "PmtId"), "EndToEndId"), "DU04",
              "the id \"" + line.end_to_end_id + "\" is in the file before");
}

std::string LineChecks::creditor_account(const ShapedLine& line) {
    const pugi::xml_node id = file_.child(file_.child(line.node, "CdtrAcct"), "Id");
    if (const pugi::xml_node iban = file_.child(id, "IBAN")) {
        file_.add(iban, "AC01", "the creditor's account is an IBAN, not a CCI");
        return {};
    }
    const pugi::xml_node other = file_.child(file_.child(id, "Othr"), "Id");
    if (!other) {
        file_.add_missing(line.node, "CdtrAcct/Id/Othr/Id", "AC01",
                          "the creditor's account is missing");
        return {};
    }
    const std::string account(XmlFile::text_of(other));
    if (const auto fault = identity::cci_fault(account, options_.check_cci_digits)) {
        file_.add(other, "AC01", "the creditor's CCI " + std::string(*fault));
        return {};
    }
    return account;
}

void LineChecks::check_agent(const ShapedLine& line, const std::string& account) {
    const pugi::xml_node institution = file_.child(file_.child(line.node, "CdtrAgt"), "FinInstnId");
    const pugi::xml_node member = file_.child(file_.child(institution, "ClrSysMmbId"), "MmbId");
    if (!member || account.empty()) return;
    if (XmlFile::text_of(member) != std::string_view(account).substr(0, entity_digits)) {
        file_.add(member, "AGNT",
                  "the creditor's agent is not the entity " + account.substr(0, entity_digits) +
                      " that the CCI names");
    }
}

std::string LineChecks::creditor_name(const ShapedLine& line) {
    const pugi::xml_node name = file_.child(file_.child(line.node, "Cdtr"), "Nm");
    const std::string text(XmlFile::text_of(name));
    if (text.empty()) {
        file_.add_missing(line.node, "Cdtr/Nm", "RR03", "the creditor's name is missing");
    } else if (count_characters(text) > max_name_characters) {
        file_.add(name, "FF01", "the name has more than 140 characters");
    } else if (has_control_character(text)) {
        file_.add(name, "FF01", "the name has a control character");
    }
    return text;
}

std::string LineChecks::purpose(const ShapedLine& line) {
    const pugi::xml_node code = file_.child(file_.child(line.node, "Purp"), "Cd");
    if (!code) return {};
    const std::string text(XmlFile::text_of(code));
    const bool good = text.size() == 4 && std::all_of(text.begin(), text.end(),
                                                      [](char c) { return c >= 'A' && c <= 'Z'; });
    if (!good) file_.add(code, "FF01", "the purpose is not a code of four upper-case letters");
    return text;
}

std::string LineChecks::remittance_text(const ShapedLine& line) {
    const pugi::xml_node information = file_.child(line.node, "RmtInf");
    std::string text;
    for (auto part = file_.child(information, "Ustrd"); part; part = file_.next(part)) {
        if (!text.empty()) text += ' ';
        text += XmlFile::text_of(part);
    }
    if (count_characters(text) > max_remittance_characters) {
        file_.add(information, "FF01", "the remittance text has more than 140 characters");
    } else if (has_control_character(text)) {
        file_.add(information, "FF01", "the remittance text has a control character");
    }
    return text;
}

}  // namespace ayni::disbursement
