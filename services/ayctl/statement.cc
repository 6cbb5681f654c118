#include "ayctl/statement.h"

#include <fmt/format.h>

#include <charconv>

#include "ayctl/csv.h"
#include "ayctl/format.h"

namespace ayni::ayctl {
namespace {

std::string name_of(v1::AccountKind kind) {
    return short_name(v1::AccountKind_Name(kind), "ACCOUNT_KIND_");
}

std::string type_of(const v1::StatementEntry& entry) {
    return short_name(v1::TransferType_Name(entry.transfer_type()), "TRANSFER_TYPE_");
}

std::int64_t signed_amount(const v1::StatementEntry& entry) {
    return entry.side() == v1::ENTRY_SIDE_DEBIT ? -entry.amount() : entry.amount();
}

std::string counterparty_of(const v1::StatementEntry& entry) {
    return entry.counterparty().empty() ? "(operator)" : entry.counterparty();
}

}  // namespace

base::Result<std::uint32_t> parse_date(const std::string& text, const std::string& option) {
    const bool has_form = text.size() == 10 && text[4] == '-' && text[7] == '-';
    const std::string digits =
        has_form ? text.substr(0, 4) + text.substr(5, 2) + text.substr(8) : std::string();
    std::uint32_t date = 0;
    const char* const end = digits.data() + digits.size();
    const auto [stopped, error] = std::from_chars(digits.data(), end, date);
    if (!has_form || error != std::errc() || stopped != end) {
        return base::failure(option, "\"" + text + "\" is not a date, as 2026-11-23");
    }
    return date;
}

std::string summary_text(const v1::StatementSummary& s, std::uint64_t as_of) {
    Table table({"", ">count", ">" + s.currency_code()});
    table.add({"opening balance", "", format_minor_units(s.opening_balance())});
    table.add({"debits", std::to_string(s.debit_count()), format_minor_units(-s.debits())});
    table.add({"credits", std::to_string(s.credit_count()), format_minor_units(s.credits())});
    table.add({"closing balance", "", format_minor_units(s.closing_balance())});
    return fmt::format("{} of {}, account {}\nfrom {} until before {}\n{}as of sequence {}{}\n",
                       name_of(s.account_kind()), s.participant(), s.account_id(),
                       format_time(s.start_time()), format_time(s.end_time()), table.text(), as_of,
                       s.complete() ? "" : ", and not complete yet");
}

std::string entries_text(const google::protobuf::RepeatedPtrField<v1::StatementEntry>& entries) {
    Table table(
        {"posted", "transfer", ">leg", "what", "counterparty", "reference", ">amount", ">balance"});
    for (const v1::StatementEntry& entry : entries) {
        table.add({format_time(entry.post_time()), entry.transfer_id(), std::to_string(entry.leg()),
                   type_of(entry) + (entry.reversal() ? ", given back" : ""),
                   counterparty_of(entry), entry.end_to_end_id(),
                   format_minor_units(signed_amount(entry)), format_minor_units(entry.balance())});
    }
    return table.text();
}

std::string csv_titles() {
    return csv_record({"sequence", "leg", "posted", "transfer_id", "type", "reversal",
                       "counterparty", "counterparty_account_id", "end_to_end_id", "debit",
                       "credit", "balance"});
}

std::string csv_line(const v1::StatementEntry& entry) {
    const bool is_debit = entry.side() == v1::ENTRY_SIDE_DEBIT;
    const std::string amount = format_minor_units(entry.amount());
    return csv_record({std::to_string(entry.sequence()), std::to_string(entry.leg()),
                       format_time(entry.post_time()), entry.transfer_id(), type_of(entry),
                       entry.reversal() ? "yes" : "no", entry.counterparty(),
                       std::to_string(entry.counterparty_account_id()), entry.end_to_end_id(),
                       is_debit ? amount : "", is_debit ? "" : amount,
                       format_minor_units(entry.balance())});
}

}  // namespace ayni::ayctl
