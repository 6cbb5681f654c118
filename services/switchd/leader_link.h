#pragma once

#include <grpcpp/security/credentials.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "journal_postgres/remote.h"

namespace grpc {
class ClientContext;
}

namespace ayni::switchd {

/// Hears from the switch that leads which batches are durable, before it answers for them
/// (ayni.replication.v1). On a thread of its own, which connects again when it is cut off.
class LeaderLink {
public:
    /// `insecure_identity` is said in the metadata where there is no TLS; empty with it.
    LeaderLink(std::shared_ptr<grpc::ChannelCredentials> credentials,
               std::string insecure_identity);
    ~LeaderLink();
    LeaderLink(const LeaderLink&) = delete;
    LeaderLink& operator=(const LeaderLink&) = delete;

    // Any thread.

    /// HOST:PORT of the leader; empty for nobody. What was heard of another one is kept.
    void listen_to(const std::string& address);

    /// The last that was heard; nothing before the first.
    [[nodiscard]] std::optional<journal_postgres::Heard> heard() const;

private:
    void run();
    void listen(const std::string& address);
    void note(const journal_postgres::Heard& heard);

    const std::shared_ptr<grpc::ChannelCredentials> credentials_;
    const std::string insecure_identity_;

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::string address_;
    grpc::ClientContext* call_ = nullptr;  // while it may be cancelled
    bool is_stopping_ = false;
    std::optional<journal_postgres::Heard> heard_;
    std::thread thread_;
};

}  // namespace ayni::switchd
