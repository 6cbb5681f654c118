#pragma once

#include <charconv>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "ayni/v1/transfer_service.grpc.pb.h"
#include "ayni/walletsim/v1/wallet_sim_service.grpc.pb.h"
#include "loadtest/maker.h"
#include "loadtest/tally.h"
#include "loadtest/unary_lane.h"

/// Payments between wallets: by customers through WalletSimService, and by an institution through
/// TransferService. See UnaryLane and StreamLane for what a method is.
namespace ayni::loadtest {

/// Customer `index` of every institution of a run, as OpenCustomers makes them.
inline constexpr const char* customer_prefix = "c";
[[nodiscard]] inline std::string customer(std::uint64_t index) {
    return fmt::format("{}{:06}", customer_prefix, index);
}

struct PaymentOptions {
    AccountChoice accounts;
    std::string payee_participant;
    std::int64_t timeout_ms = 10'000;
};

inline void set_timeout(google::protobuf::Duration& duration, std::int64_t milliseconds) {
    duration.set_seconds(milliseconds / 1'000);
    duration.set_nanos(static_cast<std::int32_t>(milliseconds % 1'000 * 1'000'000));
}

/// Of a PayRequest or a NewTransfer, whatever its id or tag.
template <typename Payment>
void fill_payment(Payment& payment, TransferMaker& maker, const PaymentOptions& options) {
    const TransferMaker::Pair pair = maker.accounts();
    payment.set_payer_account(customer(pair.debit));
    payment.set_payee_account(customer(pair.credit));
    payment.set_payee_participant(options.payee_participant);
    payment.mutable_amount()->set_currency_code("PEN");
    payment.mutable_amount()->set_minor_units(maker.amount());
    set_timeout(*payment.mutable_timeout(), options.timeout_ms);
}

/// The customers' side: WalletSimService.StreamPay, replies in any order, told apart by their tag.
class WalletStream {
public:
    using Stub = walletsim::v1::WalletSimService::Stub;
    using Request = walletsim::v1::StreamPayRequest;
    using Response = walletsim::v1::StreamPayResponse;
    static constexpr bool is_ordered = false;

    WalletStream(PaymentOptions options, std::uint64_t seed)
        : options_(std::move(options)), maker_(options_.accounts, seed) {}

    template <typename Reactor>
    static void open(Stub& stub, grpc::ClientContext* context, Reactor* reactor) {
        stub.async()->StreamPay(context, reactor);
    }

    void clear(Request& request) { request.clear_payments(); }
    void add(Request& request, std::uint32_t slot) {
        auto& payment = *request.add_payments();
        fill_payment(payment, maker_, options_);
        payment.set_tag(slot);
    }

    template <typename Visit>
    static void for_each_reply(const Response& response, Visit&& visit) {
        for (const auto& payment : response.payments()) {
            const auto slot = static_cast<std::uint32_t>(payment.tag());
            if (payment.state() == "COMMITTED") {
                visit(slot, nullptr, std::string());
            } else {
                visit(slot, payment.state().c_str(), payment.reason());
            }
        }
    }

private:
    PaymentOptions options_;
    TransferMaker maker_;
};

/// "ABORTED" of TRANSFER_STATE_ABORTED.
[[nodiscard]] inline std::string state_name(ayni::v1::TransferState state) {
    constexpr std::size_t prefix = std::char_traits<char>::length("TRANSFER_STATE_");
    const std::string& name = ayni::v1::TransferState_Name(state);
    return name.size() > prefix ? name.substr(prefix) : "STATE_UNKNOWN";
}

/// An institution's side: TransferService.CreateTransfer.
class TransferUnary {
public:
    using Stub = ayni::v1::TransferService::Stub;
    using Request = ayni::v1::CreateTransferRequest;
    using Response = ayni::v1::CreateTransferResponse;

    TransferUnary(PaymentOptions options, std::uint64_t seed)
        : options_(std::move(options)), maker_(options_.accounts, seed) {}

    template <typename Callback>
    static void call(Stub& stub, grpc::ClientContext* context, const Request* request,
                     Response* response, Callback&& callback) {
        stub.async()->CreateTransfer(context, request, response, std::forward<Callback>(callback));
    }

    void refill(Request& request) {
        fill_payment(*request.mutable_transfer(), maker_, options_);
        request.mutable_transfer()->set_transfer_id(
            base::to_string(maker_.id(TransferMaker::wall_ms())));
    }
    [[nodiscard]] static std::uint64_t items() { return 1; }
    static void tally(const Response& response, std::int64_t due, std::int64_t now, Tally& tally) {
        const auto& result = response.result();
        if (result.state() == ayni::v1::TRANSFER_STATE_COMMITTED) {
            tally.succeeded(due, now, 1);
        } else {
            tally.failed(due, 1, state_name(result.state()), result.reason());
        }
    }

private:
    PaymentOptions options_;
    TransferMaker maker_;
};

/// TransferService.StreamTransfers, replies in any order. The slot is the last 32 bits of the id,
/// which are random in a UUIDv7; the 42 random bits before them keep ids apart.
class TransferStream {
public:
    using Stub = ayni::v1::TransferService::Stub;
    using Request = ayni::v1::StreamTransfersRequest;
    using Response = ayni::v1::StreamTransfersResponse;
    static constexpr bool is_ordered = false;

    TransferStream(PaymentOptions options, std::uint64_t seed)
        : options_(std::move(options)), maker_(options_.accounts, seed) {}

    template <typename Reactor>
    static void open(Stub& stub, grpc::ClientContext* context, Reactor* reactor) {
        stub.async()->StreamTransfers(context, reactor);
    }

    void clear(Request& request) { request.clear_transfers(); }
    void add(Request& request, std::uint32_t slot) {
        auto& payment = *request.add_transfers();
        fill_payment(payment, maker_, options_);
        base::TransferId id = maker_.id(TransferMaker::wall_ms());
        id.low = (id.low >> 32U << 32U) | slot;
        payment.set_transfer_id(base::to_string(id));
    }

    template <typename Visit>
    static void for_each_reply(const Response& response, Visit&& visit) {
        for (const auto& reply : response.replies()) {
            const std::uint32_t slot = slot_of(reply.transfer_id());
            if (reply.has_error()) {
                visit(slot, reply.error().reason().c_str(), reply.error().message());
            } else if (reply.result().state() == ayni::v1::TRANSFER_STATE_COMMITTED) {
                visit(slot, nullptr, std::string());
            } else {
                visit(slot, state_name(reply.result().state()).c_str(), reply.result().reason());
            }
        }
    }

private:
    /// A text that is no id of ours gives a slot that never exists.
    static std::uint32_t slot_of(const std::string& id) {
        constexpr std::size_t id_characters = 36;
        constexpr std::size_t slot_characters = 8;
        std::uint32_t slot = ~std::uint32_t{0};
        if (id.size() != id_characters) return slot;
        const char* end = id.data() + id.size();
        std::from_chars(end - slot_characters, end, slot, 16);
        return slot;
    }

    PaymentOptions options_;
    TransferMaker maker_;
};

}  // namespace ayni::loadtest
