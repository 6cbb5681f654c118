#include "rpc/transfer_reads.h"

#include <algorithm>

#include "base/mark.h"
#include "rpc/history_failure.h"
#include "rpc/mapping_fields.h"
#include "rpc/mapping_transfer.h"
#include "rpc/page_token.h"

namespace ayni::rpc {
namespace {

/// One transfer on its way into a response.
struct Known {
    ledger::RememberedTransfer record;
    router::Stage stage = router::Stage::finished;
};

ErrorDetail unreadable_journal(Core& core, const base::Error& fault) {
    report_fault(core, fault);
    return internal_error(reason::journal_unreadable, "The journal can not be read.");
}

ErrorDetail unknown_word(Core& core, const history::Entry& entry) {
    return unreadable_history(core, {base::to_string(entry.id), "has an unknown state"});
}

bool is_visible(const Caller& caller, const ledger::RememberedTransfer& record) {
    if (caller.sees_all()) return true;
    return record.initiator == caller.id() || record.payee == caller.id();
}

/// The sequencer's thread. What memory still has is newer than what history says.
void refresh(Core& core, const ledger::Ledger& ledger, Known& known) {
    const auto view = ledger.find_transfer(known.record.id);
    if (!view) return;
    known.record = view->record;
    if (view->live != nullptr) known.stage = core.parts.router.stage_of(known.record.id);
}

std::string code_of(Core& core, const ledger::Ledger& ledger, base::ParticipantId id) {
    if (id.is_zero()) return {};
    const auto* entry = core.participants.find_or_remember(ledger, id);
    return entry == nullptr ? std::string() : entry->code;
}

/// The sequencer's thread: what needs the ledger to be said.
void describe(Core& core, const ledger::Ledger& ledger, const Known& known, v1::Transfer& message) {
    to_message(known.record, message);
    message.set_stage(proto_stage_of(known.stage));
    message.set_payer_participant(code_of(core, ledger, known.record.initiator));
    message.set_payee_participant(code_of(core, ledger, known.record.payee));
    if (known.record.type != ledger::TransferType::payment) return;
    const auto* position = ledger.find_account(ledger::system_account(
        known.record.initiator, ledger::AccountKind::position, base::Currency::pen));
    if (position != nullptr) message.set_window(position->window);
}

/// A thread that may block. The error when the journal can not say what it must.
std::optional<ErrorDetail> read_journalled(Core& core, const ledger::RememberedTransfer& record,
                                           v1::Transfer& message) {
    const auto found = core.parts.commands.read_command(record.created_sequence);
    if (!found) return unreadable_journal(core, found.error());
    if (found->has_value() && add_journalled(record.id, **found, message)) return std::nullopt;
    return unreadable_journal(core,
                              {"sequence " + std::to_string(record.created_sequence.value()),
                               "is not the command of transfer " + base::to_string(record.id)});
}

/// State of one GetTransfer between its steps.
struct Get {
    v1::GetTransferResponse& response;
    base::TransferId id;
    Known known;
    bool is_found = false;
    bool may_be_forgotten = false;    ///< Below the floor: memory need not have it.
    base::Sequence latest_forgotten;  ///< Every transfer that was decided later is in memory.
};

void finish_from_journal(Call& call, Get& get) {
    if (auto error =
            read_journalled(call.core(), get.known.record, *get.response.mutable_transfer())) {
        return call.finish(*error);
    }
    call.finish();
}

/// Memory had no such transfer as of `call.as_of()`. So it was decided up to `latest_forgotten`,
/// and history must be complete up to there to know it as it ended, or it was not decided by then.
void find_in_history(Call& call, const std::shared_ptr<Get>& get) {
    Core& core = call.core();
    const auto found = core.parts.history.find(get->id);
    if (!found) return call.finish(failure_of(core, found.error()));
    if (found->as_of < get->latest_forgotten) {
        MARK("rpc.history_lacks_what_memory_forgot");
        return call.finish(history_behind(found->as_of));
    }
    // Books may be ahead of a switch that follows, whose journal need not have it yet.
    const bool is_known = found->entry && found->entry->created_sequence <= call.as_of();
    if (!is_known) return call.finish(transfer_unknown(call.as_of()));
    const auto record = record_of(*found->entry);
    if (!record) return call.finish(unknown_word(core, *found->entry));
    if (!is_visible(call.caller(), *record)) return call.finish(transfer_unknown(call.as_of()));
    get->known.record = *record;
    call.look(
        [&core, get](const ledger::Ledger& ledger) {
            describe(core, ledger, get->known, *get->response.mutable_transfer());
        },
        [get](Call& described) {
            described.work([get](Call& worker) { finish_from_journal(worker, *get); });
        });
}

void after_memory(Call& call, const std::shared_ptr<Get>& get) {
    get->response.set_as_of_sequence(call.as_of().value());
    if (get->is_found) {
        if (!is_visible(call.caller(), get->known.record)) {
            return call.finish(transfer_unknown(call.as_of()));
        }
        return call.work([get](Call& worker) { finish_from_journal(worker, *get); });
    }
    if (!get->may_be_forgotten) return call.finish(transfer_unknown(call.as_of()));
    call.work_with_history([get](Call& worker) { find_in_history(worker, get); });
}

/// State of one ListTransfers between its steps.
struct List {
    v1::ListTransfersResponse& response;
    base::ParticipantId owner;
    std::string code;
    std::string page_token;
    std::size_t page_size = 0;
    base::Sequence applied;  ///< What this process knows: books may be ahead of one that follows.
    base::Sequence latest_forgotten;
    std::vector<Known> page;
};

/// A thread that may block. History must have what memory has forgotten, and what the page before
/// was made of: books that are being built again have neither.
std::optional<ErrorDetail> read_page(Core& core, base::Sequence before, List& list) {
    const auto listed = core.parts.history.list(list.owner, before, list.page_size);
    if (!listed) return failure_of(core, listed.error());
    const bool is_further_page = before <= list.applied;
    if (listed->as_of < list.latest_forgotten || (is_further_page && listed->as_of < before)) {
        return history_behind(listed->as_of);
    }
    list.response.set_as_of_sequence(std::min(listed->as_of, list.applied).value());
    for (const history::Entry& entry : listed->entries) {
        const auto record = record_of(entry);
        if (!record) return unknown_word(core, entry);
        list.page.push_back({*record});
        if (auto error = read_journalled(core, *record, *list.response.add_transfers()))
            return error;
    }
    if (listed->entries.size() == list.page_size) {
        list.response.set_next_page_token(
            make_page_token(Listing::transfers, list.owner.value(),
                            listed->entries.back().created_sequence.value()));
    }
    return std::nullopt;
}

void describe_page(Core& core, const ledger::Ledger& ledger, List& list) {
    for (std::size_t i = 0; i < list.page.size(); ++i) {
        refresh(core, ledger, list.page[i]);
        describe(core, ledger, list.page[i], *list.response.mutable_transfers(static_cast<int>(i)));
    }
}

void list_page(Call& call, const std::shared_ptr<List>& list) {
    base::Sequence before = list->applied.next();
    if (!list->page_token.empty()) {
        const auto position =
            read_page_token(list->page_token, Listing::transfers, list->owner.value());
        if (!position) {
            Violations wrong;
            wrong.add("page_token", "must be from an earlier response of the same listing");
            return call.finish(malformed_request(std::move(wrong)));
        }
        before = std::min(before, base::Sequence(*position));
    }
    call.work_with_history([list, before](Call& worker) {
        Core& core = worker.core();
        if (auto error = read_page(core, before, *list)) return worker.finish(*error);
        worker.look(
            [&core, list](const ledger::Ledger& ledger) { describe_page(core, ledger, *list); },
            [list](Call& described) { described.finish(); });
    });
}

}  // namespace

void get_transfer(Call& call, const v1::GetTransferRequest& request,
                  v1::GetTransferResponse& response) {
    Violations wrong;
    const auto id = check_transfer_id(request.transfer_id(), "transfer_id", wrong);
    if (!id) return call.finish(malformed_request(std::move(wrong)));
    const auto get = std::make_shared<Get>(
        Get{.response = response, .id = *id, .known = {}, .latest_forgotten = {}});
    get->known.record.id = *id;
    Core& core = call.core();
    call.look(
        [&core, get](const ledger::Ledger& ledger) {
            get->is_found = ledger.find_transfer(get->id).has_value();
            get->may_be_forgotten = get->id.time_ms() < ledger.floor_ms();
            get->latest_forgotten = ledger.latest_forgotten();
            if (!get->is_found) return;
            refresh(core, ledger, get->known);
            describe(core, ledger, get->known, *get->response.mutable_transfer());
        },
        [get](Call& looked) { after_memory(looked, get); });
}

void list_transfers(Call& call, const v1::ListTransfersRequest& request,
                    v1::ListTransfersResponse& response) {
    Violations wrong;
    const bool names_itself = request.participant().empty() && !call.caller().sees_all();
    if (!names_itself) check_code(request.participant(), "participant", wrong);
    const auto page_size = check_page_size(request.page_size(), wrong);
    if (!wrong.empty()) return call.finish(malformed_request(std::move(wrong)));
    const std::string& code = names_itself ? call.caller().name : request.participant();
    if (!call.caller().sees_all() && code != call.caller().name) {
        return call.finish(permission_denied("A participant lists its own transfers only."));
    }
    const auto list = std::make_shared<List>(List{.response = response,
                                                  .owner = {},
                                                  .code = code,
                                                  .page_token = request.page_token(),
                                                  .page_size = *page_size,
                                                  .applied = {},
                                                  .latest_forgotten = {},
                                                  .page = {}});
    Core& core = call.core();
    call.look(
        [&core, list](const ledger::Ledger& ledger) {
            const auto* entry = core.participants.find_or_remember(ledger, list->code);
            if (entry != nullptr) list->owner = entry->id;
            list->applied = ledger.last_sequence();
            list->latest_forgotten = ledger.latest_forgotten();
        },
        [list](Call& looked) {
            if (!list->owner.is_zero()) return list_page(looked, list);
            looked.finish(error_of(ledger::Status::participant_unknown, looked.as_of()));
        });
}

}  // namespace ayni::rpc
