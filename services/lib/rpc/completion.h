#pragma once

#include <atomic>
#include <thread>
#include <vector>

namespace ayni::rpc {

/// Work that an answer's hand-over left to do. At most once in the queue at a time.
class Completable {
public:
    /// On the completion thread. The object may be destroyed inside.
    virtual void complete() = 0;

protected:
    ~Completable() = default;

private:
    friend class Completion;
    Completable* next_ = nullptr;
};

/// Takes answers over from the sequencer's thread, which must not spend its time on serialising and
/// sockets: a push is one exchange of a pointer, and a wake-up only when the queue was empty.
class Completion {
public:
    Completion();
    /// Completes what was pushed, then ends.
    ~Completion();
    Completion(const Completion&) = delete;
    Completion& operator=(const Completion&) = delete;

    /// Any thread.
    void push(Completable* item);

    /// The completion thread, inside complete(): completes `item` when all that was gathered with
    /// the present one is complete. Lets streams write once for many answers.
    void after_gathered(Completable* item);

private:
    void run();
    void complete_all(Completable* newest);

    std::atomic<Completable*> newest_{nullptr};
    std::vector<Completable*> later_;
    std::atomic<bool> stopping_{false};
    std::thread thread_;
};

}  // namespace ayni::rpc
