#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

#include "base/assert.h"

/// What a fuzzer, or a file of a corpus, gives: any bytes at all. Must return; a finding is an
/// abort (ASSERT) or a sanitizer's.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace ayni::fuzz {

/// Reads choices from the front of the input. Zeros when there are no more bytes.
class Input {
public:
    Input(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}

    [[nodiscard]] bool empty() const { return at_ == size_; }

    template <typename T>
    T next() {
        T value{};
        const std::size_t length = std::min(sizeof value, size_ - at_);
        if (length > 0) std::memcpy(&value, data_ + at_, length);
        at_ += length;
        return value;
    }
    std::uint8_t byte() { return next<std::uint8_t>(); }

    [[nodiscard]] std::string_view rest() const {
        return {reinterpret_cast<const char*>(data_ + at_), size_ - at_};
    }
    /// The text up to the next line end, without it.
    std::string_view line() {
        const std::string_view all = rest();
        const std::size_t end = all.find('\n');
        at_ = end == std::string_view::npos ? size_ : at_ + end + 1;
        return all.substr(0, end);
    }

private:
    const std::uint8_t* data_;
    std::size_t size_;
    std::size_t at_ = 0;
};

/// A copy of `text` at an address that is a multiple of 8, for what is read in place; exactly as
/// long, so that a sanitizer sees each byte too many.
class Aligned {
public:
    explicit Aligned(std::string_view text) : words_((text.size() + 7) / 8), size_(text.size()) {
        if (!text.empty()) std::memcpy(words_.data(), text.data(), text.size());
    }
    [[nodiscard]] std::span<std::byte> bytes() {
        return std::as_writable_bytes(std::span(words_)).first(size_);
    }

private:
    std::vector<std::uint64_t> words_;
    std::size_t size_;
};

}  // namespace ayni::fuzz
