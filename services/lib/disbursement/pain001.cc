#include "disbursement/pain001.h"

#include <optional>

#include "disbursement/lines.h"
#include "disbursement/text.h"
#include "disbursement/xml_file.h"

namespace ayni::disbursement {
namespace {

const std::vector<std::string_view> namespaces{"urn:iso:std:iso:20022:tech:xsd:pain.001.001.03",
                                               "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"};

/// What the schemas of both versions allow, together.
constexpr std::string_view message_elements[] = {"GrpHdr", "PmtInf", "SplmtryData"};
constexpr std::string_view header_elements[] = {"MsgId",   "CreDtTm",  "Authstn", "NbOfTxs",
                                                "CtrlSum", "InitgPty", "FwdgAgt"};
constexpr std::string_view part_elements[] = {
    "PmtInfId",        "PmtMtd",          "BtchBookg", "NbOfTxs",   "CtrlSum",      "PmtTpInf",
    "ReqdExctnDt",     "PoolgAdjstmntDt", "Dbtr",      "DbtrAcct",  "DbtrAgt",      "DbtrAgtAcct",
    "InstrForDbtrAgt", "UltmtDbtr",       "ChrgBr",    "ChrgsAcct", "ChrgsAcctAgt", "CdtTrfTxInf"};
constexpr std::string_view line_elements[] = {"PmtId",
                                              "PmtTpInf",
                                              "Amt",
                                              "XchgRateInf",
                                              "ChrgBr",
                                              "ChqInstr",
                                              "UltmtDbtr",
                                              "IntrmyAgt1",
                                              "IntrmyAgt1Acct",
                                              "IntrmyAgt2",
                                              "IntrmyAgt2Acct",
                                              "IntrmyAgt3",
                                              "IntrmyAgt3Acct",
                                              "CdtrAgt",
                                              "CdtrAgtAcct",
                                              "Cdtr",
                                              "CdtrAcct",
                                              "UltmtCdtr",
                                              "InstrForCdtrAgt",
                                              "InstrForDbtrAgt",
                                              "Purp",
                                              "RgltryRptg",
                                              "Tax",
                                              "RltdRmtInf",
                                              "RmtInf",
                                              "SplmtryData"};

constexpr std::size_t max_id_characters = 35;
constexpr std::size_t max_name_characters = 140;
constexpr std::size_t max_account_characters = 34;

/// The first step: whether the file is what it says.
class Shape {
public:
    explicit Shape(XmlFile& file) : file_(file) {}

    /// Everything that the second step needs; of use only when there were no faults.
    void read() {
        const pugi::xml_node message = file_.required(file_.root(), "CstmrCdtTrfInitn");
        if (!message) return;
        file_.check_names(message, message_elements);
        header_ = file_.required(message, "GrpHdr");
        read_header();
        pugi::xml_node part = file_.child(message, "PmtInf");
        if (!part) file_.add_missing(message, "PmtInf", "FF01", "the element is missing");
        for (; part; part = file_.next(part)) read_part(part);
        check_sums(header_, whole_);
    }

    [[nodiscard]] const std::string& message_id() const { return message_id_; }
    [[nodiscard]] const std::string& initiating_party() const { return initiating_party_; }
    [[nodiscard]] const std::vector<pugi::xml_node>& parts() const { return parts_; }
    [[nodiscard]] const std::vector<ShapedLine>& lines() const { return lines_; }
    [[nodiscard]] base::Amount total() const { return whole_.sum; }

private:
    /// What was counted, to be compared with what is declared.
    struct Tally {
        std::size_t lines = 0;
        base::Amount sum;
        bool is_known = true;  ///< False when an amount could not be read or added.

        void add(std::optional<base::Amount> amount) {
            ++lines;
            const auto next = amount ? base::checked_add(sum, *amount) : std::nullopt;
            is_known = is_known && next.has_value();
            if (next) sum = *next;
        }
    };

    void read_header() {
        file_.check_names(header_, header_elements);
        message_id_ = read_id(header_, "MsgId");
        const pugi::xml_node made = file_.required(header_, "CreDtTm");
        if (made && !is_date_time(XmlFile::text_of(made))) {
            file_.add(made, "FF01", "it is not a date and time as 2026-11-23T09:00:00");
        }
        (void)file_.required(header_, "NbOfTxs");
        const pugi::xml_node party = file_.required(header_, "InitgPty");
        if (const pugi::xml_node name = file_.optional(party, "Nm")) {
            initiating_party_ = read_text(name, max_name_characters);
        }
    }

    void read_part(pugi::xml_node part) {
        parts_.push_back(part);
        file_.check_names(part, part_elements);
        const std::string id = read_id(part, "PmtInfId");
        (void)file_.required(part, "PmtMtd");
        read_execution_date(part);
        (void)file_.required(part, "Dbtr");
        (void)file_.required(part, "DbtrAgt");
        const std::string payer_account = read_payer_account(part);
        Tally tally;
        pugi::xml_node line = file_.child(part, "CdtTrfTxInf");
        if (!line) file_.add_missing(part, "CdtTrfTxInf", "FF01", "the element is missing");
        for (; line; line = file_.next(line)) {
            file_.check_names(line, line_elements);
            const std::string end_to_end_id = read_id(file_.required(line, "PmtId"), "EndToEndId");
            const auto amount = read_amount(line);
            tally.add(amount);
            whole_.add(amount);
            lines_.push_back({.node = line,
                              .payment_information = part,
                              .payment_information_id = id,
                              .payer_account = payer_account,
                              .end_to_end_id = end_to_end_id,
                              .amount = amount.value_or(base::Amount())});
        }
        check_sums(part, tally);
    }

    /// A date in .03; in .09 a choice of a date or a date and time.
    void read_execution_date(pugi::xml_node part) {
        const pugi::xml_node date = file_.required(part, "ReqdExctnDt");
        if (!date) return;
        const pugi::xml_node day = file_.child(date, "Dt");
        const pugi::xml_node time = file_.child(date, "DtTm");
        const bool good = time  ? is_date_time(XmlFile::text_of(time))
                          : day ? is_date(XmlFile::text_of(day))
                                : is_date(XmlFile::text_of(date));
        if (!good) file_.add(date, "FF01", "it is not a date as 2026-11-24");
    }

    std::string read_payer_account(pugi::xml_node part) {
        const pugi::xml_node id = file_.required(file_.required(part, "DbtrAcct"), "Id");
        if (!id) return {};
        if (const pugi::xml_node iban = file_.optional(id, "IBAN")) {
            return read_text(iban, max_account_characters);
        }
        const pugi::xml_node other = file_.required(file_.required(id, "Othr"), "Id");
        return other ? read_text(other, max_account_characters) : std::string();
    }

    std::optional<base::Amount> read_amount(pugi::xml_node line) {
        const pugi::xml_node node = file_.required(file_.required(line, "Amt"), "InstdAmt");
        if (!node) return std::nullopt;
        if (!node.attribute("Ccy")) file_.add(node, "FF01", "the attribute Ccy is missing");
        const auto amount = parse_amount(XmlFile::text_of(node));
        if (!amount) {
            file_.add(node, "AM12", "it is not an amount with at most two decimals, as 1234.50");
        }
        return amount;
    }

    /// NbOfTxs and CtrlSum of the header or of a part.
    void check_sums(pugi::xml_node declaring, const Tally& tally) {
        if (const pugi::xml_node node = file_.optional(declaring, "NbOfTxs")) {
            const auto declared = parse_count(XmlFile::text_of(node));
            if (!declared) {
                file_.add(node, "FF01", "it is not a number of 1 to 15 digits");
            } else if (*declared != tally.lines) {
                file_.add(node, "AM10",
                          "it declares " + std::to_string(*declared) + " payments, but there are " +
                              std::to_string(tally.lines));
            }
        }
        const pugi::xml_node node = file_.optional(declaring, "CtrlSum");
        if (!node) return;
        const auto declared = parse_amount(XmlFile::text_of(node));
        if (!declared) {
            file_.add(node, "FF01", "it is not an amount with at most two decimals, as 1234.50");
        } else if (tally.is_known && *declared != tally.sum) {
            file_.add(node, "AM10",
                      "it declares " + base::format_decimal(*declared) +
                          ", but the amounts add up to " + base::format_decimal(tally.sum));
        }
    }

    /// An id that goes into the journal or into a transfer's id: plain characters only.
    std::string read_id(pugi::xml_node parent, std::string_view name) {
        const pugi::xml_node node = file_.required(parent, name);
        if (!node) return {};
        const std::string text = read_text(node, max_id_characters);
        if (!is_printable_ascii(text)) {
            file_.add(node, "FF01", "it has a character that is not printable ASCII");
        }
        return text;
    }

    std::string read_text(pugi::xml_node node, std::size_t most) {
        std::string text(XmlFile::text_of(node));
        if (text.empty()) {
            file_.add(node, "FF01", "the element is empty");
        } else if (count_characters(text) > most) {
            file_.add(node, "FF01",
                      "it has " + std::to_string(count_characters(text)) +
                          " characters instead of at most " + std::to_string(most));
        }
        return text;
    }

    XmlFile& file_;
    pugi::xml_node header_;
    std::string message_id_;
    std::string initiating_party_;
    std::vector<pugi::xml_node> parts_;
    std::vector<ShapedLine> lines_;
    Tally whole_;
};

Faults too_large(std::size_t bytes, std::size_t most) {
    Faults faults;
    faults.listed.push_back({.path = {},
                             .line = 0,
                             .column = 0,
                             .reason = "FF01",
                             .message = "the file has " + std::to_string(bytes) +
                                        " bytes, at most " + std::to_string(most) + " are read"});
    return faults;
}

}  // namespace

tl::expected<PaymentFile, Faults> read_pain001(std::string_view text,
                                               const Pain001Options& options) {
    if (text.size() > options.max_bytes) {
        return tl::unexpected(too_large(text.size(), options.max_bytes));
    }
    XmlFile file(text);
    Shape shape(file);
    if (file.open(namespaces)) shape.read();
    if (!file.faults().empty()) return tl::unexpected(file.take_faults());

    LineChecks checks(file, options);
    for (const pugi::xml_node part : shape.parts()) checks.check_payment_information(part);
    PaymentFile payments{.message_id = shape.message_id(),
                         .initiating_party = shape.initiating_party(),
                         .total = shape.total(),
                         .instructions = {}};
    payments.instructions.reserve(shape.lines().size());
    for (const ShapedLine& line : shape.lines()) {
        payments.instructions.push_back(checks.check(line));
    }
    if (!file.faults().empty()) return tl::unexpected(file.take_faults());
    return payments;
}

}  // namespace ayni::disbursement
