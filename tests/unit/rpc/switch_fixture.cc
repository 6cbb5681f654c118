#include "unit/rpc/switch_fixture.h"

namespace ayni::test {
namespace {

tl::unexpected<history::Failure> failure(history::Failure::Kind kind) {
    return tl::unexpected(history::Failure{.kind = kind, .error = {"history", "as told"}});
}

history::Entry entry_of(const ledger::RememberedTransfer& record) {
    history::Entry entry;
    entry.id = record.id;
    entry.created_sequence = record.created_sequence;
    entry.decided_sequence = record.decided_sequence;
    entry.decided_at = record.decided_at;
    entry.initiator = record.initiator;
    entry.payee = record.payee;
    std::copy(record.reason.text.begin(), record.reason.text.end(), std::begin(entry.reason));
    entry.status = static_cast<std::uint8_t>(record.status);
    entry.state = static_cast<std::uint8_t>(record.state);
    entry.type = static_cast<std::uint8_t>(record.type);
    return entry;
}

}  // namespace

FakeWallets::FakeWallets() : thread_([this] { run(); }) {}

FakeWallets::~FakeWallets() { stop(); }

void FakeWallets::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    if (thread_.joinable()) thread_.join();
}

bool FakeWallets::is_connected(base::ParticipantId) const { return mode_ != Mode::disconnected; }

bool FakeWallets::send_accept(base::ParticipantId payee, const adapter::AcceptRequest& request) {
    if (mode_ == Mode::disconnected) return false;
    if (mode_ == Mode::silent) return true;
    const bool is_refused = mode_ == Mode::refusing;
    post([this, payee, id = request.id, is_refused] {
        EXPECT_TRUE(is_refused ? replies_->refused(payee, id, "AC04")
                               : replies_->accepted(payee, id));
    });
    return true;
}

bool FakeWallets::send_outcome(base::ParticipantId to, const adapter::OutcomeNotice& notice) {
    if (mode_ == Mode::disconnected) return false;
    post([this, to, id = notice.id] { EXPECT_TRUE(replies_->acknowledged(to, id)); });
    return true;
}

void FakeWallets::post(std::function<void()> task) {
    {
        const std::lock_guard lock(mutex_);
        tasks_.push_back(std::move(task));
    }
    wake_.notify_one();
}

void FakeWallets::run() {
    std::unique_lock lock(mutex_);
    for (;;) {
        wake_.wait(lock, [this] { return stopping_ || !tasks_.empty(); });
        if (stopping_) return;
        const auto task = std::move(tasks_.front());
        tasks_.pop_front();
        lock.unlock();
        task();
        lock.lock();
    }
}

base::Sequence MemoryHistory::as_of() const {
    const std::lock_guard lock(mutex_);
    return as_of_;
}

void MemoryHistory::hold_back() {
    const std::lock_guard lock(mutex_);
    is_held_back_ = true;
}

void MemoryHistory::let_go() {
    const std::lock_guard lock(mutex_);
    is_held_back_ = false;
    by_sequence_ = newest_by_sequence_;
    as_of_ = newest_;
}

void MemoryHistory::fail_with(std::optional<history::Failure::Kind> kind) {
    const std::lock_guard lock(mutex_);
    failure_ = kind;
}

history::Answer<history::Found> MemoryHistory::find(const base::TransferId& id) const {
    const std::lock_guard lock(mutex_);
    if (failure_) return failure(*failure_);
    for (const auto& [sequence, entry] : by_sequence_) {
        if (entry.id == id) return history::Found{.as_of = as_of_, .entry = entry};
    }
    return history::Found{.as_of = as_of_, .entry = {}};
}

history::Answer<history::Listed> MemoryHistory::list(base::ParticipantId participant,
                                                     base::Sequence before,
                                                     std::size_t limit) const {
    const std::lock_guard lock(mutex_);
    if (failure_) return failure(*failure_);
    history::Listed listed{.as_of = as_of_, .entries = {}};
    std::vector<history::Entry>& found = listed.entries;
    for (auto at = by_sequence_.rbegin(); at != by_sequence_.rend() && found.size() < limit; ++at) {
        const history::Entry& entry = at->second;
        if (!before.is_zero() && entry.created_sequence >= before) continue;
        if (entry.type != static_cast<std::uint8_t>(ledger::TransferType::payment)) continue;
        if (entry.initiator == participant || entry.payee == participant) found.push_back(entry);
    }
    return listed;
}

void MemoryHistory::transfer_changed(const ledger::TransferView& transfer) {
    {
        const std::lock_guard lock(mutex_);
        const auto entry = entry_of(transfer.record);
        newest_by_sequence_[transfer.record.created_sequence.value()] = entry;
        if (!is_held_back_) by_sequence_[transfer.record.created_sequence.value()] = entry;
    }
    next_.transfer_changed(transfer);
}

void MemoryHistory::outcome_acknowledged(const ledger::TransferView& transfer,
                                         base::ParticipantId by) {
    next_.outcome_acknowledged(transfer, by);
}

void MemoryHistory::replayed(const ledger::Ledger& ledger) { next_.replayed(ledger); }

void MemoryHistory::batch_applied(const ledger::Ledger& ledger) {
    {
        const std::lock_guard lock(mutex_);
        newest_ = ledger.last_sequence();
        if (!is_held_back_) as_of_ = newest_;
    }
    next_.batch_applied(ledger);
}

void MemoryHistory::run_due(const ledger::Ledger& ledger, std::chrono::nanoseconds steady_now) {
    next_.run_due(ledger, steady_now);
}

std::chrono::nanoseconds MemoryHistory::next_due() const { return next_.next_due(); }

void WrittenStatements::post(std::int64_t signed_amount, base::TransferId transfer) {
    const std::lock_guard lock(mutex_);
    next_time = next_time + std::chrono::microseconds(1);
    books_ = books_.next();
    books_time_ = next_time;
    const std::int64_t balance = entries_.empty() ? 0 : entries_.back().balance;
    entries_.push_back({.place = {.posted_at = next_time, .sequence = books_, .leg = 1},
                        .is_debit = signed_amount < 0,
                        .is_return = false,
                        .amount = std::abs(signed_amount),
                        .balance = balance + signed_amount,
                        .transfer = transfer,
                        .type = static_cast<std::uint8_t>(ledger::TransferType::payment),
                        .counterpart = base::AccountId(77),
                        .counterparty = "bim",
                        .end_to_end_id = "E2E-1"});
}

void WrittenStatements::set_books(base::Sequence sequence, base::JournalTime time) {
    const std::lock_guard lock(mutex_);
    books_ = sequence;
    books_time_ = time;
}

void WrittenStatements::fail_with(std::optional<history::Failure::Kind> kind) {
    const std::lock_guard lock(mutex_);
    failure_ = kind;
}

history::StatementQuery WrittenStatements::last_query() const {
    const std::lock_guard lock(mutex_);
    return last_query_;
}

history::Answer<history::StatementPage> WrittenStatements::read(
    const history::StatementQuery& query) const {
    const std::lock_guard lock(mutex_);
    last_query_ = query;
    if (failure_) return failure(*failure_);
    history::StatementPage page{.books = books_,
                                .books_time = books_time_,
                                .summary = {},
                                .entries = {},
                                .has_more = false};
    history::StatementSummary summary;
    const base::Sequence as_of = query.is_first_page() ? books_ : query.as_of;
    for (const history::StatementEntry& entry : entries_) {
        if (query.account != account || entry.place.sequence > as_of) continue;
        if (entry.place.posted_at < query.end) summary.closing_balance = entry.balance;
        if (entry.place.posted_at < query.start) summary.opening_balance = entry.balance;
        if (entry.place.posted_at < query.start || entry.place.posted_at >= query.end) continue;
        (entry.is_debit ? summary.debits : summary.credits) += entry.amount;
        ++(entry.is_debit ? summary.debit_count : summary.credit_count);
        if (entry.place.sequence <= query.after.sequence) continue;
        page.has_more = page.entries.size() == query.limit;
        if (!page.has_more) page.entries.push_back(entry);
    }
    if (query.is_first_page()) page.summary = summary;
    return page;
}

Fault fault_of(const grpc::Status& status) {
    Fault fault;
    fault.code = status.error_code();
    google::rpc::Status wire;
    if (!wire.ParseFromString(status.error_details())) return fault;
    EXPECT_EQ(wire.code(), static_cast<int>(status.error_code()));
    int infos = 0;
    for (const google::protobuf::Any& any : wire.details()) {
        google::rpc::ErrorInfo info;
        google::rpc::BadRequest bad;
        if (any.UnpackTo(&info)) {
            ++infos;
            EXPECT_EQ(info.domain(), "ayni");
            fault.reason = info.reason();
            fault.metadata = {info.metadata().begin(), info.metadata().end()};
            fault.iso_reason = fault.metadata["iso_reason"];
        } else if (any.UnpackTo(&bad)) {
            for (const auto& field : bad.field_violations()) fault.fields.push_back(field.field());
        } else if (any.Is<google::rpc::RetryInfo>()) {
            fault.has_retry = true;
        }
    }
    EXPECT_EQ(infos, wire.details_size() > 0 ? 1 : 0);
    return fault;
}

ledger::Options SwitchFixture::small_ledger() {
    return {.participants = 16,
            .accounts = 4'096,
            .live_transfers = 4'096,
            .remembered_transfers = 65'536,
            .claims = 16,
            .unacknowledged_per_participant = 4'096,
            .hash_seed = 11};
}

SwitchFixture::SwitchFixture(const rpc::Options& options, bool has_books,
                             const ledger::Options& tables)
    : journal({.journal_id = {1}, .ledger_id = {2}, .timestamp = {}}),
      ledger(tables),
      router({}, wallets, clock),
      history(router),
      sequencer({}, ledger, journal, clock, &history),
      tokeniser({7}, 1),
      server(options, {router, sequencer, history, has_books ? &statements : nullptr, journal,
                       wallets, nullptr, tokeniser, clock}) {
    router.attach(sequencer);
    wallets.answer_to(router);
    const auto started = sequencer.start();
    EXPECT_TRUE(started.has_value());
    sequencer_thread = std::thread([this] { sequencer.run(); });
    const auto serving = server.start();
    EXPECT_TRUE(serving.has_value()) << (serving ? "" : serving.error().to_string());
    channel = grpc::CreateChannel(address(), grpc::InsecureChannelCredentials());
    transfers = v1::TransferService::NewStub(channel);
    accounts = v1::LedgerService::NewStub(channel);
    admin = v1::AdminService::NewStub(channel);
    settlement = v1::SettlementService::NewStub(channel);
    disbursement = v1::DisbursementService::NewStub(channel);
}

SwitchFixture::~SwitchFixture() {
    server.stop();
    wallets.stop();
    sequencer.stop();
    sequencer_thread.join();
}

std::string SwitchFixture::address() const { return "127.0.0.1:" + std::to_string(server.port()); }

void SwitchFixture::SetUp() {
    for (const auto& [id, code, entity] : {std::tuple{2U, "yape", 2U}, std::tuple{3U, "bim", 921U},
                                           std::tuple{4U, "coopac", 880U}}) {
        v1::CreateParticipantRequest request;
        request.set_participant_id(id);
        request.set_code(code);
        request.set_entity_code(entity);
        v1::CreateParticipantResponse response;
        ASSERT_TRUE(admin->CreateParticipant(as("operator/ana").get(), request, &response).ok());
        ASSERT_EQ(response.participant().code(), code);
    }
    v1::RecordFundsInRequest request;
    request.set_transfer_id(new_id());
    request.set_participant("yape");
    request.mutable_amount()->set_currency_code("PEN");
    request.mutable_amount()->set_minor_units(100'000);
    v1::RecordFundsInResponse response;
    ASSERT_TRUE(settlement->RecordFundsIn(as("operator/ana").get(), request, &response).ok());
}

std::unique_ptr<grpc::ClientContext> SwitchFixture::as(const std::string& identity) {
    auto context = std::make_unique<grpc::ClientContext>();
    if (!identity.empty()) context->AddMetadata("x-ayni-identity", identity);
    return context;
}

base::TransferId SwitchFixture::new_transfer_id() {
    const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(clock.wall());
    return base::make_uuid_v7(static_cast<std::uint64_t>(now.count()), random);
}

std::string SwitchFixture::new_id() { return base::to_string(new_transfer_id()); }

v1::NewTransfer SwitchFixture::new_payment() {
    v1::NewTransfer transfer;
    transfer.set_transfer_id(new_id());
    transfer.set_payee_participant("bim");
    transfer.set_payee_account("987654321");
    transfer.set_payer_account("912345678");
    transfer.mutable_amount()->set_currency_code("PEN");
    transfer.mutable_amount()->set_minor_units(100);
    transfer.set_end_to_end_id("E2E-1");
    transfer.set_purpose("CASH");
    transfer.set_remittance_text("almuerzo");
    return transfer;
}

grpc::Status SwitchFixture::pay(const v1::NewTransfer& transfer,
                                v1::CreateTransferResponse& response, const std::string& identity) {
    v1::CreateTransferRequest request;
    *request.mutable_transfer() = transfer;
    response.Clear();
    return transfers->CreateTransfer(as(identity).get(), request, &response);
}

v1::GetPositionResponse SwitchFixture::position(const std::string& code) {
    v1::GetPositionRequest request;
    request.set_participant(code);
    request.set_currency_code("PEN");
    v1::GetPositionResponse response;
    EXPECT_TRUE(settlement->GetPosition(as("auditor/rosa").get(), request, &response).ok());
    return response;
}

}  // namespace ayni::test
