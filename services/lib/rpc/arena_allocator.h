#pragma once

#include <google/protobuf/arena.h>
#include <grpcpp/support/message_allocator.h>

#include <algorithm>
#include <bit>
#include <memory>
#include <optional>

#include "rpc/pool.h"

namespace ayni::rpc {

/// Gives a method's requests and responses an arena that is used again for the next call, so that a
/// batch of thousands of items costs no allocation once the arena has grown to its size. Must
/// outlive the server that it was set for. Thread-safe.
template <typename Request, typename Response>
class ArenaAllocator final : public grpc::MessageAllocator<Request, Response> {
public:
    grpc::MessageHolder<Request, Response>* AllocateMessages() override {
        std::unique_ptr<Holder> holder = pool_.take();
        if (holder == nullptr) holder = std::make_unique<Holder>(*this);
        holder->prepare();
        return holder.release();  // comes back by Release
    }

private:
    static constexpr std::size_t first_block_bytes = 4 << 10;
    static constexpr std::size_t largest_block_bytes = 2 << 20;
    /// Of all blocks that wait for a next call: enough for thousands of small calls in flight, or a
    /// hundred of the largest batches.
    static constexpr std::size_t keep_bytes = std::size_t{256} << 20U;

    class Holder final : public grpc::MessageHolder<Request, Response> {
    public:
        explicit Holder(ArenaAllocator& owner) : owner_(owner) { make_arena(first_block_bytes); }

        void prepare() {
            this->set_request(google::protobuf::Arena::CreateMessage<Request>(&*arena_));
            this->set_response(google::protobuf::Arena::CreateMessage<Response>(&*arena_));
        }
        void Release() override {
            // Not what it allocated: each thread that touched the arena got a block of its own, and
            // growing for that would never end.
            const std::size_t used = arena_->SpaceUsed();
            arena_->Reset();
            if (used > block_bytes_ && block_bytes_ < largest_block_bytes) {
                make_arena(std::min(std::bit_ceil(used), largest_block_bytes));
            }
            owner_.pool_.give(std::unique_ptr<Holder>(this));
        }
        [[nodiscard]] std::size_t kept_bytes() const { return block_bytes_; }

    private:
        void make_arena(std::size_t bytes) {
            arena_.reset();
            block_ = std::make_unique_for_overwrite<char[]>(bytes);
            block_bytes_ = bytes;
            google::protobuf::ArenaOptions options;
            options.initial_block = block_.get();
            options.initial_block_size = bytes;
            arena_.emplace(options);
        }

        ArenaAllocator& owner_;
        std::unique_ptr<char[]> block_;
        std::size_t block_bytes_ = 0;
        std::optional<google::protobuf::Arena> arena_;
    };

    Pool<Holder> pool_{keep_bytes};
};

}  // namespace ayni::rpc
