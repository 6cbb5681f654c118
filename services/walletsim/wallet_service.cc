#include "walletsim/wallet_service.h"

#include "walletsim/caller.h"

namespace ayni::walletsim {
namespace {

namespace wire = adapter::v1;

constexpr std::string_view malformed = "FF01";

const grpc::Status overloaded(grpc::StatusCode::RESOURCE_EXHAUSTED, "too many requests wait");

struct AcceptResult {
    Answer answer;
    bool is_silent = false;
    std::chrono::milliseconds delay{0};
};

AcceptResult do_accept(Books& books, const Behaviour& behaviour,
                       const wire::AcceptTransferRequest& request) {
    const auto id = base::parse_transfer_id(request.transfer_id());
    if (!id) return {.answer = {.yes = false, .reason = std::string(malformed)}};
    const bool refuses = behaviour.mode == v1::MODE_REFUSING;
    const IncomingTransfer transfer{.id = *id,
                                    .payee_account = request.payee_account(),
                                    .currency_code = request.amount().currency_code(),
                                    .amount = request.amount().minor_units()};
    AcceptResult result;
    result.answer = books.accept(transfer, refuses ? behaviour.reason : std::string_view());
    result.is_silent = behaviour.mode == v1::MODE_SILENT;
    if (behaviour.mode == v1::MODE_SLOW) result.delay = behaviour.delay;
    return result;
}

struct OutcomeResult {
    Answer answer;
    bool is_silent = false;
};

OutcomeResult do_outcome(Books& books, const Behaviour& behaviour,
                         const wire::NotifyOutcomeRequest& request) {
    const auto id = base::parse_transfer_id(request.transfer_id());
    if (!id) return {.answer = {.yes = false, .reason = std::string(malformed)}};
    const bool refuses = behaviour.mode == v1::MODE_REFUSING_AFTER_COMMIT;
    const std::string_view refuse_with = refuses ? behaviour.reason : std::string_view();
    OutcomeResult result;
    result.is_silent = behaviour.mode == v1::MODE_UNACKNOWLEDGING;
    switch (request.decision()) {
        case wire::DECISION_COMMITTED:
            result.answer = books.outcome(*id, Ending::committed, request.reason(), refuse_with);
            return result;
        case wire::DECISION_ABORTED:
            result.answer = books.outcome(*id, Ending::aborted, request.reason());
            return result;
        case wire::DECISION_RETURNED:
            result.answer = books.outcome(*id, Ending::returned, request.reason());
            return result;
        default: result.answer = {.yes = false, .reason = std::string(malformed)}; return result;
    }
}

void fill(const std::string& id, const Answer& answer, wire::AcceptTransferResponse& response) {
    response.set_transfer_id(id);
    response.set_accepted(answer.yes);
    response.set_reason(answer.reason);
}

void fill(const std::string& id, const Answer& answer, wire::NotifyOutcomeResponse& response) {
    response.set_transfer_id(id);
    response.set_acknowledged(answer.yes);
    response.set_reason(answer.reason);
}

using SessionBase = JobStream<wire::SessionRequest, wire::SessionResponse>;

/// A switch that has connected.
class SessionStream final : public SessionBase {
public:
    SessionStream(StreamStatistics& statistics, Bookkeeper& bookkeeper, const Behaviour& behaviour)
        : SessionBase(statistics), bookkeeper_(bookkeeper), behaviour_(behaviour) {}

    [[nodiscard]] Bookkeeper& bookkeeper() const { return bookkeeper_; }
    [[nodiscard]] const Behaviour& behaviour() const { return behaviour_; }

protected:
    void received(std::unique_ptr<wire::SessionRequest> request) override;

private:
    Bookkeeper& bookkeeper_;
    const Behaviour& behaviour_;
};

using SessionPointer = std::shared_ptr<SessionStream>;

/// An accept answer whose time has come.
class LateAnswer final : public Job {
public:
    LateAnswer(SessionPointer stream, wire::WalletFrame frame)
        : stream_(std::move(stream)), frame_(std::move(frame)) {}
    void apply(Books&) override { stream_->stage() = std::move(frame_); }
    void committed() override { stream_->flush(); }

private:
    SessionPointer stream_;
    wire::WalletFrame frame_;
};

/// The frames of one message.
class SessionJob final : public Job {
public:
    SessionJob(SessionPointer stream, std::unique_ptr<wire::SessionRequest> request)
        : stream_(std::move(stream)), request_(std::move(request)) {}

    void apply(Books& books) override {
        for (const wire::SwitchFrame& frame : request_->frames()) apply_frame(books, frame);
    }
    void committed() override {
        stream_->flush();
        stream_->done_with_message();
    }

private:
    void apply_frame(Books& books, const wire::SwitchFrame& frame) {
        switch (frame.frame_case()) {
            case wire::SwitchFrame::kAccept: return accept(books, frame.accept());
            case wire::SwitchFrame::kOutcome: return outcome(books, frame.outcome());
            case wire::SwitchFrame::kEcho:
                stream_->stage().mutable_echo()->set_nonce(frame.echo().nonce());
                return;
            case wire::SwitchFrame::FRAME_NOT_SET: return;
        }
    }

    void accept(Books& books, const wire::AcceptTransferRequest& request) {
        const Behaviour& behaviour = stream_->behaviour();
        const AcceptResult result = do_accept(books, behaviour, request);
        if (result.is_silent) return;
        if (result.delay.count() > 0) {
            wire::WalletFrame frame;
            fill(request.transfer_id(), result.answer, *frame.mutable_accept());
            stream_->bookkeeper().post_at(std::chrono::steady_clock::now() + result.delay,
                                          std::make_unique<LateAnswer>(stream_, std::move(frame)));
            return;
        }
        fill(request.transfer_id(), result.answer, *stream_->stage().mutable_accept());
        if (behaviour.mode == v1::MODE_DUPLICATING) {
            fill(request.transfer_id(), result.answer, *stream_->stage().mutable_accept());
        }
        if (behaviour.mode == v1::MODE_CONTRADICTING) {
            const Answer contrary{.yes = false, .reason = behaviour.reason};
            fill(request.transfer_id(), contrary, *stream_->stage().mutable_accept());
        }
    }

    void outcome(Books& books, const wire::NotifyOutcomeRequest& request) {
        const Behaviour& behaviour = stream_->behaviour();
        const OutcomeResult result = do_outcome(books, behaviour, request);
        if (result.is_silent) return;
        fill(request.transfer_id(), result.answer, *stream_->stage().mutable_outcome());
        if (behaviour.mode == v1::MODE_DUPLICATING) {
            fill(request.transfer_id(), result.answer, *stream_->stage().mutable_outcome());
        }
    }

    SessionPointer stream_;
    std::unique_ptr<wire::SessionRequest> request_;
};

/// A switch that comes (again) may have lost our answers: it gets them once more.
class RepeatPromises final : public Job {
public:
    explicit RepeatPromises(SessionPointer stream) : stream_(std::move(stream)) {}
    void apply(Books& books) override {
        if (stream_->behaviour().mode == v1::MODE_SILENT) return;
        for (const base::TransferId& id : books.promises()) {
            fill(base::to_string(id), {.yes = true, .reason = {}},
                 *stream_->stage().mutable_accept());
        }
    }
    void committed() override { stream_->flush(); }

private:
    SessionPointer stream_;
};

void SessionStream::received(std::unique_ptr<wire::SessionRequest> request) {
    auto self = std::static_pointer_cast<SessionStream>(shared_from_this());
    if (!bookkeeper_.post(std::make_unique<SessionJob>(std::move(self), std::move(request)))) {
        refuse(overloaded);
    }
}

template <typename Response>
class LateUnaryAnswer final : public Job {
public:
    LateUnaryAnswer(std::shared_ptr<UnaryCall<Response>> call, Response response)
        : call_(std::move(call)), response_(std::move(response)) {}
    void apply(Books&) override {}
    void committed() override { call_->answer(std::move(response_)); }

private:
    std::shared_ptr<UnaryCall<Response>> call_;
    Response response_;
};

class AcceptJob final : public Job {
public:
    using Call = UnaryCall<wire::AcceptTransferResponse>;

    AcceptJob(Call::Pointer call, const wire::AcceptTransferRequest& request,
              Bookkeeper& bookkeeper, const Behaviour& behaviour)
        : call_(std::move(call)),
          request_(request),
          bookkeeper_(bookkeeper),
          behaviour_(behaviour) {}

    void apply(Books& books) override { result_ = do_accept(books, behaviour_, request_); }
    void committed() override {
        // A call that is never answered ends when its caller gives up.
        if (result_.is_silent) return;
        wire::AcceptTransferResponse response;
        fill(request_.transfer_id(), result_.answer, response);
        if (result_.delay.count() == 0) return call_->answer(std::move(response));
        bookkeeper_.post_at(std::chrono::steady_clock::now() + result_.delay,
                            std::make_unique<LateUnaryAnswer<wire::AcceptTransferResponse>>(
                                call_, std::move(response)));
    }

private:
    Call::Pointer call_;
    wire::AcceptTransferRequest request_;
    Bookkeeper& bookkeeper_;
    const Behaviour& behaviour_;
    AcceptResult result_;
};

class OutcomeJob final : public Job {
public:
    using Call = UnaryCall<wire::NotifyOutcomeResponse>;

    OutcomeJob(Call::Pointer call, const wire::NotifyOutcomeRequest& request,
               const Behaviour& behaviour)
        : call_(std::move(call)), request_(request), behaviour_(behaviour) {}

    void apply(Books& books) override { result_ = do_outcome(books, behaviour_, request_); }
    void committed() override {
        if (result_.is_silent) return;
        wire::NotifyOutcomeResponse response;
        fill(request_.transfer_id(), result_.answer, response);
        call_->answer(std::move(response));
    }

private:
    Call::Pointer call_;
    wire::NotifyOutcomeRequest request_;
    const Behaviour& behaviour_;
    OutcomeResult result_;
};

wire::HoldState hold_state_of(const Books::Transfer* transfer) {
    if (transfer == nullptr) return wire::HOLD_STATE_UNKNOWN;
    switch (transfer->state) {
        case TransferState::promised: return wire::HOLD_STATE_ACCEPTED;
        case TransferState::credited: return wire::HOLD_STATE_CREDITED;
        case TransferState::released: return wire::HOLD_STATE_RELEASED;
        case TransferState::refused:
        case TransferState::refused_after_commit: return wire::HOLD_STATE_REFUSED;
        case TransferState::held:
        case TransferState::sent:
        case TransferState::freed:
        case TransferState::returned: return wire::HOLD_STATE_UNKNOWN;
    }
    return wire::HOLD_STATE_UNKNOWN;
}

class StatusJob final : public Job {
public:
    using Call = UnaryCall<wire::GetTransferStatusResponse>;

    StatusJob(Call::Pointer call, const base::TransferId& id) : call_(std::move(call)), id_(id) {}
    void apply(Books& books) override {
        response_.set_transfer_id(base::to_string(id_));
        response_.set_state(hold_state_of(books.find(id_)));
    }
    void committed() override { call_->answer(std::move(response_)); }

private:
    Call::Pointer call_;
    base::TransferId id_;
    wire::GetTransferStatusResponse response_;
};

class RefusedSession final
    : public grpc::ServerBidiReactor<wire::SessionRequest, wire::SessionResponse> {
public:
    explicit RefusedSession(const grpc::Status& status) { Finish(status); }
    void OnDone() override { delete this; }
};

}  // namespace

WalletService::WalletService(const Options& options, Bookkeeper& bookkeeper,
                             const Behaviour& behaviour)
    : options_(options), bookkeeper_(bookkeeper), behaviour_(behaviour) {}

grpc::ServerUnaryReactor* WalletService::AcceptTransfer(grpc::CallbackServerContext* context,
                                                        const wire::AcceptTransferRequest* request,
                                                        wire::AcceptTransferResponse* response) {
    const grpc::Status allowed = check_switch(*context, options_.insecure);
    if (!allowed.ok()) return refuse(response, allowed);
    const auto call = AcceptJob::Call::make(response);
    if (!bookkeeper_.post(std::make_unique<AcceptJob>(call, *request, bookkeeper_, behaviour_))) {
        call->fail(overloaded);
    }
    return call.get();
}

grpc::ServerUnaryReactor* WalletService::NotifyOutcome(grpc::CallbackServerContext* context,
                                                       const wire::NotifyOutcomeRequest* request,
                                                       wire::NotifyOutcomeResponse* response) {
    const grpc::Status allowed = check_switch(*context, options_.insecure);
    if (!allowed.ok()) return refuse(response, allowed);
    const auto call = OutcomeJob::Call::make(response);
    if (!bookkeeper_.post(std::make_unique<OutcomeJob>(call, *request, behaviour_))) {
        call->fail(overloaded);
    }
    return call.get();
}

grpc::ServerUnaryReactor* WalletService::GetTransferStatus(
    grpc::CallbackServerContext* context, const wire::GetTransferStatusRequest* request,
    wire::GetTransferStatusResponse* response) {
    const grpc::Status allowed = check_switch(*context, options_.insecure);
    if (!allowed.ok()) return refuse(response, allowed);
    const auto id = base::parse_transfer_id(request->transfer_id());
    if (!id) {
        return refuse(response,
                      {grpc::StatusCode::INVALID_ARGUMENT, "transfer_id: is no UUID or ULID"});
    }
    const auto call = StatusJob::Call::make(response);
    if (!bookkeeper_.post(std::make_unique<StatusJob>(call, *id))) call->fail(overloaded);
    return call.get();
}

grpc::ServerUnaryReactor* WalletService::Echo(grpc::CallbackServerContext* context,
                                              const wire::EchoRequest* request,
                                              wire::EchoResponse* response) {
    const grpc::Status allowed = check_switch(*context, options_.insecure);
    if (!allowed.ok()) return refuse(response, allowed);
    const auto call = UnaryCall<wire::EchoResponse>::make(response);
    wire::EchoResponse echo;
    echo.set_nonce(request->nonce());
    call->answer(std::move(echo));
    return call.get();
}

grpc::ServerBidiReactor<wire::SessionRequest, wire::SessionResponse>* WalletService::Session(
    grpc::CallbackServerContext* context) {
    if (!options_.session) {
        return new RefusedSession({grpc::StatusCode::UNIMPLEMENTED, "only unary calls here"});
    }
    const grpc::Status allowed = check_switch(*context, options_.insecure);
    if (!allowed.ok()) return new RefusedSession(allowed);
    auto stream = std::make_shared<SessionStream>(statistics_, bookkeeper_, behaviour_);
    stream->start();
    if (!bookkeeper_.post(std::make_unique<RepeatPromises>(stream))) stream->refuse(overloaded);
    return stream.get();
}

}  // namespace ayni::walletsim
