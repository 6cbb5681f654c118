#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace ayni::iso8583 {

/// `message` as it goes over TCP: its length in two bytes, big-endian and without themselves, and
/// itself. 1 to 65,535 bytes.
[[nodiscard]] std::string frame(std::string_view message);

/// Takes messages out of a stream of bytes that comes in pieces of any size. Holds one message at
/// most, and no more of it than has come. Not thread-safe.
class FrameReader {
public:
    /// `max_message_bytes`: what the other side may send at most, 1 to 65,535.
    explicit FrameReader(std::size_t max_message_bytes);

    /// Takes bytes from the front of `received` until a message is whole, and returns it; the rest
    /// is left for the next call. Nothing when all of `received` was taken and more is needed.
    ///
    /// An error when a length is 0 or beyond the maximum. Then nobody knows where the next message
    /// begins: every later call has the same error and takes nothing, and the connection has to
    /// end.
    [[nodiscard]] base::Result<std::optional<std::string>> read(std::string_view& received);

private:
    static constexpr std::size_t length_bytes = 2;

    [[nodiscard]] bool has_length() const { return length_bytes_seen_ == length_bytes; }
    void take_length(std::string_view& received);
    [[nodiscard]] base::Result<void> check_length() const;

    std::size_t max_message_bytes_;
    std::size_t length_bytes_seen_ = 0;
    std::size_t length_ = 0;
    std::string message_;
};

}  // namespace ayni::iso8583
