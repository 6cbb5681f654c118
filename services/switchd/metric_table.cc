#include "switchd/metric_table.h"

#include <algorithm>
#include <array>

namespace ayni::switchd {
namespace {

using telemetry::Metric;
using enum telemetry::MetricType;

constexpr std::string_view outcome_reason[] = {"outcome", "reason"};
constexpr std::string_view participant[] = {"participant"};
constexpr std::string_view participant_outcome[] = {"participant", "outcome"};
constexpr std::string_view currency[] = {"currency"};
constexpr std::string_view position_labels[] = {"participant", "currency", "kind"};
constexpr std::string_view record_table[] = {"table"};
constexpr std::string_view rpc[] = {"rpc"};
constexpr std::string_view rpc_outcome[] = {"rpc", "outcome"};
constexpr std::string_view snapshot_reason[] = {"reason"};
constexpr std::string_view shed_class[] = {"class"};
constexpr std::string_view build[] = {"journal_format", "protocol_version", "compiler"};

constexpr Metric table[] = {
    {"ayni_transfers_total", counter, "transfers",
     "Transfers that ended (committed, aborted, rejected) or were returned, by ISO reason.",
     outcome_reason},
    {"ayni_participant_transfers_total", counter, "transfers",
     "Payments to a participant that ended, by outcome; silent is AB05, unreachable is AB08.",
     participant_outcome},
    {"ayni_transfer_duration_seconds",
     histogram,
     "seconds",
     "From a payment's reservation to its commit or abort, in journal time.",
     {}},
    {"ayni_payments_in_flight", gauge, "payments", "Payments reserved and not yet decided.", {}},
    {"ayni_reserved_minor_units", gauge, "minor_units", "Money held by reservations.", currency},
    {"ayni_ledger_difference_minor_units", gauge, "minor_units",
     "Debits less credits over all accounts, pending and posted. Always 0.", currency},
    {"ayni_ledger_posted_minor_units", gauge, "minor_units",
     "Debits posted over all accounts since the ledger began.", currency},
    {"ayni_position_minor_units", gauge, "minor_units",
     "A participant's settlement, net, reserved, incoming, unacknowledged, cap (absent when "
     "unlimited) and available.",
     position_labels},
    {"ayni_unacknowledged_outcomes", gauge, "outcomes",
     "Outcomes that a participant must still acknowledge, reserved payments included.",
     participant},
    {"ayni_unacknowledged_oldest_seconds",
     gauge,
     "seconds",
     "Age of the oldest decision that somebody has not acknowledged; 0 when there is none.",
     {}},
    {"ayni_outcomes_told_total", counter, "outcomes", "Outcomes sent to participants.", {}},
    {"ayni_outcomes_retold_total",
     counter,
     "outcomes",
     "Outcomes sent again, since nobody acknowledged them.",
     {}},
    {"ayni_contradictions_total",
     counter,
     "replies",
     "Replies of a participant that deny an earlier one of its own.",
     {}},
    {"ayni_participant_up", gauge, "links",
     "1 while the link works; 0 after five failures in a row or 30 s without a connection.",
     participant},
    {"ayni_link_frames_sent_total", counter, "frames", "Messages sent to a participant.",
     participant},
    {"ayni_link_frames_received_total", counter, "frames", "Messages received from a participant.",
     participant},
    {"ayni_link_writes_total", counter, "writes",
     "Writes that carried the frames sent; frames per write is how well they gather.", participant},
    {"ayni_link_outbox_frames", gauge, "frames", "Messages that wait to be written.", participant},
    {"ayni_link_outbox_refusals_total", counter, "frames",
     "Messages not taken, since the outbox was full.", participant},
    {"ayni_link_disconnections_total", counter, "links", "Times that a link was lost.",
     participant},
    {"ayni_link_failures_total", counter, "attempts",
     "Connections and calls that failed on the participant's side.", participant},
    {"ayni_link_malformed_frames_total", counter, "frames",
     "Messages from a participant that could not be understood.", participant},
    {"ayni_journal_append_seconds", histogram, "seconds", "Time to make one batch durable.", {}},
    {"ayni_journal_bytes_free", gauge, "bytes", "Room for further batches.", {}},
    {"ayni_journal_has_space",
     gauge,
     "flags",
     "0 while new payments are refused for want of disk space.",
     {}},
    {"ayni_journal_batches_total", counter, "batches", "Batches made durable.", {}},
    {"ayni_journal_commands_total", counter, "commands", "Commands made durable.", {}},
    {"ayni_appends_in_doubt_total",
     counter,
     "appends",
     "Appends whose outcome was unknown at first; nothing is acknowledged meanwhile.",
     {}},
    {"ayni_appends_without_space_total",
     counter,
     "appends",
     "Appends refused for want of disk space.",
     {}},
    {"ayni_repeats_answered_total",
     counter,
     "commands",
     "Repeats of a known id, answered without a journal entry.",
     {}},
    {"ayni_last_durable_sequence", gauge, "sequence", "Last command that is durable.", {}},
    {"ayni_last_applied_sequence", gauge, "sequence", "Last command that the ledger applied.", {}},
    {"ayni_history_sequence", gauge, "sequence", "Last command that history is complete to.", {}},
    {"ayni_replayed_commands", gauge, "commands", "Commands replayed at the start.", {}},
    {"ayni_replay_seconds",
     gauge,
     "seconds",
     "The start: from the look for a snapshot to the end of replay.",
     {}},
    {"ayni_snapshot_start_sequence",
     gauge,
     "sequence",
     "Last command in the snapshot that the process started from; 0 when it replayed everything.",
     {}},
    {"ayni_snapshot_start_age_seconds",
     gauge,
     "seconds",
     "Age of that snapshot, in journal time, when the process started.",
     {}},
    {"ayni_snapshot_rejected_total", counter, "snapshots",
     "Snapshots that the start passed over: damaged, foreign to the journal, or unfit for this "
     "build, its tables or the history.",
     snapshot_reason},
    {"ayni_snapshot_newest_sequence",
     gauge,
     "sequence",
     "Last command in the newest snapshot on the disk; 0 when there is none. A restart replays "
     "what "
     "is behind it.",
     {}},
    {"ayni_snapshot_newest_age_seconds",
     gauge,
     "seconds",
     "Age of the newest snapshot on the disk, in journal time; absent when there is none.",
     {}},
    {"ayni_epoch", gauge, "epoch", "Number of this leadership.", {}},
    {"ayni_leading", gauge, "flags", "1 from the end of replay until the switch stops.", {}},
    {"ayni_apply_seconds_total", counter, "seconds", "Time spent in the ledger.", {}},
    {"ayni_remembered_floor_age_seconds",
     gauge,
     "seconds",
     "How far back a repeat is still recognised: 24 h, less when memory for ids is full.",
     {}},
    {"ayni_ledger_records", gauge, "records", "Records in use, by table.", record_table},
    {"ayni_ledger_records_limit", gauge, "records", "Records that fit, by table.", record_table},
    {"ayni_ledger_looks_missed_total",
     counter,
     "scrapes",
     "Scrapes that got no answer from the ledger in time, and so lack its metrics.",
     {}},
    {"ayni_rpc_requests_total", counter, "requests",
     "Calls answered: succeeded, rejected (a business answer), refused (the caller's fault), shed, "
     "unavailable or failed (ours).",
     rpc_outcome},
    {"ayni_rpc_items_total", counter, "items", "Transfers, accounts and commits in those calls.",
     rpc},
    {"ayni_open_streams", gauge, "streams", "Streams of callers that are open.", {}},
    {"ayni_rpc_duration_seconds", histogram, "seconds",
     "From the arrival of a request to its answer.", rpc},
    {"ayni_admission_in_flight", gauge, "requests", "Items admitted and not yet answered.", {}},
    {"ayni_admission_limit", gauge, "requests", "Items that may be in flight.", {}},
    {"ayni_shed_total", counter, "requests", "Calls refused for load, by class.", shed_class},
    {"ayni_certificate_expiry_seconds",
     gauge,
     "seconds",
     "Until the switch's certificate expires; negative afterwards, absent without TLS.",
     {}},
    {"ayni_process_cpu_seconds_total", counter, "seconds", "Processor time used.", {}},
    {"ayni_process_resident_bytes", gauge, "bytes", "Memory in use.", {}},
    {"ayni_build_info", gauge, "builds", "Always 1; the labels say what is running.", build},
};

constexpr std::array known_reasons{
    std::string_view("AB05"), std::string_view("AB06"), std::string_view("AB08"),
    std::string_view("AC01"), std::string_view("AC03"), std::string_view("AC04"),
    std::string_view("AC06"), std::string_view("AC07"), std::string_view("AC14"),
    std::string_view("AG01"), std::string_view("AG03"), std::string_view("AG10"),
    std::string_view("AM01"), std::string_view("AM02"), std::string_view("AM03"),
    std::string_view("AM04"), std::string_view("AM05"), std::string_view("AM09"),
    std::string_view("AM12"), std::string_view("AM14"), std::string_view("AM21"),
    std::string_view("AM23"), std::string_view("BE01"), std::string_view("BE06"),
    std::string_view("BE23"), std::string_view("CNOR"), std::string_view("DNOR"),
    std::string_view("DS0A"), std::string_view("DT04"), std::string_view("DU03"),
    std::string_view("DU04"), std::string_view("FF01"), std::string_view("FF10"),
    std::string_view("MD07"), std::string_view("MS02"), std::string_view("MS03"),
    std::string_view("RC01"), std::string_view("RR04"), std::string_view("TM01"),
};

}  // namespace

std::span<const telemetry::Metric> metric_table() { return table; }

std::string_view reason_label(std::string_view reason) {
    if (reason.empty()) return "none";
    const auto* const found = std::find(known_reasons.begin(), known_reasons.end(), reason);
    return found == known_reasons.end() ? "other" : *found;
}

}  // namespace ayni::switchd
