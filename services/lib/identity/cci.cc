#include "identity/cci.h"

#include <algorithm>

namespace ayni::identity {
namespace {

/// Weights 1, 2, 1, 2 … from the left; the digits of each product are added.
char check_digit(std::string_view digits) {
    int sum = 0;
    int weight = 1;
    for (const char digit : digits) {
        const int product = (digit - '0') * weight;
        sum += product / 10 + product % 10;
        weight = 3 - weight;
    }
    return static_cast<char>('0' + (10 - sum % 10) % 10);
}

}  // namespace

std::optional<std::string_view> cci_fault(std::string_view cci, bool check_digits) {
    if (cci.size() != 20) return "does not have 20 digits";
    if (!std::all_of(cci.begin(), cci.end(), [](char c) { return c >= '0' && c <= '9'; })) {
        return "has characters that are not digits";
    }
    if (!check_digits) return std::nullopt;
    if (cci[18] != check_digit(cci.substr(0, 6))) return "has a wrong first check digit";
    if (cci[19] != check_digit(cci.substr(6, 12))) return "has a wrong second check digit";
    return std::nullopt;
}

}  // namespace ayni::identity
