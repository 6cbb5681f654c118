#include "sim/shared_log.h"

#include <algorithm>
#include <cstring>

#include "base/assert.h"

namespace ayni::sim {

using journal::AppendOutcome;

/// What one process sees of the log.
class SharedLog::Session final : public journal::Journal {
public:
    explicit Session(SharedLog& log) : log_(log), tail_(log.memory_.tail()) {}

    AppendOutcome append(const journal::Batch& batch) override {
        if (log_.faults_.strikes(Fault::append_slow)) {
            log_.clock_.advance(std::chrono::milliseconds(1 + log_.random_.below(500)));
        }
        const bool is_retry = batch.header.hash == attempted_;
        attempted_ = batch.header.hash;
        if (is_retry) {
            // A doubt may last, but not for ever: the caller asks again until it ends.
            if (log_.random_.one_in(2)) return AppendOutcome::in_doubt;
            return land(batch);
        }
        if (log_.faults_.strikes(Fault::no_space)) {
            attempted_ = {};
            return AppendOutcome::no_space;
        }
        if (log_.faults_.strikes(Fault::doubt_and_landed)) {
            static_cast<void>(land(batch));
            return AppendOutcome::in_doubt;
        }
        if (log_.faults_.strikes(Fault::doubt_and_lost)) return AppendOutcome::in_doubt;
        if (log_.faults_.strikes(Fault::doubt_and_landed_late)) {
            send_late(batch);
            return AppendOutcome::in_doubt;
        }
        return land(batch);
    }

    const journal::BatchHeader& tail() const override { return tail_; }

    base::Result<void> replay(
        base::BatchNumber from,
        const std::function<void(const journal::Batch&)>& visit) const override {
        return log_.memory_.replay(from, [&](const journal::Batch& batch) {
            tail_ = batch.header;
            visit(batch);
        });
    }

    std::uint64_t bytes_free() const override { return ~std::uint64_t{0}; }

private:
    AppendOutcome land(const journal::Batch& batch) {
        if (!log_.compare_and_append(batch)) return AppendOutcome::lost_leadership;
        tail_ = batch.header;
        return AppendOutcome::appended;
    }

    void send_late(const journal::Batch& batch) {
        Late late{
            .due = log_.clock_.steady() + std::chrono::microseconds(log_.random_.below(2'000'000)),
            .header = batch.header,
            .payload = {}};
        late.payload.resize(batch.payload.size() / sizeof(std::uint64_t));
        std::memcpy(late.payload.data(), batch.payload.data(), batch.payload.size());
        log_.late_.push_back(std::move(late));
    }

    SharedLog& log_;
    mutable journal::BatchHeader tail_;  // a replay learns what others appended
    journal::Hash attempted_{};
};

SharedLog::SharedLog(std::chrono::nanoseconds wall_start, base::ManualClock& clock,
                     base::Random& random, Faults& faults)
    : clock_(clock),
      random_(random),
      faults_(faults),
      memory_({.journal_id = {}, .ledger_id = {}, .timestamp = {wall_start.count()}}) {
    hashes_.push_back(memory_.tail().hash);
}

std::unique_ptr<journal::Journal> SharedLog::open() { return std::make_unique<Session>(*this); }

bool SharedLog::compare_and_append(const journal::Batch& batch) {
    const std::uint64_t number = batch.header.number.value();
    if (number < hashes_.size()) return hashes_[number] == batch.header.hash;
    if (number > hashes_.size() || hashes_.back() != batch.header.previous_hash) return false;
    const AppendOutcome outcome = memory_.append(batch);
    ASSERT(outcome == AppendOutcome::appended);
    hashes_.push_back(batch.header.hash);
    return true;
}

void SharedLog::deliver() {
    const auto is_due = [&](const Late& late) { return late.due <= clock_.steady(); };
    for (const Late& late : late_) {
        if (!is_due(late)) continue;
        // Whether it finds its place taken is nobody's business any more.
        static_cast<void>(compare_and_append(
            {.header = late.header, .payload = std::as_bytes(std::span(late.payload))}));
    }
    std::erase_if(late_, is_due);
}

std::chrono::nanoseconds SharedLog::next_due() const {
    auto due = std::chrono::nanoseconds::max();
    for (const Late& late : late_) due = std::min(due, late.due);
    return due;
}

}  // namespace ayni::sim
