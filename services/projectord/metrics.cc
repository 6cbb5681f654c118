#include "projectord/metrics.h"

#include <algorithm>

namespace ayni::projectord {
namespace {

using telemetry::Metric;
using enum telemetry::MetricType;

constexpr double nanoseconds_per_second = 1e9;

constexpr Metric table[] = {
    {"ayni_projection_connected",
     gauge,
     "flags",
     "1 while projectord reaches the books and the journal.",
     {}},
    {"ayni_projection_sequence", gauge, "sequence", "Last command that is in the books.", {}},
    {"ayni_projection_journal_sequence",
     gauge,
     "sequence",
     "Last command in the journal, as projectord sees it.",
     {}},
    {"ayni_projection_lag_sequences",
     gauge,
     "commands",
     "Commands in the journal that are not in the books.",
     {}},
    {"ayni_projection_lag_seconds",
     gauge,
     "seconds",
     "How much newer the journal's last batch is than the books, in journal time.",
     {}},
    {"ayni_projection_transactions_total", counter, "transactions", "Transactions committed.", {}},
    {"ayni_projection_transaction_seconds",
     histogram,
     "seconds",
     "Time to write one transaction, its commit included.",
     {}},
    {"ayni_projection_rows_total", counter, "rows", "Rows added and changed.", {}},
    {"ayni_projection_postings_total", counter, "postings", "Postings among them.", {}},
    {"ayni_projection_errors_total",
     counter,
     "errors",
     "Connections and transactions that failed; each is tried again.",
     {}},
};

template <typename Number>
double value_of(const std::atomic<Number>& figure) {
    return static_cast<double>(figure.load());
}

}  // namespace

std::span<const Metric> metric_table() { return table; }

void put(telemetry::Scrape& scrape, const Figures& figures, Watch& watch) {
    scrape.put("ayni_projection_connected", figures.is_connected ? 1 : 0);
    // The books first: they are never ahead of a journal that is looked at later.
    const bool knows_books = figures.knows_books;
    const std::uint64_t books_sequence = figures.books_sequence;
    const std::int64_t books_time = figures.books_time_ns;
    if (knows_books) scrape.put("ayni_projection_sequence", static_cast<double>(books_sequence));
    if (const auto newest = watch.newest()) {
        const std::uint64_t sequence = std::max(newest->last_sequence().value(), books_sequence);
        scrape.put("ayni_projection_journal_sequence", static_cast<double>(sequence));
        if (knows_books) {
            // A time that was read from the books is cut to the microsecond.
            const std::int64_t time = sequence == books_sequence
                                          ? books_time
                                          : std::max(newest->timestamp.nanoseconds, books_time);
            scrape.put("ayni_projection_lag_sequences",
                       static_cast<double>(sequence - books_sequence));
            scrape.put("ayni_projection_lag_seconds",
                       static_cast<double>(time - books_time) / nanoseconds_per_second);
        }
    }
    scrape.put("ayni_projection_transactions_total", value_of(figures.transactions));
    scrape.put("ayni_projection_transaction_seconds", figures.transaction_seconds.read());
    scrape.put("ayni_projection_rows_total", value_of(figures.rows));
    scrape.put("ayni_projection_postings_total", value_of(figures.postings));
    scrape.put("ayni_projection_errors_total", value_of(figures.errors));
}

}  // namespace ayni::projectord
