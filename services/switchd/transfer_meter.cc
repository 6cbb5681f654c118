#include "switchd/transfer_meter.h"

#include <algorithm>
#include <vector>

#include "base/assert.h"
#include "switchd/metric_table.h"

namespace ayni::switchd {
namespace {

using ledger::TransferState;

std::string_view name_of(TransferState state) {
    switch (state) {
        case TransferState::reserved: return "reserved";
        case TransferState::committed: return "committed";
        case TransferState::aborted: return "aborted";
        case TransferState::rejected: return "rejected";
        case TransferState::returned: return "returned";
    }
    UNREACHABLE("all transfer states are named");
}

/// Whether the payee's institution is at fault is what its availability is counted by.
std::string_view payee_outcome(const ledger::RememberedTransfer& record) {
    if (record.state != TransferState::aborted) return name_of(record.state);
    if (record.reason.view() == "AB05") return "silent";
    if (record.reason.view() == "AB08") return "unreachable";
    return "refused";
}

}  // namespace

void TransferMeter::transfer_changed(const ledger::TransferView& transfer) {
    if (!is_live_) return;
    const auto& record = transfer.record;
    if (record.state == TransferState::reserved) {
        pending_[record.id] = {record.decided_at, false};
        return;
    }
    count(record);
    decided(transfer);
}

void TransferMeter::count(const ledger::RememberedTransfer& record) {
    ++counts_.transfers[{std::string(name_of(record.state)),
                         std::string(reason_label(record.reason.view()))}];
    const bool is_payment = record.type == ledger::TransferType::payment;
    if (is_payment && !record.payee.is_zero() && record.state != TransferState::rejected) {
        ++counts_.participants[{record.payee.value(), std::string(payee_outcome(record))}];
    }
}

void TransferMeter::decided(const ledger::TransferView& transfer) {
    const auto& record = transfer.record;
    const auto found = pending_.find(record.id);
    if (found != pending_.end() && !found->second.is_decided) {
        durations_.observe(record.decided_at - found->second.reserved_at);
    }
    if (transfer.live == nullptr) {
        if (found != pending_.end()) pending_.erase(found);
        return;
    }
    pending_[record.id].is_decided = true;
    unacknowledged_.emplace_back(record.id, record.decided_at);
}

void TransferMeter::outcome_acknowledged(const ledger::TransferView& transfer,
                                         base::ParticipantId) {
    if (is_live_ && transfer.live == nullptr) pending_.erase(transfer.record.id);
}

void TransferMeter::replayed(const ledger::Ledger& ledger) {
    is_live_ = true;
    const auto visit = [](const ledger::TransferView& transfer, void* context) {
        auto* meter = static_cast<TransferMeter*>(context);
        const bool is_decided = transfer.record.state != TransferState::reserved;
        meter->pending_[transfer.record.id] = {transfer.record.decided_at, is_decided};
        if (is_decided) {
            meter->unacknowledged_.emplace_back(transfer.record.id, transfer.record.decided_at);
        }
    };
    ledger.for_each_live(visit, this);
    std::sort(unacknowledged_.begin(), unacknowledged_.end(),
              [](const auto& a, const auto& b) { return a.second < b.second; });
}

void TransferMeter::batch_applied(const ledger::Ledger&) {
    while (!unacknowledged_.empty() && !pending_.contains(unacknowledged_.front().first)) {
        unacknowledged_.pop_front();
    }
}

base::JournalTime TransferMeter::oldest_unacknowledged() const {
    return unacknowledged_.empty() ? base::JournalTime{} : unacknowledged_.front().second;
}

}  // namespace ayni::switchd
