#include "sim/trace.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/hash.h"

namespace ayni::sim {

std::string Trace::Line::to_string() const {
    std::string text = fmt::format("{:14.6f}  {}", static_cast<double>(at) / 1e9, what);
    if (!id.is_zero()) text += "  " + base::to_string(id);
    if (a != 0 || b != 0) text += fmt::format("  {}", a);
    if (b != 0) text += fmt::format("  {}", b);
    return text;
}

void Trace::add(std::string_view what, const base::TransferId& id, std::uint64_t a,
                std::uint64_t b) {
    const Line line{.at = clock_.steady().count(), .what = what, .id = id, .a = a, .b = b};
    ring_[count_++ % kept] = line;
    const std::array<std::uint64_t, 5> words{static_cast<std::uint64_t>(line.at), id.high, id.low,
                                             a, b};
    hash_ = base::hash64(std::as_bytes(std::span(words)), hash_);
    hash_ = base::hash64(std::as_bytes(std::span(what)), hash_);
    if (prints_all_) fmt::print("{}\n", line.to_string());
}

std::vector<std::string> Trace::tail() const {
    std::vector<std::string> lines;
    for (std::uint64_t i = count_ - std::min<std::uint64_t>(count_, kept); i < count_; ++i) {
        lines.push_back(ring_[i % kept].to_string());
    }
    return lines;
}

}  // namespace ayni::sim
