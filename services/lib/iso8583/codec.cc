#include "iso8583/codec.h"

#include <fmt/format.h>

#include <bitset>
#include <optional>

#include "base/assert.h"
#include "iso8583/digits.h"

namespace ayni::iso8583 {
namespace {

constexpr unsigned fields_of_a_bitmap = 64;
constexpr unsigned second_bitmap_field = 1;

/// Bit n is field n; bit 0 is none.
using Fields = std::bitset<2 * fields_of_a_bitmap + 1>;

class Reader {
public:
    explicit Reader(std::string_view bytes) : bytes_(bytes) {}

    [[nodiscard]] std::size_t position() const { return position_; }
    [[nodiscard]] std::size_t left() const { return bytes_.size() - position_; }

    /// The next `size` bytes; an error about `what` when there are fewer.
    base::Result<std::string_view> take(std::size_t size, const std::string& what) {
        if (left() < size) {
            return base::failure(what, fmt::format("needs {} bytes at byte {}, {} are there", size,
                                                   position_, left()));
        }
        const std::string_view taken = bytes_.substr(position_, size);
        position_ += size;
        return taken;
    }

private:
    std::string_view bytes_;
    std::size_t position_ = 0;
};

std::optional<unsigned> hex_value(char character) {
    if (is_digit(character)) return static_cast<unsigned>(character - '0');
    if (character >= 'A' && character <= 'F') return static_cast<unsigned>(character - 'A' + 10);
    return std::nullopt;
}

/// The `bits` bits of `value`, the highest first, say which fields from `first` on are present.
void note_fields(unsigned value, unsigned bits, unsigned first, Fields& fields) {
    for (unsigned bit = 0; bit < bits; ++bit) {
        if ((value >> (bits - 1 - bit) & 1U) != 0) fields.set(first + bit);
    }
}

base::Result<void> read_bitmap(Reader& reader, BitmapEncoding encoding, unsigned first,
                               Fields& fields) {
    const bool is_hex = encoding == BitmapEncoding::hex;
    const unsigned bits = is_hex ? 4 : 8;
    const std::size_t start = reader.position();
    const auto text = reader.take(fields_of_a_bitmap / bits, "bitmap");
    if (!text) return tl::unexpected(text.error());
    for (std::size_t i = 0; i < text->size(); ++i) {
        const char character = (*text)[i];
        const auto value = is_hex ? hex_value(character) : static_cast<unsigned char>(character);
        if (!value) {
            return base::failure("bitmap", fmt::format("byte {} is not a hexadecimal digit of "
                                                       "0 to 9 and A to F",
                                                       start + i));
        }
        note_fields(*value, bits, first + static_cast<unsigned>(i) * bits, fields);
    }
    return {};
}

base::Result<Fields> read_bitmaps(Reader& reader, const Profile& profile) {
    Fields fields;
    const std::size_t start = reader.position();
    if (auto read = read_bitmap(reader, profile.bitmap, 1, fields); !read) {
        return tl::unexpected(read.error());
    }
    const bool is_always = profile.second_bitmap == SecondBitmap::always;
    if (!fields.test(second_bitmap_field)) {
        if (!is_always) return fields;
        return base::failure("bitmap",
                             fmt::format("has no second one behind it, at byte {}", start));
    }
    const std::size_t second = reader.position();
    if (auto read = read_bitmap(reader, profile.bitmap, fields_of_a_bitmap + 1, fields); !read) {
        return tl::unexpected(read.error());
    }
    if (!is_always && (fields >> (fields_of_a_bitmap + 1)).none()) {
        return base::failure("bitmap", fmt::format("the second one, at byte {}, is empty", second));
    }
    return fields;
}

/// How long the value is that comes next.
base::Result<std::size_t> read_size(Reader& reader, const FieldFormat& format) {
    if (format.length == Length::fixed) return format.size;
    const std::string name = name_of(format.field);
    const std::size_t start = reader.position();
    const auto prefix = reader.take(format.prefix_size(), name);
    if (!prefix) return tl::unexpected(prefix.error());
    const auto size = number_of(*prefix);
    if (!size) {
        return base::failure(name, fmt::format("its length at byte {} is not {} digits", start,
                                               format.prefix_size()));
    }
    if (*size == 0) return base::failure(name, fmt::format("is empty, at byte {}", start));
    if (*size > format.size) {
        return base::failure(name, fmt::format("its length at byte {} is {}, at most {} is allowed",
                                               start, *size, format.size));
    }
    return static_cast<std::size_t>(*size);
}

base::Result<void> read_field(Reader& reader, unsigned number, Message& message) {
    const auto field = field_of(number);
    if (!field) {
        return base::failure(fmt::format("field {}", number),
                             fmt::format("is not used here, so what stands from byte {} on can "
                                         "not be read",
                                         reader.position()));
    }
    const FieldFormat& format = format_of(*field);
    const auto size = read_size(reader, format);
    if (!size) return tl::unexpected(size.error());
    const std::size_t start = reader.position();
    const auto value = reader.take(*size, name_of(*field));
    if (!value) return tl::unexpected(value.error());
    if (const auto wrong = first_wrong_character(format, *value)) {
        return base::failure(name_of(*field), fmt::format("byte {} is not {}", start + *wrong,
                                                          to_string(format.content)));
    }
    const auto is_set = message.set(*field, *value);
    ASSERT(is_set.has_value());
    return {};
}

base::Result<Mti> read_mti(Reader& reader) {
    const auto text = reader.take(4, "mti");
    if (!text) return tl::unexpected(text.error());
    const auto mti = Mti::parse(*text);
    if (!mti) {
        return base::failure("mti",
                             "bytes 0 to 3 are not four digits of which the first is 0, "
                             "the version of 1987");
    }
    return *mti;
}

void append_bitmap(const Fields& fields, BitmapEncoding encoding, unsigned first,
                   std::string& text) {
    const unsigned bits = encoding == BitmapEncoding::hex ? 4 : 8;
    for (unsigned field = first; field < first + fields_of_a_bitmap; field += bits) {
        unsigned value = 0;
        for (unsigned bit = 0; bit < bits; ++bit) {
            value = value << 1U | (fields.test(field + bit) ? 1U : 0U);
        }
        text +=
            encoding == BitmapEncoding::hex ? "0123456789ABCDEF"[value] : static_cast<char>(value);
    }
}

Fields fields_of(const Message& message, const Profile& profile) {
    Fields fields;
    for (const FieldFormat& format : field_formats) {
        if (message.has(format.field)) fields.set(static_cast<std::size_t>(format.field));
    }
    if (profile.second_bitmap == SecondBitmap::always ||
        (fields >> (fields_of_a_bitmap + 1)).any()) {
        fields.set(second_bitmap_field);
    }
    return fields;
}

}  // namespace

std::string encode(const Message& message, const Profile& profile) {
    std::string text = message.mti().text();
    const Fields fields = fields_of(message, profile);
    append_bitmap(fields, profile.bitmap, 1, text);
    if (fields.test(second_bitmap_field)) {
        append_bitmap(fields, profile.bitmap, fields_of_a_bitmap + 1, text);
    }
    for (const FieldFormat& format : field_formats) {
        const auto value = message.get(format.field);
        if (!value) continue;
        if (format.length != Length::fixed) {
            text += fmt::format("{:0{}}", value->size(), format.prefix_size());
        }
        text += *value;
    }
    ASSERT(text.size() <= max_message_bytes);
    return text;
}

base::Result<Message> decode(std::string_view bytes, const Profile& profile) {
    Reader reader(bytes);
    const auto mti = read_mti(reader);
    if (!mti) return tl::unexpected(mti.error());
    const auto fields = read_bitmaps(reader, profile);
    if (!fields) return tl::unexpected(fields.error());
    Message message(*mti);
    for (unsigned number = second_bitmap_field + 1; number < fields->size(); ++number) {
        if (!fields->test(number)) continue;
        if (auto read = read_field(reader, number, message); !read) {
            return tl::unexpected(read.error());
        }
    }
    if (reader.left() > 0) {
        return base::failure("message", fmt::format("{} bytes are left behind its last field, from "
                                                    "byte {} on",
                                                    reader.left(), reader.position()));
    }
    return message;
}

}  // namespace ayni::iso8583
