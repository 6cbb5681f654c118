#include "iso8583/message.h"

namespace ayni::iso8583 {

base::Result<void> Message::set(Field field, std::string_view value) {
    auto text = padded(field, value);
    if (!text) return tl::unexpected(text.error());
    values_[index_of(field)] = std::move(*text);
    return {};
}

std::optional<std::string_view> Message::get(Field field) const {
    const std::string& value = values_[index_of(field)];
    if (value.empty()) return std::nullopt;
    return value;
}

base::Result<std::string_view> Message::require(Field field) const {
    const auto value = get(field);
    if (!value) return base::failure(name_of(field), "is missing");
    return *value;
}

}  // namespace ayni::iso8583
