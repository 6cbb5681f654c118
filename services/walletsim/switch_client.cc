#include "walletsim/switch_client.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/support/channel_arguments.h>
#include <grpcpp/support/client_callback.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>

#include "ayni/v1/transfer_service.grpc.pb.h"
#include "base/assert.h"
#include "base/mark.h"
#include "base/random.h"

namespace ayni::walletsim {
namespace {

namespace api = ayni::v1;
using SteadyClock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds tick{50};
/// A switch that answers no payment for so long, though some are on the wire, may be cut off from
/// its journal: another one is asked.
constexpr std::chrono::milliseconds longest_silence{3'000};
/// A switch that does not answer a ping within so long is away; as often it is asked.
constexpr int keepalive_ms = 1'000;
/// Before a payment that is still reserved is asked for again.
constexpr std::chrono::milliseconds reserved_pause{200};
/// Between two turns to another switch: a switch is given as long to answer.
constexpr std::chrono::milliseconds turn_interval{200};

/// A payment that is not final.
struct Pending {
    enum class Place : std::uint8_t {
        ready,    ///< Waits to be sent, or asked for.
        on_wire,  ///< An answer is awaited until `due`.
        resting,  ///< To be made ready at `due`.
    };
    Payment payment;
    Place place = Place::ready;
    /// The switch would not record it: only GetTransfer can tell.
    bool ask = false;
    std::string refusal;
    int attempts = 0;
    SteadyClock::time_point due;
};

enum class Verdict : std::uint8_t { try_again, ask };

/// What an error says about a payment.
Verdict verdict_of(int code) {
    switch (static_cast<grpc::StatusCode>(code)) {
        case grpc::StatusCode::INVALID_ARGUMENT:
        case grpc::StatusCode::NOT_FOUND:
        case grpc::StatusCode::ALREADY_EXISTS:
        case grpc::StatusCode::FAILED_PRECONDITION:
        case grpc::StatusCode::OUT_OF_RANGE: return Verdict::ask;
        default: return Verdict::try_again;
    }
}

/// Nothing while it is reserved.
std::optional<Ending> ending_of(api::TransferState state) {
    switch (state) {
        case api::TRANSFER_STATE_COMMITTED: return Ending::committed;
        case api::TRANSFER_STATE_ABORTED:
        case api::TRANSFER_STATE_REJECTED: return Ending::aborted;
        case api::TRANSFER_STATE_RETURNED: return Ending::returned;
        default: return std::nullopt;
    }
}

void fill(const Payment& payment, std::string_view currency, api::NewTransfer& transfer) {
    transfer.set_transfer_id(base::to_string(payment.id));
    transfer.set_payee_participant(payment.payee_participant);
    transfer.set_payee_account(payment.payee_account);
    transfer.set_payer_account(payment.payer_account);
    transfer.mutable_amount()->set_currency_code(currency.data(), currency.size());
    transfer.mutable_amount()->set_minor_units(payment.amount);
    // Derived from the id, so that a repeat has the same one.
    std::string reference = base::to_string(payment.id);
    std::erase(reference, '-');
    transfer.set_end_to_end_id(std::move(reference));
    transfer.set_remittance_text(payment.remittance_text);
    transfer.mutable_timeout()->set_seconds(payment.timeout_ms / 1'000);
    transfer.mutable_timeout()->set_nanos(
        static_cast<std::int32_t>(payment.timeout_ms % 1'000 * 1'000'000));
}

}  // namespace

struct SwitchClient::State {
    template <typename Request, typename Response>
    struct Call;
    using Create = Call<api::CreateTransferRequest, api::CreateTransferResponse>;
    using Question = Call<api::GetTransferRequest, api::GetTransferResponse>;
    class Stream;

    State(const Options& given, base::Currency currency,
          const std::shared_ptr<grpc::ChannelCredentials>& credentials)
        : options(given), currency_code(base::to_string(currency)) {
        grpc::ChannelArguments arguments;
        const int first = static_cast<int>(options.retry_at_first.count());
        arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, first);
        arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, first);
        arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
        arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, keepalive_ms);
        arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, keepalive_ms);
        arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
        ASSERT(!options.endpoints.empty());
        for (const std::string& endpoint : options.endpoints) {
            stubs.push_back(api::TransferService::NewStub(
                grpc::CreateCustomChannel(endpoint, credentials, arguments)));
        }
    }

    const Options options;
    const std::string_view currency_code;
    std::vector<std::unique_ptr<api::TransferService::Stub>> stubs;  // one a switch
    PaymentResults* results = nullptr;
    Statistics statistics;

    std::mutex mutex;
    std::condition_variable changed;
    std::unordered_map<base::TransferId, Pending, TransferIdHash> pending;
    std::deque<base::TransferId> ready;
    std::deque<base::TransferId> questions;
    /// Unary calls, each with a context that can be cancelled.
    std::unordered_map<void*, grpc::ClientContext*> calls;
    std::size_t active = 0;  // of the stubs
    SteadyClock::time_point turned_at{};
    SteadyClock::time_point heard_at{};  // an answer on the stream, or the first question
    Stream* stream = nullptr;
    SteadyClock::time_point stream_at{};
    int stream_failures = 0;
    bool stopping = false;
    base::SystemRandom random;
    std::thread timer;

    void prepare(grpc::ClientContext& context) const {
        if (!options.insecure_identity.empty()) {
            context.AddMetadata("x-ayni-identity", options.insecure_identity);
        }
    }

    // All of these under the mutex.
    void make_ready(const base::TransferId& id, Pending& item);
    void rest(Pending& item, SteadyClock::duration pause);
    SteadyClock::duration pause_after(int attempts);
    Pending* take(std::deque<base::TransferId>& queue);
    api::TransferService::Stub& stub() { return *stubs[active]; }
    void turn();
    void failed(const base::TransferId& id, int code, const std::string& iso_reason);
    void still_reserved(const base::TransferId& id);
    void send_ready();
    void send_unary();
    void send_questions();
    void open_stream();
    void wake_due();
    template <typename Ended>
    void end_call(std::unique_ptr<Ended> call);

    // Without the mutex.
    void created(const base::TransferId& id, std::unique_ptr<Create> call,
                 const grpc::Status& status);
    void answered(const base::TransferId& id, std::unique_ptr<Question> call,
                  const grpc::Status& status);
    /// Hands over what was decided and forgets it, or asks again later.
    void hand_over(std::vector<Decided> decided);
    void run();
};

/// A unary call on its way. Answers come as functions and not as reactors: one hop between threads
/// less.
template <typename Request, typename Response>
struct SwitchClient::State::Call {
    grpc::ClientContext context;
    Request request;
    Response response;
};

/// One attempt at StreamTransfers. Deletes itself.
class SwitchClient::State::Stream final
    : public grpc::ClientBidiReactor<api::StreamTransfersRequest, api::StreamTransfersResponse> {
public:
    explicit Stream(State& state) : state_(state) { state_.prepare(context); }
    void OnReadDone(bool ok) override;
    void OnWriteDone(bool ok) override;
    void OnDone(const grpc::Status& status) override;

    // Under the state's mutex.
    void write_next();
    void end();

    grpc::ClientContext context;
    api::StreamTransfersRequest request;
    api::StreamTransfersResponse response;

private:
    State& state_;
    bool writing_ = false;
    bool ended_ = false;
    bool was_answered_ = false;
};

void SwitchClient::State::make_ready(const base::TransferId& id, Pending& item) {
    item.place = Pending::Place::ready;
    (item.ask ? questions : ready).push_back(id);
}

void SwitchClient::State::rest(Pending& item, SteadyClock::duration pause) {
    item.place = Pending::Place::resting;
    item.due = SteadyClock::now() + pause;
}

SteadyClock::duration SwitchClient::State::pause_after(int attempts) {
    const std::int64_t factor = std::int64_t{1} << std::clamp(attempts - 1, 0, 16);
    const SteadyClock::duration pause =
        std::min(options.retry_at_first * factor, options.retry_at_most);
    return pause / 2 +
           SteadyClock::duration(random.below(static_cast<std::uint64_t>(pause.count()) / 2 + 1));
}

/// The next of `queue` that still waits to be sent, now on the wire; null when there is none.
Pending* SwitchClient::State::take(std::deque<base::TransferId>& queue) {
    while (!queue.empty()) {
        const auto found = pending.find(queue.front());
        queue.pop_front();
        if (found == pending.end() || found->second.place != Pending::Place::ready) continue;
        Pending& item = found->second;
        if (item.attempts++ > 0) ++statistics.repeats;
        item.place = Pending::Place::on_wire;
        item.due = SteadyClock::now() + std::chrono::milliseconds(item.payment.timeout_ms) +
                   options.patience;
        return &item;
    }
    return nullptr;
}

void SwitchClient::State::failed(const base::TransferId& id, int code,
                                 const std::string& iso_reason) {
    const auto found = pending.find(id);
    if (found == pending.end()) return;
    Pending& item = found->second;
    ++statistics.failures;
    if (code == static_cast<int>(grpc::StatusCode::UNAVAILABLE)) turn();
    if (!item.ask && verdict_of(code) == Verdict::ask) {
        MARK("walletsim.asked_the_switch");
        item.ask = true;
        item.refusal = iso_reason.empty() ? "MS03" : iso_reason;
        make_ready(id, item);
        return;
    }
    rest(item, pause_after(item.attempts));
}

/// To the next switch: the one in use is away, or does not lead.
void SwitchClient::State::turn() {
    if (stubs.size() < 2 || SteadyClock::now() - turned_at < turn_interval) return;
    turned_at = heard_at = SteadyClock::now();
    active = (active + 1) % stubs.size();
    if (stream != nullptr) stream->end();
}

void SwitchClient::State::still_reserved(const base::TransferId& id) {
    const auto found = pending.find(id);
    if (found != pending.end()) rest(found->second, reserved_pause);
}

void SwitchClient::State::send_ready() {
    if (stopping) return;
    send_questions();
    if (options.style == Style::unary) {
        send_unary();
    } else if (stream != nullptr) {
        stream->write_next();
    } else {
        changed.notify_one();
    }
}

void SwitchClient::State::send_unary() {
    while (calls.size() < options.unary_calls_in_flight) {
        const Pending* item = take(ready);
        if (item == nullptr) return;
        auto call = std::make_unique<Create>();
        prepare(call->context);
        fill(item->payment, currency_code, *call->request.mutable_transfer());
        const auto patience =
            std::chrono::milliseconds(item->payment.timeout_ms) + options.patience;
        call->context.set_deadline(std::chrono::system_clock::now() + patience);
        Create* const key = call.release();
        calls.emplace(key, &key->context);
        ++statistics.payments_sent;
        ++statistics.writes;
        stub().async()->CreateTransfer(
            &key->context, &key->request, &key->response,
            [this, key, id = item->payment.id](const grpc::Status& status) {
                created(id, std::unique_ptr<Create>(key), status);
            });
    }
}

void SwitchClient::State::send_questions() {
    while (calls.size() < options.unary_calls_in_flight) {
        const Pending* item = take(questions);
        if (item == nullptr) return;
        auto call = std::make_unique<Question>();
        prepare(call->context);
        call->request.set_transfer_id(base::to_string(item->payment.id));
        call->context.set_deadline(std::chrono::system_clock::now() + options.patience);
        Question* const key = call.release();
        calls.emplace(key, &key->context);
        ++statistics.questions;
        stub().async()->GetTransfer(&key->context, &key->request, &key->response,
                                    [this, key, id = item->payment.id](const grpc::Status& status) {
                                        answered(id, std::unique_ptr<Question>(key), status);
                                    });
    }
}

void SwitchClient::State::open_stream() {
    ASSERT(stream == nullptr);
    stream = new Stream(*this);
    stub().async()->StreamTransfers(&stream->context, stream);
    // Writes start outside of reactions: the hold keeps the call alive for them.
    stream->AddHold();
    stream->StartRead(&stream->response);
    stream->write_next();
    stream->StartCall();
}

void SwitchClient::State::wake_due() {
    const auto now = SteadyClock::now();
    bool is_awaiting = false;
    for (auto& [id, item] : pending) {
        is_awaiting = is_awaiting || (item.place == Pending::Place::on_wire && !item.ask);
        if (item.place == Pending::Place::ready || now < item.due) continue;
        // Unary calls have a deadline of their own and say themselves that it passed.
        const bool has_call = options.style == Style::unary || item.ask;
        if (item.place == Pending::Place::on_wire && has_call) continue;
        make_ready(id, item);
    }
    if (!is_awaiting) heard_at = now;
    if (stream != nullptr && now - heard_at > longest_silence) turn();
}

void SwitchClient::State::hand_over(std::vector<Decided> decided) {
    if (decided.empty()) return;
    std::vector<base::TransferId> ids;
    ids.reserve(decided.size());
    for (const Decided& one : decided) ids.push_back(one.id);
    const bool taken = results->decided(std::move(decided));
    const std::lock_guard lock(mutex);
    for (const base::TransferId& id : ids) {
        if (taken) {
            pending.erase(id);
        } else {
            still_reserved(id);
        }
    }
    statistics.pending = pending.size();
}

void SwitchClient::State::run() {
    std::unique_lock lock(mutex);
    while (!stopping) {
        wake_due();
        const bool wants_stream = options.style == Style::stream && !ready.empty();
        if (wants_stream && stream == nullptr && SteadyClock::now() >= stream_at) open_stream();
        if (stream != nullptr || options.style == Style::unary) send_ready();
        send_questions();
        changed.wait_for(lock, tick);
    }
}

template <typename Ended>
void SwitchClient::State::end_call(std::unique_ptr<Ended> call) {
    void* const key = call.get();
    // Before `stop` may see that it is gone: a context must not be the last to hold the channel.
    call.reset();
    calls.erase(key);
    send_ready();
    if (stopping) changed.notify_all();
}

void SwitchClient::State::created(const base::TransferId& id, std::unique_ptr<Create> call,
                                  const grpc::Status& status) {
    const api::TransferResult& result = call->response.result();
    const auto ending = ending_of(result.state());
    if (status.ok() && ending) {
        std::vector<Decided> decided;
        decided.push_back(
            {id, *ending, result.state() == api::TRANSFER_STATE_REJECTED, result.reason()});
        hand_over(std::move(decided));
    }
    const std::lock_guard lock(mutex);
    if (!status.ok()) {
        const bool is_shape = status.error_code() == grpc::StatusCode::INVALID_ARGUMENT;
        failed(id, status.error_code(), is_shape ? "FF01" : "");
    } else if (!ending) {
        still_reserved(id);
    }
    end_call(std::move(call));
}

void SwitchClient::State::answered(const base::TransferId& id, std::unique_ptr<Question> call,
                                   const grpc::Status& status) {
    const api::Transfer& transfer = call->response.transfer();
    auto ending = status.ok() ? ending_of(transfer.state()) : std::nullopt;
    Decided decided{id, ending.value_or(Ending::aborted),
                    transfer.state() == api::TRANSFER_STATE_REJECTED, transfer.reason()};
    if (status.error_code() == grpc::StatusCode::NOT_FOUND) {
        // It never happened, and what was refused once is refused for ever.
        ending = Ending::aborted;
        decided.was_rejected = true;
        const std::lock_guard lock(mutex);
        const auto found = pending.find(id);
        if (found != pending.end()) decided.reason = found->second.refusal;
    }
    if (ending) {
        std::vector<Decided> all;
        all.push_back(std::move(decided));
        hand_over(std::move(all));
    }
    const std::lock_guard lock(mutex);
    if (!ending && status.ok()) {
        still_reserved(id);
    } else if (!ending) {
        failed(id, status.error_code(), "");
    }
    end_call(std::move(call));
}

void SwitchClient::State::Stream::write_next() {
    if (writing_ || ended_) return;
    request.clear_transfers();
    while (request.transfers_size() < state_.options.payments_per_message) {
        const Pending* item = state_.take(state_.ready);
        if (item == nullptr) break;
        fill(item->payment, state_.currency_code, *request.add_transfers());
    }
    if (request.transfers_size() == 0) return;
    writing_ = true;
    ++state_.statistics.writes;
    state_.statistics.payments_sent += static_cast<std::uint64_t>(request.transfers_size());
    StartWrite(&request);
}

void SwitchClient::State::Stream::end() {
    if (ended_) return;
    ended_ = true;
    context.TryCancel();
    RemoveHold();
}

void SwitchClient::State::Stream::OnWriteDone(bool ok) {
    const std::lock_guard lock(state_.mutex);
    writing_ = false;
    if (ok) {
        write_next();
    } else {
        end();
    }
}

void SwitchClient::State::Stream::OnReadDone(bool ok) {
    if (!ok) {
        const std::lock_guard lock(state_.mutex);
        end();
        return;
    }
    was_answered_ = true;
    {
        const std::lock_guard lock(state_.mutex);
        state_.heard_at = SteadyClock::now();
    }
    std::vector<Decided> decided;
    std::vector<const api::TransferReply*> others;
    decided.reserve(static_cast<std::size_t>(response.replies_size()));
    for (const api::TransferReply& reply : response.replies()) {
        const auto id = base::parse_transfer_id(reply.transfer_id());
        const auto ending = ending_of(reply.result().state());
        if (id && reply.has_result() && ending) {
            decided.push_back({*id, *ending, reply.result().state() == api::TRANSFER_STATE_REJECTED,
                               reply.result().reason()});
        } else if (id) {
            others.push_back(&reply);
        }
    }
    state_.hand_over(std::move(decided));
    const std::lock_guard lock(state_.mutex);
    for (const api::TransferReply* reply : others) {
        const auto id = base::parse_transfer_id(reply->transfer_id());
        if (reply->has_error()) {
            state_.failed(*id, reply->error().code(), reply->error().iso_reason());
        } else {
            state_.still_reserved(*id);
        }
    }
    if (!others.empty()) state_.send_questions();
    if (!ended_) StartRead(&response);
}

void SwitchClient::State::Stream::OnDone(const grpc::Status&) {
    State& state = state_;
    const std::lock_guard lock(state.mutex);
    state.stream_failures = was_answered_ ? 1 : state.stream_failures + 1;
    delete this;
    state.stream = nullptr;
    state.stream_at = SteadyClock::now() + state.pause_after(state.stream_failures);
    state.turn();
    ++state.statistics.failures;
    // What was on the wire may or may not have arrived: it goes again, with the same ids.
    for (auto& [id, item] : state.pending) {
        if (item.place == Pending::Place::on_wire && !item.ask) state.make_ready(id, item);
    }
    state.changed.notify_all();
}

SwitchClient::SwitchClient(const Options& options, base::Currency currency,
                           const std::shared_ptr<grpc::ChannelCredentials>& credentials)
    : state_(std::make_unique<State>(options, currency, credentials)) {}

SwitchClient::~SwitchClient() { stop(); }

void SwitchClient::start(PaymentResults& results) {
    ASSERT(state_->results == nullptr);
    state_->results = &results;
    state_->timer = std::thread([this] { state_->run(); });
}

void SwitchClient::stop() {
    if (!state_->timer.joinable()) return;
    {
        const std::lock_guard lock(state_->mutex);
        state_->stopping = true;
        state_->changed.notify_all();
    }
    state_->timer.join();
    std::unique_lock lock(state_->mutex);
    if (state_->stream != nullptr) state_->stream->end();
    for (const auto& [call, context] : state_->calls) context->TryCancel();
    state_->changed.wait(lock,
                         [this] { return state_->calls.empty() && state_->stream == nullptr; });
}

void SwitchClient::submit(std::vector<Payment> payments) {
    const std::lock_guard lock(state_->mutex);
    for (Payment& payment : payments) {
        const base::TransferId id = payment.id;
        const auto [entry, is_new] = state_->pending.try_emplace(id);
        if (!is_new) continue;
        entry->second.payment = std::move(payment);
        state_->make_ready(id, entry->second);
    }
    state_->statistics.pending = state_->pending.size();
    state_->send_ready();
}

const SwitchClient::Statistics& SwitchClient::statistics() const { return state_->statistics; }

}  // namespace ayni::walletsim
