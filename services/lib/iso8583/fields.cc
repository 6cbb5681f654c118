#include "iso8583/fields.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/assert.h"
#include "iso8583/digits.h"

namespace ayni::iso8583 {
namespace {

constexpr bool is_ascending() {
    return std::is_sorted(field_formats.begin(), field_formats.end(),
                          [](const auto& a, const auto& b) { return a.field <= b.field; });
}
static_assert(is_ascending(), "a message is walked in the order of its fields");

constexpr std::size_t no_place = field_formats.size();

constexpr auto places = [] {
    std::array<std::size_t, 256> all{};
    all.fill(no_place);
    for (std::size_t i = 0; i < field_formats.size(); ++i) {
        all[static_cast<std::size_t>(field_formats[i].field)] = i;
    }
    return all;
}();

bool is_letter(char character) {
    return (character >= 'A' && character <= 'Z') || (character >= 'a' && character <= 'z');
}

bool is_of(Content content, char character) {
    switch (content) {
        case Content::digits: return is_digit(character);
        case Content::alphanumeric: return is_digit(character) || is_letter(character);
        case Content::printable: return character >= ' ' && character <= '~';
    }
    UNREACHABLE("content");
}

}  // namespace

std::optional<Field> field_of(unsigned number) {
    if (number >= places.size() || places[number] == no_place) return std::nullopt;
    return static_cast<Field>(number);
}

std::size_t index_of(Field field) {
    const std::size_t place = places[static_cast<std::size_t>(field)];
    ASSERT(place != no_place);
    return place;
}

const FieldFormat& format_of(Field field) { return field_formats[index_of(field)]; }

std::string name_of(Field field) { return fmt::format("field {}", static_cast<unsigned>(field)); }

std::string_view to_string(Content content) {
    switch (content) {
        case Content::digits: return "a digit";
        case Content::alphanumeric: return "a letter or a digit";
        case Content::printable: return "printable ASCII";
    }
    UNREACHABLE("content");
}

std::optional<std::size_t> first_wrong_character(const FieldFormat& format,
                                                 std::string_view value) {
    std::string_view significant = value;
    if (format.padding == Padding::spaces_right) {
        significant = value.substr(0, value.find_last_not_of(' ') + 1);
    }
    const auto wrong =
        std::find_if_not(significant.begin(), significant.end(),
                         [&](char character) { return is_of(format.content, character); });
    if (wrong == significant.end()) return std::nullopt;
    return static_cast<std::size_t>(wrong - significant.begin());
}

base::Result<std::string> padded(Field field, std::string_view value) {
    const FieldFormat& format = format_of(field);
    if (value.empty()) return base::failure(name_of(field), "is empty");
    if (value.size() > format.size) {
        return base::failure(name_of(field), fmt::format("has {} characters, of which {} fit",
                                                         value.size(), format.size));
    }
    const std::size_t missing =
        format.length == Length::fixed ? format.size - value.size() : std::size_t{0};
    if (missing > 0 && format.padding == Padding::none) {
        return base::failure(name_of(field), fmt::format("has {} characters, it takes {}",
                                                         value.size(), format.size));
    }
    if (const auto wrong = first_wrong_character(format, value)) {
        return base::failure(name_of(field), fmt::format("character {} is not {}", *wrong + 1,
                                                         to_string(format.content)));
    }
    std::string text(value);
    if (format.padding == Padding::zeros_left) text.insert(0, missing, '0');
    if (format.padding == Padding::spaces_right) text.append(missing, ' ');
    return text;
}

}  // namespace ayni::iso8583
