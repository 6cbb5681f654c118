#include "rpc/transfer_reads.h"

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

void report(Core& core, const base::Error& fault) {
    if (core.options.report_fault) core.options.report_fault(fault);
}

ErrorDetail unreadable_journal(Core& core, const base::Error& fault) {
    report(core, fault);
    return internal_error(reason::journal_unreadable, "The journal can not be read.");
}

ErrorDetail unreadable_history(Core& core, const base::Error& fault) {
    report(core, fault);
    return internal_error(reason::history_unreadable, "The history can not be read.");
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
    bool is_forgotten = false;  ///< Below the floor: memory need not have it.
};

void finish_from_journal(Call& call, Get& get) {
    if (auto error =
            read_journalled(call.core(), get.known.record, *get.response.mutable_transfer())) {
        return call.finish(*error);
    }
    call.finish();
}

void find_in_history(Call& call, const std::shared_ptr<Get>& get) {
    const history::History& history = call.core().parts.history;
    const base::Sequence as_of = history.as_of();
    const auto entry = history.find(get->id);
    if (!entry) return call.finish(unreadable_history(call.core(), entry.error()));
    const auto record = entry->has_value() ? record_of(**entry) : std::nullopt;
    if (!record || !is_visible(call.caller(), *record)) return call.finish(transfer_unknown(as_of));
    get->known.record = *record;
    Core& core = call.core();
    call.look(
        [&core, get](const ledger::Ledger& ledger) {
            describe(core, ledger, get->known, *get->response.mutable_transfer());
        },
        [get](Call& found) {
            found.work([get](Call& worker) { finish_from_journal(worker, *get); });
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
    if (!get->is_forgotten) return call.finish(transfer_unknown(call.as_of()));
    call.work([get](Call& worker) { find_in_history(worker, get); });
}

/// State of one ListTransfers between its steps.
struct List {
    v1::ListTransfersResponse& response;
    base::ParticipantId owner;
    std::string code;
    std::string page_token;
    std::size_t page_size = 0;
    std::vector<Known> page;
};

/// A thread that may block.
std::optional<ErrorDetail> read_page(Core& core, base::Sequence before, List& list) {
    list.response.set_as_of_sequence(core.parts.history.as_of().value());
    const auto entries = core.parts.history.list(list.owner, before, list.page_size);
    if (!entries) return unreadable_history(core, entries.error());
    for (const history::Entry& entry : *entries) {
        const auto record = record_of(entry);
        if (!record) {
            return unreadable_history(core, {base::to_string(entry.id), "has an unknown state"});
        }
        list.page.push_back({*record});
        if (auto error = read_journalled(core, *record, *list.response.add_transfers()))
            return error;
    }
    if (entries->size() == list.page_size) {
        list.response.set_next_page_token(make_page_token(
            Listing::transfers, list.owner.value(), entries->back().created_sequence.value()));
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
    base::Sequence before;
    if (!list->page_token.empty()) {
        const auto position =
            read_page_token(list->page_token, Listing::transfers, list->owner.value());
        if (!position) {
            Violations wrong;
            wrong.add("page_token", "must be from an earlier response of the same listing");
            return call.finish(malformed_request(std::move(wrong)));
        }
        before = base::Sequence(*position);
    }
    call.work([list, before](Call& worker) {
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
    const auto get = std::make_shared<Get>(Get{response, *id, {}, false, false});
    get->known.record.id = *id;
    Core& core = call.core();
    call.look(
        [&core, get](const ledger::Ledger& ledger) {
            get->is_found = ledger.find_transfer(get->id).has_value();
            get->is_forgotten = get->id.time_ms() < ledger.floor_ms();
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
    const auto list = std::make_shared<List>(
        List{response, base::ParticipantId(), code, request.page_token(), *page_size, {}});
    Core& core = call.core();
    call.look(
        [&core, list](const ledger::Ledger& ledger) {
            const auto* entry = core.participants.find_or_remember(ledger, list->code);
            if (entry != nullptr) list->owner = entry->id;
        },
        [list](Call& looked) {
            if (!list->owner.is_zero()) return list_page(looked, list);
            looked.finish(error_of(ledger::Status::participant_unknown, looked.as_of()));
        });
}

}  // namespace ayni::rpc
