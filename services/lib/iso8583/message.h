#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "iso8583/fields.h"
#include "iso8583/mti.h"

namespace ayni::iso8583 {

/// A message type and the fields that are present, each of which fits its format: whatever is in a
/// Message can be encoded. Values are as they stand on the wire, padding included.
class Message {
public:
    explicit Message(Mti mti) : mti_(mti) {}

    [[nodiscard]] Mti mti() const { return mti_; }
    void set_mti(Mti mti) { mti_ = mti; }

    /// Pads `value` and puts it in the place of what was there. On an error (iso8583::padded)
    /// nothing changes.
    [[nodiscard]] base::Result<void> set(Field field, std::string_view value);
    void clear(Field field) { values_[index_of(field)].clear(); }

    [[nodiscard]] bool has(Field field) const { return !values_[index_of(field)].empty(); }

    /// The value, valid until the message changes; nothing when the field is absent.
    [[nodiscard]] std::optional<std::string_view> get(Field field) const;

    /// The same, for a field that must be there: an error that names it otherwise.
    [[nodiscard]] base::Result<std::string_view> require(Field field) const;

    friend bool operator==(const Message&, const Message&) = default;

private:
    Mti mti_;
    std::array<std::string, field_formats.size()> values_;  // empty: absent
};

}  // namespace ayni::iso8583
