#include "walletsim/metrics.h"

namespace ayni::walletsim {
namespace {

using telemetry::Metric;
using enum telemetry::MetricType;

constexpr std::string_view outcome[] = {"outcome"};
constexpr std::string_view peer[] = {"peer"};
constexpr std::string_view kind[] = {"kind"};

constexpr Metric table[] = {
    {"ayni_walletsim_payments_total", counter, "payments",
     "Outgoing payments by how they ended; refused is by the institution itself.", outcome},
    {"ayni_walletsim_payments_credited",
     gauge,
     "payments",
     "Incoming payments credited to customers, since the books began.",
     {}},
    {"ayni_walletsim_promises",
     gauge,
     "payments",
     "Incoming payments accepted whose outcome is not known.",
     {}},
    {"ayni_walletsim_holds",
     gauge,
     "payments",
     "Outgoing payments whose end is not known; their money is held.",
     {}},
    {"ayni_walletsim_books_minor_units", gauge, "minor_units",
     "Sums of the books: initial, balances, held, sent, received, promised.", kind},
    {"ayni_walletsim_customers", gauge, "customers", "Customers in the books.", {}},
    {"ayni_walletsim_contradictions_total",
     counter,
     "messages",
     "Messages of the switch that deny an earlier one. Always 0.",
     {}},
    {"ayni_walletsim_commit_seconds",
     histogram,
     "seconds",
     "Time to make one round of changes durable.",
     {}},
    {"ayni_walletsim_jobs_total",
     counter,
     "jobs",
     "Messages and calls the bookkeeper dealt with.",
     {}},
    {"ayni_walletsim_waiting_jobs", gauge, "jobs", "Messages and calls that wait for it.", {}},
    {"ayni_walletsim_frames_written_total", counter, "frames",
     "Answers written to the switch's sessions, payments written to the switch.", peer},
    {"ayni_walletsim_writes_total", counter, "writes",
     "Writes that carried them; frames per write is how well they gather.", peer},
    {"ayni_walletsim_repeats_total",
     counter,
     "payments",
     "Payments sent again, since the switch did not say how they ended.",
     {}},
    {"ayni_walletsim_failures_total",
     counter,
     "answers",
     "Calls to the switch that failed, and answers that say nothing about the payment.",
     {}},
};

template <typename Number>
double value_of(const std::atomic<Number>& figure) {
    return static_cast<double>(figure.load(std::memory_order_relaxed));
}

void put_books(telemetry::Scrape& scrape, const Totals& totals) {
    const auto put = [&scrape](std::string_view which, std::int64_t minor_units) {
        scrape.put("ayni_walletsim_books_minor_units", static_cast<double>(minor_units), {which});
    };
    put("initial", totals.initial);
    put("balances", totals.balances);
    put("held", totals.held);
    put("sent", totals.sent);
    put("received", totals.received);
    put("promised", totals.promised);
    scrape.put("ayni_walletsim_customers", static_cast<double>(totals.customers));
    scrape.put("ayni_walletsim_promises", static_cast<double>(totals.promises));
    scrape.put("ayni_walletsim_holds", static_cast<double>(totals.holds));
    scrape.put("ayni_walletsim_payments_credited", static_cast<double>(totals.payments_received));
}

void put_outcomes(telemetry::Scrape& scrape, const PaymentDesk::Statistics& statistics) {
    const auto put = [&scrape](std::string_view which, const std::atomic<std::uint64_t>& count) {
        scrape.put("ayni_walletsim_payments_total", value_of(count), {which});
    };
    put("committed", statistics.committed);
    put("aborted", statistics.aborted);
    put("rejected", statistics.rejected);
    put("returned", statistics.returned);
    put("refused", statistics.refused);
}

}  // namespace

std::span<const Metric> metric_table() { return table; }

Metrics::Metrics(const Bookkeeper& bookkeeper, const SwitchClient& client, const PaymentDesk& desk,
                 const StreamStatistics& sessions)
    : bookkeeper_(bookkeeper), client_(client), desk_(desk), sessions_(sessions) {}

void Metrics::take_note(const Books& books) {
    const std::lock_guard lock(mutex_);
    totals_ = books.totals();
    contradictions_ = books.contradictions();
}

void Metrics::put(telemetry::Scrape& scrape) const {
    Totals totals;
    std::uint64_t contradictions = 0;
    {
        const std::lock_guard lock(mutex_);
        totals = totals_;
        contradictions = contradictions_;
    }
    put_outcomes(scrape, desk_.statistics());
    put_books(scrape, totals);
    scrape.put("ayni_walletsim_contradictions_total", static_cast<double>(contradictions));
    const Bookkeeper::Statistics& bookkeeper = bookkeeper_.statistics();
    scrape.put("ayni_walletsim_commit_seconds", bookkeeper.commits.read());
    scrape.put("ayni_walletsim_jobs_total", value_of(bookkeeper.jobs));
    scrape.put("ayni_walletsim_waiting_jobs", value_of(bookkeeper.waiting_jobs));
    const SwitchClient::Statistics& client = client_.statistics();
    scrape.put("ayni_walletsim_frames_written_total", value_of(sessions_.frames_written),
               {"session"});
    scrape.put("ayni_walletsim_writes_total", value_of(sessions_.writes), {"session"});
    scrape.put("ayni_walletsim_frames_written_total", value_of(client.payments_sent), {"switch"});
    scrape.put("ayni_walletsim_writes_total", value_of(client.writes), {"switch"});
    scrape.put("ayni_walletsim_repeats_total", value_of(client.repeats));
    scrape.put("ayni_walletsim_failures_total", value_of(client.failures));
}

}  // namespace ayni::walletsim
