#include "ayctl/pay_report.h"

#include <fmt/format.h>

#include <map>
#include <tuple>

#include "ayctl/csv.h"
#include "ayctl/format.h"

namespace ayni::ayctl {
namespace {

struct Group {
    std::size_t payments = 0;
    std::int64_t sum = 0;
};
using GroupKey = std::tuple<std::string, std::string, std::string>;

std::string why(const PayLine& line) {
    if (line.reason.empty()) return line.detail;
    return line.detail.empty() ? line.reason : line.reason + " " + line.detail;
}

std::map<GroupKey, Group> groups_of(const std::vector<PayLine>& lines) {
    std::map<GroupKey, Group> groups;
    for (const PayLine& line : lines) {
        Group& group = groups[{line.transfer.payee_participant(),
                               std::string(to_string(line.state)), why(line)}];
        ++group.payments;
        group.sum += line.instruction->amount.minor_units();
    }
    return groups;
}

}  // namespace

PayTotals totals_of(const std::vector<PayLine>& lines) {
    PayTotals totals;
    for (const PayLine& line : lines) {
        const std::int64_t amount = line.instruction->amount.minor_units();
        ++totals.lines;
        totals.sum += amount;
        if (line.replayed) ++totals.replayed;
        if (line.state != LineState::paid) continue;
        ++totals.paid;
        totals.paid_sum += amount;
    }
    return totals;
}

std::string summary_text(const std::vector<PayLine>& lines) {
    Table table({"institution", "outcome", ">payments", ">PEN", "reason"});
    for (const auto& [key, group] : groups_of(lines)) {
        const auto& [institution, state, reason] = key;
        table.add({institution, state, std::to_string(group.payments),
                   format_minor_units(group.sum), reason});
    }
    const PayTotals totals = totals_of(lines);
    return table.text() +
           fmt::format("paid {} of {} payments, PEN {} of {}; {}\n", totals.paid, totals.lines,
                       format_minor_units(totals.paid_sum), format_minor_units(totals.sum),
                       totals.replayed == 0 ? "none was known before"
                       : totals.replayed == totals.lines
                           ? "all are outcomes of before, nothing moved"
                           : fmt::format("{} are outcomes of before", totals.replayed));
}

JsonObject summary_json(const std::vector<PayLine>& lines) {
    const PayTotals totals = totals_of(lines);
    std::vector<JsonObject> groups;
    for (const auto& [key, group] : groups_of(lines)) {
        JsonObject& object = groups.emplace_back();
        object.add("institution", std::get<0>(key));
        object.add("outcome", std::get<1>(key));
        object.add("reason", std::get<2>(key));
        object.add("payments", std::uint64_t{group.payments});
        object.add("minor_units", group.sum);
    }
    JsonObject summary;
    summary.add("payments", std::uint64_t{totals.lines});
    summary.add("paid", std::uint64_t{totals.paid});
    summary.add("replayed", std::uint64_t{totals.replayed});
    summary.add("minor_units", totals.sum);
    summary.add("paid_minor_units", totals.paid_sum);
    summary.add("groups", groups);
    return summary;
}

std::string results_csv(const std::vector<PayLine>& lines) {
    std::string text =
        csv_record({"file_line", "line_id", "end_to_end_id", "transfer_id", "institution",
                    "payee_account", "payee_name", "amount", "currency", "outcome", "reason",
                    "detail", "replayed", "decided_at"});
    for (const PayLine& line : lines) {
        const auto& instruction = *line.instruction;
        text += csv_record({std::to_string(instruction.line), instruction.line_id,
                            instruction.end_to_end_id, line.transfer.transfer_id(),
                            line.transfer.payee_participant(), instruction.payee_account,
                            instruction.payee_name, base::format_decimal(instruction.amount), "PEN",
                            std::string(to_string(line.state)), line.reason, line.detail,
                            line.replayed ? "yes" : "no", line.decided_at});
    }
    return text;
}

}  // namespace ayni::ayctl
