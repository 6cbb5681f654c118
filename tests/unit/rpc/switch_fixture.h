#pragma once

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <thread>

#include "ayni/v1/admin_service.grpc.pb.h"
#include "ayni/v1/disbursement_service.grpc.pb.h"
#include "ayni/v1/ledger_service.grpc.pb.h"
#include "ayni/v1/settlement_service.grpc.pb.h"
#include "ayni/v1/transfer_service.grpc.pb.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "journal/memory_journal.h"
#include "rpc/server.h"

/// A whole switch in one process, over a journal in memory and institutions that are threads.
namespace ayni::test {

/// Institutions that answer on a thread of their own, as told.
class FakeWallets final : public adapter::WalletNetwork {
public:
    enum class Mode { accepting, refusing, silent, disconnected };

    FakeWallets();
    ~FakeWallets() override;
    void answer_to(adapter::WalletReplies& replies) { replies_ = &replies; }
    void stop();
    void set_mode(Mode mode) { mode_ = mode; }

    [[nodiscard]] bool is_connected(base::ParticipantId participant) const override;
    [[nodiscard]] bool send_accept(base::ParticipantId payee,
                                   const adapter::AcceptRequest& request) override;
    [[nodiscard]] bool send_outcome(base::ParticipantId to,
                                    const adapter::OutcomeNotice& notice) override;

private:
    void post(std::function<void()> task);
    void run();

    std::atomic<Mode> mode_{Mode::accepting};
    adapter::WalletReplies* replies_ = nullptr;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<std::function<void()>> tasks_;
    bool stopping_ = false;
    std::thread thread_;
};

/// Keeps every transfer's last state, and passes everything on to the router. Can be held back, and
/// made to fail.
class MemoryHistory final : public history::History, public sequencer::Follower {
public:
    explicit MemoryHistory(sequencer::Follower& next) : next_(next) {}

    /// From here on it learns nothing, until it is let go and learns all of it.
    void hold_back();
    void let_go();
    void fail_with(std::optional<history::Failure::Kind> kind);

    [[nodiscard]] base::Sequence as_of() const override;
    [[nodiscard]] history::Answer<history::Found> find(const base::TransferId& id) const override;
    [[nodiscard]] history::Answer<history::Listed> list(base::ParticipantId participant,
                                                        base::Sequence before,
                                                        std::size_t limit) const override;

    void transfer_changed(const ledger::TransferView& transfer) override;
    void outcome_acknowledged(const ledger::TransferView& transfer,
                              base::ParticipantId by) override;
    void replayed(const ledger::Ledger& ledger) override;
    void batch_applied(const ledger::Ledger& ledger) override;
    void run_due(const ledger::Ledger& ledger, std::chrono::nanoseconds steady_now) override;
    [[nodiscard]] std::chrono::nanoseconds next_due() const override;
    void stopped() override { next_.stopped(); }

private:
    sequencer::Follower& next_;
    mutable std::mutex mutex_;
    std::map<std::uint64_t, history::Entry> by_sequence_;
    std::map<std::uint64_t, history::Entry> newest_by_sequence_;
    base::Sequence as_of_;
    base::Sequence newest_;
    bool is_held_back_ = false;
    std::optional<history::Failure::Kind> failure_;
};

/// The books of one account, written by the test.
class WrittenStatements final : public history::Statements {
public:
    /// Posted one microsecond after the one before.
    void post(std::int64_t signed_amount, base::TransferId transfer = {1, 1});
    /// How far the books are.
    void set_books(base::Sequence sequence, base::JournalTime time);
    void fail_with(std::optional<history::Failure::Kind> kind);
    [[nodiscard]] history::StatementQuery last_query() const;

    [[nodiscard]] history::Answer<history::StatementPage> read(
        const history::StatementQuery& query) const override;

    base::AccountId account;
    base::JournalTime next_time;

private:
    mutable std::mutex mutex_;
    mutable history::StatementQuery last_query_;
    std::vector<history::StatementEntry> entries_;
    base::Sequence books_;
    base::JournalTime books_time_;
    std::optional<history::Failure::Kind> failure_;
};

/// What a failed call says.
struct Fault {
    grpc::StatusCode code = grpc::StatusCode::OK;
    std::string reason;
    std::string iso_reason;
    std::vector<std::string> fields;
    bool has_retry = false;
    std::map<std::string, std::string> metadata;
};
[[nodiscard]] Fault fault_of(const grpc::Status& status);

class SwitchFixture : public ::testing::Test {
protected:
    static rpc::Options insecure() {
        rpc::Options options;
        options.listen = "127.0.0.1:0";
        options.insecure_loopback = true;
        return options;
    }

    static ledger::Options small_ledger();

    explicit SwitchFixture(const rpc::Options& options = insecure(), bool has_books = true,
                           const ledger::Options& tables = small_ledger());
    ~SwitchFixture() override;

    /// yape, bim and coopac, and S/ 1,000.00 of yape's.
    void SetUp() override;

    [[nodiscard]] static std::unique_ptr<grpc::ClientContext> as(const std::string& identity);
    [[nodiscard]] std::string new_id();
    [[nodiscard]] base::TransferId new_transfer_id();
    /// S/ 1.00 from yape to bim.
    [[nodiscard]] v1::NewTransfer new_payment();
    [[nodiscard]] grpc::Status pay(const v1::NewTransfer& transfer,
                                   v1::CreateTransferResponse& response,
                                   const std::string& identity = "participant/yape");
    [[nodiscard]] v1::GetPositionResponse position(const std::string& code);
    [[nodiscard]] std::string address() const;

    base::SystemClock clock;
    base::SystemRandom random;
    journal::MemoryJournal journal;
    ledger::Ledger ledger;
    FakeWallets wallets;
    router::Router router;
    MemoryHistory history;
    WrittenStatements statements;
    sequencer::Sequencer sequencer;
    identity::Tokeniser tokeniser;
    rpc::Server server;
    std::thread sequencer_thread;

    std::shared_ptr<grpc::Channel> channel;
    std::unique_ptr<v1::TransferService::Stub> transfers;
    std::unique_ptr<v1::LedgerService::Stub> accounts;
    std::unique_ptr<v1::AdminService::Stub> admin;
    std::unique_ptr<v1::SettlementService::Stub> settlement;
    std::unique_ptr<v1::DisbursementService::Stub> disbursement;
};

}  // namespace ayni::test
