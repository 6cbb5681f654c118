#include "loadtest/lanes.h"

#include <algorithm>
#include <array>

#include "adapter/credentials.h"
#include "base/assert.h"
#include "loadtest/ledger_methods.h"
#include "loadtest/payment_methods.h"
#include "loadtest/stream_lane.h"
#include "loadtest/unary_lane.h"

namespace ayni::loadtest {

namespace {

using Lanes = std::vector<std::unique_ptr<Lane>>;

CallOptions call_options_of(const Options& options) {
    return {.identity = options.connection.insecure_identity};
}

/// Different for each slot of each lane, and for each seed of the run.
std::uint64_t seed_of(const Options& options, std::uint64_t lane, std::uint64_t slot) {
    constexpr std::uint64_t lane_stride = 1ULL << 24U;
    constexpr std::uint64_t run_stride = 1ULL << 40U;
    return options.seed * run_stride + lane * lane_stride + slot;
}

PaymentOptions payment_options_of(const Options& options) {
    return {.accounts = options.accounts, .payee_participant = options.payee_participant};
}

struct Place {
    const Options& options;
    std::uint64_t lane = 0;
    std::uint64_t in_flight = 0;
};

template <typename Method, typename Make>
std::unique_ptr<Lane> unary_lane(const Place& place, std::unique_ptr<typename Method::Stub> stub,
                                 Make&& make) {
    return std::make_unique<UnaryLane<Method>>(
        std::move(stub), place.in_flight, call_options_of(place.options),
        [&](std::uint64_t slot) { return make(seed_of(place.options, place.lane, slot)); });
}

template <typename Rpc>
std::unique_ptr<Lane> transfers_call_lane(const Place& place,
                                          std::unique_ptr<typename Rpc::Stub> stub) {
    const auto items = static_cast<int>(items_of_call(place.options));
    return unary_lane<TransfersCall<Rpc>>(place, std::move(stub), [&](std::uint64_t seed) {
        return TransfersCall<Rpc>(place.options.accounts, seed, items);
    });
}

template <typename Method, typename Subject>
std::unique_ptr<Lane> stream_lane(const Place& place, std::unique_ptr<typename Method::Stub> stub,
                                  const Subject& subject) {
    return std::make_unique<StreamLane<Method>>(
        std::move(stub), place.in_flight, place.options.gather, call_options_of(place.options),
        Method(subject, seed_of(place.options, place.lane, 0)));
}

std::unique_ptr<Lane> make_lane(const Place& place, const std::shared_ptr<grpc::Channel>& channel) {
    using ayni::v1::LedgerService;
    using ayni::v1::TransferService;
    const Options& options = place.options;
    switch (options.mode) {
        case Mode::unary:
        case Mode::batch:
            return transfers_call_lane<LedgerUnary>(place, LedgerService::NewStub(channel));
        case Mode::echo_unary:
        case Mode::echo_batch:
            return transfers_call_lane<EchoUnary>(place, v1::EchoService::NewStub(channel));
        case Mode::stream:
            return stream_lane<TransfersStream<LedgerStream>>(
                place, LedgerService::NewStub(channel), options.accounts);
        case Mode::echo_stream:
            return stream_lane<TransfersStream<EchoStream>>(
                place, v1::EchoService::NewStub(channel), options.accounts);
        case Mode::wallets:
            return stream_lane<WalletStream>(place,
                                             walletsim::v1::WalletSimService::NewStub(channel),
                                             payment_options_of(options));
        case Mode::transfers_stream:
            return stream_lane<TransferStream>(place, TransferService::NewStub(channel),
                                               payment_options_of(options));
        case Mode::transfers_unary:
            return unary_lane<TransferUnary>(
                place, TransferService::NewStub(channel), [&](std::uint64_t seed) {
                    return TransferUnary(payment_options_of(options), seed);
                });
    }
    UNREACHABLE("a mode");
}

base::Result<void> create_accounts(const Options& options) {
    const auto channel = connect(options.connection, options.connection.target);
    if (!channel) return tl::unexpected(channel.error());
    const auto stub = ayni::v1::LedgerService::NewStub(*channel);
    constexpr std::uint64_t accounts_of_call = 8'192;
    for (std::uint64_t done = 0; done < options.accounts.count; done += accounts_of_call) {
        ayni::v1::CreateAccountsRequest request;
        ayni::v1::CreateAccountsResponse response;
        const std::uint64_t end = std::min(done + accounts_of_call, options.accounts.count);
        for (std::uint64_t i = done; i < end; ++i) {
            auto& account = *request.add_accounts();
            account.set_account_id(first_account_id + i);
            // Unbounded, so that no transfer is refused for want of funds.
            account.set_kind(ayni::v1::ACCOUNT_KIND_SUSPENSE);
            account.set_currency(604);
        }
        grpc::ClientContext context;
        call_options_of(options).apply(context);
        const grpc::Status status = stub->CreateAccounts(&context, request, &response);
        if (!status.ok()) {
            return base::failure("CreateAccounts", std::string(code_name(status.error_code())) +
                                                       ": " + status.error_message());
        }
        for (int i = 0; i < response.statuses_size(); ++i) {
            if (response.statuses(i) == 0) continue;
            return base::failure(
                "CreateAccounts",
                "account " + std::to_string(request.accounts(i).account_id()) +
                    " was refused: " + status_name(static_cast<int>(response.statuses(i))));
        }
    }
    return {};
}

base::Result<void> open_customers(const Options& options, const std::string& target) {
    const auto channel = connect(options.connection, target);
    if (!channel) return tl::unexpected(channel.error());
    const auto stub = walletsim::v1::WalletSimService::NewStub(*channel);
    walletsim::v1::OpenCustomersRequest request;
    walletsim::v1::OpenCustomersResponse response;
    request.set_prefix(customer_prefix);
    request.set_count(static_cast<std::uint32_t>(options.accounts.count));
    request.mutable_initial_balance()->set_currency_code("PEN");
    constexpr std::int64_t initial_balance = 10'000'000'00;  // S/ 10 million: never used up
    request.mutable_initial_balance()->set_minor_units(initial_balance);
    grpc::ClientContext context;
    call_options_of(options).apply(context);
    const grpc::Status status = stub->OpenCustomers(&context, request, &response);
    if (!status.ok()) {
        return base::failure(
            "OpenCustomers at " + target,
            std::string(code_name(status.error_code())) + ": " + status.error_message());
    }
    return {};
}

}  // namespace

const char* code_name(int code) {
    static constexpr std::array names{"OK",
                                      "CANCELLED",
                                      "UNKNOWN",
                                      "INVALID_ARGUMENT",
                                      "DEADLINE_EXCEEDED",
                                      "NOT_FOUND",
                                      "ALREADY_EXISTS",
                                      "PERMISSION_DENIED",
                                      "RESOURCE_EXHAUSTED",
                                      "FAILED_PRECONDITION",
                                      "ABORTED",
                                      "OUT_OF_RANGE",
                                      "UNIMPLEMENTED",
                                      "INTERNAL",
                                      "UNAVAILABLE",
                                      "DATA_LOSS",
                                      "UNAUTHENTICATED"};
    const auto index = static_cast<std::size_t>(code);
    return index < names.size() ? names[index] : "CODE_UNKNOWN";
}

base::Result<std::shared_ptr<grpc::Channel>> connect(const Connection& connection,
                                                     const std::string& target) {
    std::shared_ptr<grpc::ChannelCredentials> credentials = grpc::InsecureChannelCredentials();
    if (connection.insecure_identity.empty()) {
        auto tls =
            adapter::tls_channel_credentials({.ca_file = connection.ca_file,
                                              .certificate_file = connection.certificate_file,
                                              .key_file = connection.key_file});
        if (!tls) return tl::unexpected(tls.error());
        credentials = *tls;
    }
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    auto channel = grpc::CreateCustomChannel(target, credentials, arguments);
    constexpr auto patience = std::chrono::seconds(10);
    if (!channel->WaitForConnected(std::chrono::system_clock::now() + patience)) {
        return base::failure("--target", "nobody answers at " + target + " within 10 s");
    }
    return channel;
}

std::uint64_t items_of_call(const Options& options) {
    const bool is_batch = options.mode == Mode::batch || options.mode == Mode::echo_batch;
    return is_batch ? options.batch : 1;
}

base::Result<Lanes> make_lanes(const Options& options) {
    Lanes lanes;
    for (std::uint64_t i = 0; i < options.connections; ++i) {
        const auto channel = connect(options.connection, options.connection.target);
        if (!channel) return tl::unexpected(channel.error());
        const std::uint64_t share = options.in_flight / options.connections +
                                    (i < options.in_flight % options.connections ? 1 : 0);
        lanes.push_back(make_lane({.options = options, .lane = i, .in_flight = share}, *channel));
    }
    return lanes;
}

base::Result<void> set_up(const Options& options) {
    switch (options.mode) {
        case Mode::unary:
        case Mode::stream:
        case Mode::batch: return create_accounts(options);
        case Mode::wallets:
            if (auto opened = open_customers(options, options.connection.target); !opened) {
                return opened;
            }
            if (options.payee_target.empty()) return {};
            return open_customers(options, options.payee_target);
        case Mode::transfers_unary:
        case Mode::transfers_stream:
            if (options.payee_target.empty()) return {};
            return open_customers(options, options.payee_target);
        case Mode::echo_unary:
        case Mode::echo_stream:
        case Mode::echo_batch: return {};
    }
    UNREACHABLE("a mode");
}

}  // namespace ayni::loadtest
