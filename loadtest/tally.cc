#include "loadtest/tally.h"

#include <algorithm>

namespace ayni::loadtest {

void Tally::succeeded(std::int64_t due, std::int64_t now, std::uint64_t items) {
    const std::lock_guard lock(mutex_);
    answered_ += items;
    last_answer_ = std::max(last_answer_, now);
    if (now >= window.start && now < window.end) answered_in_window_ += items;
    if (due >= window.start && due < window.end) latencies_.record(now - due, items);
}

void Tally::failed(std::int64_t due, std::uint64_t items, const std::string& reason,
                   const std::string& detail) {
    const std::lock_guard lock(mutex_);
    if (first_failure_.empty()) first_failure_ = reason + (detail.empty() ? "" : ": " + detail);
    if (due < window.end) failures_[reason] += items;
}

void Tally::add(const Tally& other) {
    const std::scoped_lock lock(mutex_, other.mutex_);
    latencies_.add(other.latencies_);
    answered_in_window_ += other.answered_in_window_;
    answered_ += other.answered_;
    last_answer_ = std::max(last_answer_, other.last_answer_);
    for (const auto& [reason, items] : other.failures_) failures_[reason] += items;
    if (first_failure_.empty()) first_failure_ = other.first_failure_;
}

}  // namespace ayni::loadtest
