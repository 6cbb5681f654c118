#include <algorithm>
#include <charconv>
#include <cstdio>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>

#include "iso8583/codec.h"
#include "iso8583/frame.h"

/// Our codec for programs that are not C++: each line of the input becomes one line of the output.
///
///   iso8583_vectors pack BITMAP SECOND      fields → hexadecimal digits of a frame
///   iso8583_vectors unpack BITMAP SECOND    the other way
///
/// BITMAP: binary or hex; SECOND: needed or always. Fields are "0=0200<tab>3=400000<tab>…", where 0
/// is the message type. What is refused becomes "error: …".
namespace {

using namespace ayni;
using namespace ayni::iso8583;

base::Result<Message> message_of(std::string_view line) {
    std::optional<Message> message;
    while (!line.empty()) {
        const std::string_view part = line.substr(0, line.find('\t'));
        line.remove_prefix(std::min(line.size(), part.size() + 1));
        const std::size_t equals = part.find('=');
        if (equals == std::string_view::npos) return base::failure("input", "has no =");
        const std::string_view value = part.substr(equals + 1);
        unsigned number = 0;
        std::from_chars(part.data(), part.data() + equals, number);
        if (number == 0) {
            const auto mti = Mti::parse(value);
            if (!mti) return base::failure("mti", "is none");
            message.emplace(*mti);
            continue;
        }
        const auto field = field_of(number);
        if (!field || !message) return base::failure("input", "has another field, or no type");
        if (auto set = message->set(*field, value); !set) return tl::unexpected(set.error());
    }
    if (!message) return base::failure("input", "is empty");
    return *message;
}

std::string fields_of(const Message& message) {
    std::string line = "0=" + message.mti().text();
    for (const FieldFormat& format : field_formats) {
        const auto value = message.get(format.field);
        if (!value) continue;
        line += '\t' + std::to_string(static_cast<unsigned>(format.field)) + '=';
        line += *value;
    }
    return line;
}

std::string hexadecimal(std::string_view bytes) {
    static constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (const char byte : bytes) {
        text += digits[static_cast<unsigned char>(byte) >> 4U];
        text += digits[static_cast<unsigned char>(byte) & 15U];
    }
    return text;
}

base::Result<std::string> bytes_of(std::string_view text) {
    std::string bytes;
    for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
        unsigned value = 0;
        const char* const end = text.data() + i + 2;
        if (std::from_chars(text.data() + i, end, value, 16).ptr != end) {
            return base::failure("input", "is not hexadecimal");
        }
        bytes += static_cast<char>(value);
    }
    return bytes;
}

base::Result<std::string> pack(std::string_view line, const Profile& profile) {
    const auto message = message_of(line);
    if (!message) return tl::unexpected(message.error());
    return hexadecimal(frame(encode(*message, profile)));
}

base::Result<std::string> unpack(std::string_view line, const Profile& profile) {
    const auto bytes = bytes_of(line);
    if (!bytes) return tl::unexpected(bytes.error());
    FrameReader reader(max_message_bytes);
    std::string_view received = *bytes;
    const auto framed = reader.read(received);
    if (!framed) return tl::unexpected(framed.error());
    if (!*framed || !received.empty()) return base::failure("input", "is not one frame");
    const auto message = decode(**framed, profile);
    if (!message) return tl::unexpected(message.error());
    return fields_of(*message);
}

}  // namespace

int main(int count, char** arguments) {
    const auto argument = [&](int at) { return std::string_view(at < count ? arguments[at] : ""); };
    const bool is_pack = argument(1) == "pack";
    if (count != 4 || (!is_pack && argument(1) != "unpack")) {
        std::fputs("usage: iso8583_vectors pack|unpack binary|hex needed|always\n", stderr);
        return 2;
    }
    const Profile profile{
        argument(2) == "hex" ? BitmapEncoding::hex : BitmapEncoding::binary,
        argument(3) == "always" ? SecondBitmap::always : SecondBitmap::when_needed};
    for (std::string line; std::getline(std::cin, line);) {
        const auto answer = is_pack ? pack(line, profile) : unpack(line, profile);
        std::cout << (answer ? *answer : "error: " + answer.error().to_string()) << '\n';
    }
    return 0;
}
