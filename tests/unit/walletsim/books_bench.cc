// Drives the bookkeeper as a session does: messages of accepts, then of commits, and prints the
// microseconds of processor time of the whole process per incoming payment.

#include <fmt/format.h>
#include <sys/resource.h>

#include <cstdlib>
#include <future>
#include <mutex>

#include "base/random.h"
#include "walletsim/bookkeeper.h"

namespace {

using namespace ayni;
using namespace ayni::walletsim;

constexpr std::uint64_t first_ms = 1'700'000'000'000;

struct Message {
    std::vector<base::TransferId> accepts;
    std::vector<base::TransferId> commits;
};

class MessageJob final : public Job {
public:
    MessageJob(Message message, const std::vector<std::string>& accounts, std::promise<void>* done)
        : message_(std::move(message)), accounts_(accounts), done_(done) {}
    void apply(Books& books) override {
        for (const auto& id : message_.accepts) {
            const IncomingTransfer transfer{.id = id,
                                            .payee_account = accounts_[id.low % accounts_.size()],
                                            .currency_code = "PEN",
                                            .amount = 100};
            if (!books.accept(transfer).yes) std::abort();
        }
        for (const auto& id : message_.commits) {
            if (!books.outcome(id, Ending::committed, "").yes) std::abort();
        }
    }
    void committed() override {
        if (done_ != nullptr) done_->set_value();
    }

private:
    Message message_;
    const std::vector<std::string>& accounts_;
    std::promise<void>* done_;
};

double processor_seconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double wall_seconds() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 4) {
        fmt::print(stderr, "usage: walletsim_books_bench DIRECTORY PAYMENTS PER_MESSAGE\n");
        return 2;
    }
    const std::size_t payments = std::strtoull(argv[2], nullptr, 10);
    const std::size_t per_message = std::strtoull(argv[3], nullptr, 10);
    auto store = Store::open({.directory = argv[1], .participant = "bench"});
    if (!store) {
        fmt::print(stderr, "{}\n", store.error().to_string());
        return 1;
    }
    Books books({});
    std::vector<std::string> accounts;
    for (int i = 0; i < 100'000; ++i) {
        accounts.push_back(fmt::format("9{:08}", i));
        books.open(accounts.back(), 0);
    }
    (*store)->commit(books);
    Bookkeeper bookkeeper(books, **store);
    bookkeeper.start();
    base::SeededRandom random(1);

    const double cpu = processor_seconds();
    const double wall = wall_seconds();
    std::vector<base::TransferId> accepted;
    std::size_t made = 0;
    // A message carries new accepts and the outcomes of the one before, as they mix on a session.
    while (made < payments || !accepted.empty()) {
        Message message{.accepts = {}, .commits = std::move(accepted)};
        accepted.clear();
        for (std::size_t i = 0; i < per_message && made < payments; ++i, ++made) {
            accepted.push_back(base::make_uuid_v7(first_ms + made / 15, random));
        }
        message.accepts = accepted;
        std::promise<void> done;
        if (!bookkeeper.post(std::make_unique<MessageJob>(std::move(message), accounts, &done))) {
            return 1;
        }
        done.get_future().wait();
    }
    bookkeeper.stop();
    const double spent = processor_seconds() - cpu;
    const double took = wall_seconds() - wall;
    const auto commits = bookkeeper.statistics().commits.read().count;
    const auto count = static_cast<double>(payments);
    fmt::print("{} payments in {:.2f} s: {:.0f}/s, {:.2f} us of processor time each, {} commits\n",
               payments, took, count / took, spent / count * 1e6, commits);
    return 0;
}
