#include "switchd/metrics.h"

#include <fmt/format.h>
#include <openssl/asn1.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <map>
#include <memory>

#include "journal/batch.h"

namespace ayni::switchd {
namespace {

using telemetry::Scrape;

constexpr std::chrono::milliseconds ledger_patience{500};
constexpr double nanoseconds_per_second = 1e9;

template <typename Number>
double value_of(const std::atomic<Number>& figure) {
    return static_cast<double>(figure.load(std::memory_order_relaxed));
}

double seconds(std::chrono::nanoseconds duration) {
    return static_cast<double>(duration.count()) / nanoseconds_per_second;
}

void put_position(Scrape& scrape, const std::string& participant, base::Currency currency,
                  const ledger::Ledger::Position& position) {
    const auto put = [&](std::string_view kind, std::int64_t minor_units) {
        scrape.put("ayni_position_minor_units", static_cast<double>(minor_units),
                   {participant, base::to_string(currency), kind});
    };
    put("settlement", position.settlement);
    put("net", position.net);
    put("reserved", position.reserved);
    put("incoming", position.incoming);
    put("unacknowledged", position.unacknowledged);
    put("available", position.available);
    if (position.net_debit_cap != std::numeric_limits<std::int64_t>::max()) {
        put("cap", position.net_debit_cap);
    }
}

/// 0 also when both sides overflow a double's precision: the difference is taken in integers.
double difference(const ledger::Ledger::Totals& totals) {
    const std::int64_t pending = totals.debits_pending - totals.credits_pending;
    const std::int64_t posted = totals.debits_posted - totals.credits_posted;
    return pending != 0 ? static_cast<double>(pending) : static_cast<double>(posted);
}

void put_records(Scrape& scrape, const LedgerLook& look) {
    const auto put = [&](std::string_view table, std::size_t used, std::uint64_t limit) {
        scrape.put("ayni_ledger_records", static_cast<double>(used), {table});
        scrape.put("ayni_ledger_records_limit", static_cast<double>(limit), {table});
    };
    put("participants", look.usage.participants, look.limits.participants);
    put("accounts", look.usage.accounts, look.limits.accounts);
    put("live_transfers", look.usage.live_transfers, look.limits.live_transfers);
    put("remembered_transfers", look.usage.remembered_transfers, look.limits.remembered_transfers);
    put("claims", look.usage.claims, look.limits.claims);
}

static_assert(telemetry::bucket_bounds_seconds == rpc::duration_bounds_seconds);

telemetry::Histogram::Reading reading_of(const rpc::DurationHistogram& histogram) {
    telemetry::Histogram::Reading reading;
    for (std::size_t i = 0; i < rpc::DurationHistogram::bucket_count; ++i) {
        reading.count += histogram.count(i);
        if (i < reading.cumulative.size()) reading.cumulative[i] = reading.count;
    }
    reading.sum_seconds = histogram.sum_seconds();
    return reading;
}

/// "ayni.v1.TransferService.GetTransfer" is a query.
std::string_view shed_class_of(std::string_view rpc_name) {
    const std::string_view method = rpc_name.substr(rpc_name.rfind('.') + 1);
    if (method.starts_with("Get") || method.starts_with("List")) return "query";
    const bool is_payment = rpc_name.find(".TransferService.") != std::string_view::npos ||
                            rpc_name.find(".LedgerService.") != std::string_view::npos;
    return is_payment ? "payment" : "administration";
}

double resident_bytes() {
    std::ifstream statm("/proc/self/statm");
    double total_pages = 0;
    double resident_pages = 0;
    statm >> total_pages >> resident_pages;
    return resident_pages * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

double processor_seconds() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto of = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return of(usage.ru_utime) + of(usage.ru_stime);
}

}  // namespace

void SwitchMetrics::collect(Scrape& scrape) {
    collect_sequencer(scrape);
    collect_replication(scrape);
    collect_links(scrape);
    collect_rpc(scrape);
    collect_recovery(scrape);

    std::uint64_t protocol_version = 0;
    if (sources_.sequencer.statistics().is_leading.load() || sources_.replication != nullptr) {
        const auto look =
            look_at_ledger(sources_.sequencer, sources_.meter, sources_.journal, ledger_patience);
        if (look) {
            collect_ledger(scrape, *look);
            collect_history(scrape, *look);
            protocol_version = look->protocol_version;
        } else {
            looks_missed_.fetch_add(1);
        }
    }
    scrape.put("ayni_ledger_looks_missed_total", value_of(looks_missed_));
    collect_process(scrape, protocol_version);
}

void SwitchMetrics::collect_sequencer(Scrape& scrape) const {
    const auto& sequencer = sources_.sequencer.statistics();
    scrape.put("ayni_journal_append_seconds", sources_.journal.appends().read());
    scrape.put("ayni_journal_has_space", value_of(sequencer.has_space));
    scrape.put("ayni_journal_stalled", value_of(sequencer.is_stalled));
    scrape.put("ayni_journal_batches_total", value_of(sequencer.batches));
    scrape.put("ayni_journal_commands_total", value_of(sequencer.commands));
    scrape.put("ayni_appends_in_doubt_total", value_of(sequencer.appends_in_doubt));
    scrape.put("ayni_appends_without_space_total", value_of(sequencer.appends_without_space));
    scrape.put("ayni_repeats_answered_total", value_of(sequencer.repeats_answered));
    scrape.put("ayni_last_durable_sequence", value_of(sequencer.durable_sequence));
    scrape.put("ayni_last_applied_sequence", value_of(sequencer.applied_sequence));
    scrape.put("ayni_replayed_commands", value_of(sequencer.replayed_commands));
    scrape.put("ayni_epoch", value_of(sequencer.epoch));
    scrape.put("ayni_leading", value_of(sequencer.is_leading));
    scrape.put("ayni_apply_seconds_total",
               value_of(sequencer.apply_nanoseconds) / nanoseconds_per_second);
    scrape.put("ayni_history_sequence", static_cast<double>(sources_.history.as_of().value()));
    const auto* books = sources_.books;
    scrape.put("ayni_history_connected", books == nullptr || books->is_connected() ? 1 : 0);

    const auto& router = sources_.router.statistics();
    scrape.put("ayni_payments_in_flight", value_of(router.payments_in_flight));
    scrape.put("ayni_outcomes_told_total", value_of(router.outcomes_told));
    scrape.put("ayni_outcomes_retold_total", value_of(router.outcomes_retold));
    scrape.put("ayni_contradictions_total", value_of(router.contradictions));
    scrape.put("ayni_transfer_duration_seconds", sources_.meter.durations().read());
}

void SwitchMetrics::collect_replication(Scrape& scrape) const {
    static const journal_postgres::Statistics none;
    const auto& replication = sources_.replication == nullptr ? none : *sources_.replication;
    scrape.put("ayni_journal_database_connected", value_of(replication.is_connected));
    scrape.put("ayni_journal_database_sessions_total", value_of(replication.sessions));
    scrape.put("ayni_journal_rewinds_total", value_of(replication.rewinds));
    scrape.put("ayni_journal_batches_put_back_total", value_of(replication.reappended));
    scrape.put("ayni_followers", static_cast<double>(sources_.server.followers()));
    scrape.put("ayni_followers_given_up_total",
               value_of(sources_.server.metrics().followers_given_up));
}

void SwitchMetrics::collect_rpc(Scrape& scrape) const {
    std::map<std::string_view, double> shed{{"query", 0}, {"payment", 0}, {"administration", 0}};
    sources_.server.metrics().for_each([&](std::string_view name, const rpc::RpcMetrics& figures) {
        for (std::size_t i = 0; i < rpc::outcome_class_count; ++i) {
            const auto outcome = static_cast<rpc::OutcomeClass>(i);
            scrape.put("ayni_rpc_requests_total", static_cast<double>(figures.count(outcome)),
                       {name, rpc::to_string(outcome)});
        }
        scrape.put("ayni_rpc_items_total", value_of(figures.items), {name});
        scrape.put("ayni_rpc_duration_seconds", reading_of(figures.duration), {name});
        shed[shed_class_of(name)] += static_cast<double>(figures.count(rpc::OutcomeClass::shed));
    });
    for (const auto& [name, count] : shed) scrape.put("ayni_shed_total", count, {name});
    scrape.put("ayni_open_streams", value_of(sources_.server.metrics().open_streams));
    scrape.put("ayni_admission_in_flight", sources_.server.items_in_flight());
    scrape.put("ayni_admission_limit", sources_.server.limits().items_in_flight);
}

void SwitchMetrics::collect_links(Scrape& scrape) const {
    for (std::size_t i = 0; i < sources_.network.links().size(); ++i) {
        const std::string& code = sources_.network.links()[i].code;
        const auto& link = sources_.network.statistics(i);
        scrape.put("ayni_participant_up", value_of(link.up), {code});
        scrape.put("ayni_link_frames_sent_total", value_of(link.frames_sent), {code});
        scrape.put("ayni_link_frames_received_total", value_of(link.frames_received), {code});
        scrape.put("ayni_link_writes_total", value_of(link.writes), {code});
        scrape.put("ayni_link_outbox_frames", value_of(link.outbox_frames), {code});
        scrape.put("ayni_link_outbox_refusals_total", value_of(link.outbox_refusals), {code});
        scrape.put("ayni_link_disconnections_total", value_of(link.disconnections), {code});
        scrape.put("ayni_link_failures_total",
                   value_of(link.failed_attempts) + value_of(link.failed_calls), {code});
        scrape.put("ayni_link_malformed_frames_total", value_of(link.malformed_frames), {code});
    }
}

void SwitchMetrics::collect_ledger(Scrape& scrape, const LedgerLook& look) const {
    std::map<std::uint32_t, std::string> codes;
    std::array<double, ledger::currency_count> reserved{};
    for (const auto& participant : look.participants) {
        codes[participant.id] = participant.code;
        scrape.put("ayni_unacknowledged_outcomes", participant.unacknowledged_outcomes,
                   {participant.code});
        for (const auto currency : ledger::currencies) {
            const auto& position = participant.positions[ledger::currency_index(currency)];
            put_position(scrape, participant.code, currency, position);
            reserved[ledger::currency_index(currency)] += static_cast<double>(position.reserved);
        }
    }
    for (const auto currency : ledger::currencies) {
        const std::size_t index = ledger::currency_index(currency);
        const std::string_view name = base::to_string(currency);
        scrape.put("ayni_reserved_minor_units", reserved[index], {name});
        scrape.put("ayni_ledger_difference_minor_units", difference(look.totals[index]), {name});
        scrape.put("ayni_ledger_posted_minor_units",
                   static_cast<double>(look.totals[index].debits_posted), {name});
    }
    for (const auto& [labels, count] : look.counts.transfers) {
        scrape.put("ayni_transfers_total", static_cast<double>(count),
                   {labels.first, labels.second});
    }
    for (const auto& [labels, count] : look.counts.participants) {
        const auto code = codes.find(labels.first);
        if (code == codes.end()) continue;
        scrape.put("ayni_participant_transfers_total", static_cast<double>(count),
                   {code->second, labels.second});
    }
    const auto now = sources_.clock.wall();
    const auto oldest = std::chrono::nanoseconds(look.oldest_unacknowledged.nanoseconds);
    scrape.put("ayni_unacknowledged_oldest_seconds",
               oldest.count() == 0 ? 0.0 : std::max(0.0, seconds(now - oldest)));
    const auto floor = std::chrono::milliseconds(look.floor_ms);
    scrape.put("ayni_remembered_floor_age_seconds", seconds(now - floor));
    scrape.put("ayni_journal_bytes_free", static_cast<double>(look.journal_bytes_free));
    put_records(scrape, look);
}

void SwitchMetrics::collect_history(Scrape& scrape, const LedgerLook& look) const {
    scrape.put("ayni_forgotten_sequence", static_cast<double>(look.latest_forgotten.value()));
    if (sources_.books == nullptr) return;
    // Read after the ledger: what is in the books by now was in the ledger before.
    const auto books = sources_.books->standing();
    if (books.sequence.is_zero()) return;
    const bool is_behind = books.sequence < look.last_sequence;
    scrape.put("ayni_history_lag_seconds",
               is_behind ? std::max(0.0, seconds(look.time - books.time)) : 0.0);
}

void SwitchMetrics::collect_recovery(Scrape& scrape) const {
    const RecoveryFigures& recovery = sources_.recovery;
    scrape.put("ayni_replay_seconds",
               value_of(recovery.replay_nanoseconds) / nanoseconds_per_second);
    scrape.put("ayni_snapshot_start_sequence", static_cast<double>(recovery.snapshot_sequence));
    scrape.put("ayni_snapshot_start_age_seconds", seconds(recovery.snapshot_age));
    for (std::size_t i = 0; i < snapshot::reason_count; ++i) {
        scrape.put("ayni_snapshot_rejected_total", static_cast<double>(recovery.rejected[i]),
                   {snapshot::to_string(static_cast<snapshot::Reason>(i))});
    }
    const auto newest = sources_.snapshots.newest_header();
    scrape.put("ayni_snapshot_newest_sequence",
               newest ? static_cast<double>(newest->last_sequence.value()) : 0.0);
    if (!newest) return;
    const std::chrono::nanoseconds age =
        sources_.clock.wall() - std::chrono::nanoseconds(newest->time.nanoseconds);
    scrape.put("ayni_snapshot_newest_age_seconds", std::max(0.0, seconds(age)));
}

void SwitchMetrics::collect_process(Scrape& scrape, std::uint64_t protocol_version) const {
    if (sources_.certificate_file) {
        if (const auto end = certificate_end(*sources_.certificate_file)) {
            scrape.put("ayni_certificate_expiry_seconds",
                       static_cast<double>(*end) - seconds(sources_.clock.wall()));
        }
    }
    scrape.put("ayni_process_cpu_seconds_total", processor_seconds());
    scrape.put("ayni_process_resident_bytes", resident_bytes());
    scrape.put("ayni_build_info", 1,
               {fmt::format("{}", journal::format_version), fmt::format("{}", protocol_version),
                __VERSION__});
}

std::optional<std::int64_t> certificate_end(const std::filesystem::path& pem_file) {
    const std::unique_ptr<BIO, decltype(&BIO_free)> file(BIO_new_file(pem_file.c_str(), "r"),
                                                         BIO_free);
    if (file == nullptr) return std::nullopt;
    const std::unique_ptr<X509, decltype(&X509_free)> certificate(
        PEM_read_bio_X509(file.get(), nullptr, nullptr, nullptr), X509_free);
    if (certificate == nullptr) return std::nullopt;
    tm time{};
    if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate.get()), &time) != 1) return std::nullopt;
    return ::timegm(&time);
}

}  // namespace ayni::switchd
