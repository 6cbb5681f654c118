#include "rpc/completion.h"

#include "base/assert.h"

namespace ayni::rpc {
namespace {

/// Wakes the thread to see that it shall end.
class Nudge final : public Completable {
public:
    void complete() override {}
};

}  // namespace

Completion::Completion() : thread_([this] { run(); }) {}

Completion::~Completion() {
    Nudge nudge;
    stopping_.store(true, std::memory_order_release);
    push(&nudge);
    thread_.join();
    ASSERT(newest_.load() == nullptr);
}

void Completion::push(Completable* item) {
    Completable* before = newest_.load(std::memory_order_relaxed);
    do {
        item->next_ = before;
    } while (!newest_.compare_exchange_weak(before, item, std::memory_order_release,
                                            std::memory_order_relaxed));
    if (before == nullptr) newest_.notify_one();
}

void Completion::after_gathered(Completable* item) {
    ASSERT(std::this_thread::get_id() == thread_.get_id());
    later_.push_back(item);
}

void Completion::run() {
    for (;;) {
        newest_.wait(nullptr, std::memory_order_acquire);
        Completable* newest = newest_.exchange(nullptr, std::memory_order_acquire);
        complete_all(newest);
        if (stopping_.load(std::memory_order_acquire) && newest_.load() == nullptr) return;
    }
}

void Completion::complete_all(Completable* newest) {
    Completable* oldest = nullptr;
    while (newest != nullptr) {
        Completable* const next = newest->next_;
        newest->next_ = oldest;
        oldest = newest;
        newest = next;
    }
    while (oldest != nullptr) {
        Completable* const next = oldest->next_;  // complete() may destroy the item
        oldest->complete();
        oldest = next;
    }
    for (std::size_t i = 0; i < later_.size(); ++i) later_[i]->complete();
    later_.clear();
}

}  // namespace ayni::rpc
