#pragma once

#include <string>
#include <utility>

#include "ayni/loadtest/v1/echo_service.grpc.pb.h"
#include "ayni/v1/ledger_service.grpc.pb.h"
#include "loadtest/maker.h"
#include "loadtest/tally.h"
#include "loadtest/unary_lane.h"

/// LedgerService and, message by message the same, EchoService: see UnaryLane and StreamLane for
/// what a method is.
namespace ayni::loadtest {

/// The ledger's accounts are numbered from here.
inline constexpr std::uint64_t first_account_id = 1'000'000'000;

/// "INSUFFICIENT_FUNDS".
[[nodiscard]] inline std::string status_name(int status) {
    constexpr std::size_t prefix = std::char_traits<char>::length("STATUS_");
    const std::string& name = ayni::v1::Status_Name(static_cast<ayni::v1::Status>(status));
    return name.size() > prefix ? name.substr(prefix) : "STATUS_" + std::to_string(status);
}

/// Of an echoed transfer or a LedgerTransfer: everything but what never changes.
template <typename Transfer>
void fill_transfer(Transfer& transfer, TransferMaker& maker, std::uint64_t wall_ms) {
    const base::TransferId id = maker.id(wall_ms);
    const TransferMaker::Pair accounts = maker.accounts();
    transfer.set_id_high(id.high);
    transfer.set_id_low(id.low);
    transfer.set_debit_account_id(first_account_id + accounts.debit);
    transfer.set_credit_account_id(first_account_id + accounts.credit);
    transfer.set_amount(maker.amount());
    transfer.set_currency(604);
}

struct LedgerUnary {
    using Stub = ayni::v1::LedgerService::Stub;
    using Request = ayni::v1::CreateTransfersRequest;
    using Response = ayni::v1::CreateTransfersResponse;
    template <typename Callback>
    static void call(Stub& stub, grpc::ClientContext* context, const Request* request,
                     Response* response, Callback&& callback) {
        stub.async()->CreateTransfers(context, request, response, std::forward<Callback>(callback));
    }
};

struct EchoUnary {
    using Stub = v1::EchoService::Stub;
    using Request = v1::EchoRequest;
    using Response = v1::EchoResponse;
    template <typename Callback>
    static void call(Stub& stub, grpc::ClientContext* context, const Request* request,
                     Response* response, Callback&& callback) {
        stub.async()->Echo(context, request, response, std::forward<Callback>(callback));
    }
};

/// `items` transfers a call.
template <typename Rpc>
class TransfersCall {
public:
    using Stub = typename Rpc::Stub;
    using Request = typename Rpc::Request;
    using Response = typename Rpc::Response;

    TransfersCall(const AccountChoice& choice, std::uint64_t seed, int items)
        : maker_(choice, seed), items_(items) {}

    template <typename Callback>
    static void call(Stub& stub, grpc::ClientContext* context, const Request* request,
                     Response* response, Callback&& callback) {
        Rpc::call(stub, context, request, response, std::forward<Callback>(callback));
    }

    void refill(Request& request) {
        while (request.transfers_size() < items_) request.add_transfers();
        const std::uint64_t now = TransferMaker::wall_ms();
        for (auto& transfer : *request.mutable_transfers()) fill_transfer(transfer, maker_, now);
    }

    [[nodiscard]] std::uint64_t items() const { return static_cast<std::uint64_t>(items_); }

    void tally(const Response& response, std::int64_t due, std::int64_t now, Tally& tally) const {
        if (response.statuses_size() != items_) {
            tally.failed(due, items(), "STATUSES_MISSING",
                         std::to_string(response.statuses_size()) + " statuses for " +
                             std::to_string(items_) + " transfers");
            return;
        }
        std::uint64_t applied = 0;
        for (const auto status : response.statuses()) {
            if (status == 0) {
                ++applied;
            } else {
                tally.failed(due, 1, status_name(static_cast<int>(status)), "");
            }
        }
        if (applied > 0) tally.succeeded(due, now, applied);
    }

private:
    TransferMaker maker_;
    int items_;
};

struct LedgerStream {
    using Stub = ayni::v1::LedgerService::Stub;
    using Request = ayni::v1::StreamCreateTransfersRequest;
    using Response = ayni::v1::StreamCreateTransfersResponse;
    template <typename Reactor>
    static void open(Stub& stub, grpc::ClientContext* context, Reactor* reactor) {
        stub.async()->StreamCreateTransfers(context, reactor);
    }
    /// Nothing of the request was recorded.
    static std::string refusal(const Response& response) {
        return response.code() == 0 ? "" : code_name(response.code());
    }
    static std::string detail(const Response& response) { return response.message(); }
};

struct EchoStream {
    using Stub = v1::EchoService::Stub;
    using Request = v1::StreamEchoRequest;
    using Response = v1::StreamEchoResponse;
    template <typename Reactor>
    static void open(Stub& stub, grpc::ClientContext* context, Reactor* reactor) {
        stub.async()->StreamEcho(context, reactor);
    }
    static std::string refusal(const Response&) { return {}; }
    static std::string detail(const Response&) { return {}; }
};

/// One transfer a message; replies in order.
template <typename Rpc>
class TransfersStream {
public:
    using Stub = typename Rpc::Stub;
    using Request = typename Rpc::Request;
    using Response = typename Rpc::Response;
    static constexpr bool is_ordered = true;

    TransfersStream(const AccountChoice& choice, std::uint64_t seed) : maker_(choice, seed) {}

    template <typename Reactor>
    static void open(Stub& stub, grpc::ClientContext* context, Reactor* reactor) {
        Rpc::open(stub, context, reactor);
    }

    void clear(Request&) {}
    void add(Request& request, std::uint32_t) {
        if (request.transfers_size() == 0) request.add_transfers();
        fill_transfer(*request.mutable_transfers(0), maker_, TransferMaker::wall_ms());
    }

    template <typename Visit>
    static void for_each_reply(const Response& response, Visit&& visit) {
        if (const std::string refusal = Rpc::refusal(response); !refusal.empty()) {
            visit(0, refusal.c_str(), Rpc::detail(response));
        } else if (response.statuses_size() != 1) {
            visit(0, "STATUSES_MISSING", std::to_string(response.statuses_size()));
        } else if (const auto status = static_cast<int>(response.statuses(0)); status != 0) {
            visit(0, status_name(status).c_str(), std::string());
        } else {
            visit(0, nullptr, std::string());
        }
    }

private:
    TransferMaker maker_;
};

}  // namespace ayni::loadtest
