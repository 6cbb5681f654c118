#include "iso8583/response_code.h"

#include <algorithm>
#include <array>

namespace ayni::iso8583 {
namespace {

struct Row {
    std::string_view response_code;
    std::string_view reason;
};

constexpr std::string_view no_reason = "MS03";
constexpr std::string_view malfunction = "96";

/// The first row of a code is what it means; 05 (do not honour), 12 (invalid transaction) and 54
/// (expired) say nothing that a reason of ISO 20022 would.
constexpr std::array rows{
    Row{"14", "AC01"}, Row{"14", "AC03"}, Row{"30", "FF01"}, Row{"51", "AM04"}, Row{"57", "AG01"},
    Row{"61", "AM02"}, Row{"68", "AB05"}, Row{"91", "AB08"}, Row{"94", "AM05"},
};

}  // namespace

std::optional<std::string_view> reason_of_response(std::string_view response_code) {
    if (response_code == approved) return std::nullopt;
    const auto* const row = std::find_if(rows.begin(), rows.end(), [&](const Row& each) {
        return each.response_code == response_code;
    });
    return row == rows.end() ? no_reason : row->reason;
}

std::string_view response_of_reason(std::string_view reason) {
    const auto* const row = std::find_if(rows.begin(), rows.end(),
                                         [&](const Row& each) { return each.reason == reason; });
    return row == rows.end() ? malfunction : row->response_code;
}

}  // namespace ayni::iso8583
