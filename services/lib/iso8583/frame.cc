#include "iso8583/frame.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/assert.h"

namespace ayni::iso8583 {
namespace {

constexpr std::size_t max_frame_length = 0xFFFF;

}  // namespace

std::string frame(std::string_view message) {
    ASSERT(!message.empty());
    ASSERT(message.size() <= max_frame_length);
    std::string framed;
    framed.reserve(2 + message.size());
    framed += static_cast<char>(message.size() >> 8U);
    framed += static_cast<char>(message.size() & 0xFFU);
    framed += message;
    return framed;
}

FrameReader::FrameReader(std::size_t max_message_bytes) : max_message_bytes_(max_message_bytes) {
    ASSERT(max_message_bytes > 0);
    ASSERT(max_message_bytes <= max_frame_length);
}

void FrameReader::take_length(std::string_view& received) {
    while (!has_length() && !received.empty()) {
        length_ = length_ << 8U | static_cast<unsigned char>(received.front());
        ++length_bytes_seen_;
        received.remove_prefix(1);
    }
}

base::Result<void> FrameReader::check_length() const {
    if (length_ == 0) return base::failure("length", "is 0");
    if (length_ > max_message_bytes_) {
        return base::failure(
            "length", fmt::format("is {}, at most {} is allowed", length_, max_message_bytes_));
    }
    return {};
}

base::Result<std::optional<std::string>> FrameReader::read(std::string_view& received) {
    take_length(received);
    if (!has_length()) return std::nullopt;
    if (auto checked = check_length(); !checked) return tl::unexpected(checked.error());
    const std::size_t taken = std::min(length_ - message_.size(), received.size());
    message_ += received.substr(0, taken);
    received.remove_prefix(taken);
    if (message_.size() < length_) return std::nullopt;
    length_bytes_seen_ = 0;
    length_ = 0;
    return std::exchange(message_, {});
}

}  // namespace ayni::iso8583
