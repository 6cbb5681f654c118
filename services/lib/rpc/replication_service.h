#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <set>

#include "ayni/replication/v1/replication_service.grpc.pb.h"
#include "journal/batch.h"
#include "rpc/core.h"

namespace ayni::rpc {

/// Tells switches that follow what is durable, before callers hear of it.
class ReplicationService final : public replication::v1::ReplicationService::CallbackService {
public:
    using Reactor =
        grpc::ServerBidiReactor<replication::v1::FollowRequest, replication::v1::FollowResponse>;

    explicit ReplicationService(Core& core) : core_(core) {}

    Reactor* Follow(grpc::CallbackServerContext* context) override;

    /// Returns once every follower said that it remembers `durable`; one that does not say so in
    /// time follows no longer.
    void tell(const journal::BatchHeader& durable);

    [[nodiscard]] std::size_t followers() const;

private:
    class Stream;

    void add(Stream& stream);
    void remove(Stream& stream);

    Core& core_;
    mutable std::mutex mutex_;
    std::condition_variable remembered_;
    std::set<Stream*> streams_;
    std::optional<journal::BatchHeader> told_;
};

}  // namespace ayni::rpc
