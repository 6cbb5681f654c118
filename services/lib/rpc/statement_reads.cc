#include "rpc/statement_reads.h"

#include "base/mark.h"
#include "rpc/history_failure.h"
#include "rpc/mapping_fields.h"
#include "rpc/mapping_ledger.h"
#include "rpc/mapping_statement.h"

namespace ayni::rpc {
namespace {

/// State of one GetStatement between its steps.
struct Reading {
    v1::GetStatementResponse& response;
    AskedStatement asked;
    std::string code;
    std::string page_token;

    base::ParticipantId owner;
    std::optional<ledger::Account> account;
    history::StatementQuery query;
};

/// The sequencer's thread.
void find_account(Core& core, const ledger::Ledger& ledger, Reading& reading) {
    const auto* entry = core.participants.find_or_remember(ledger, reading.code);
    if (entry == nullptr) return;
    reading.owner = entry->id;
    const AskedStatement& asked = reading.asked;
    const ledger::Account* account = ledger.find_account(
        asked.account.is_zero() ? ledger::system_account(entry->id, asked.kind, asked.currency)
                                : asked.account);
    if (account != nullptr && account->owner == entry->id) reading.account = *account;
}

/// Whether the books may lack something that the statement must have: what its first page had, or,
/// with the first page, what was posted before the period and is in its opening balance.
bool is_behind(const history::StatementPage& page, const history::StatementQuery& query,
               base::Sequence applied) {
    if (!query.is_first_page()) return page.books < query.as_of;
    return page.books < applied && page.books_time < query.start;
}

void describe(const Reading& reading, const history::StatementPage& page,
              v1::StatementSummary& message) {
    to_message(*page.summary, message);
    message.set_participant(reading.code);
    message.set_account_id(reading.account->id.value());
    message.set_account_kind(proto_kind_of(reading.account->kind));
    message.set_currency_code(std::string(base::to_string(reading.account->currency)));
    to_message(reading.query.start, *message.mutable_start_time());
    to_message(reading.query.end, *message.mutable_end_time());
    // Time never goes back: what comes next is not before the end.
    message.set_complete(page.books_time >= reading.query.end);
}

/// A thread that may block.
void read_page(Call& call, Reading& reading) {
    const auto page = call.core().parts.statements->read(reading.query);
    if (!page) return call.finish(failure_of(call.core(), page.error()));
    if (is_behind(*page, reading.query, call.as_of())) {
        MARK("rpc.books_lack_the_statement");
        return call.finish(history_behind(page->books));
    }
    v1::GetStatementResponse& response = reading.response;
    const base::Sequence as_of = reading.query.is_first_page() ? page->books : reading.query.as_of;
    response.set_as_of_sequence(as_of.value());
    if (page->summary) describe(reading, *page, *response.mutable_summary());
    for (const history::StatementEntry& entry : page->entries) {
        to_message(entry, *response.add_entries());
    }
    if (page->has_more) {
        response.set_next_page_token(statement_token(reading.owner.value(), reading.query, as_of,
                                                     page->entries.back().place));
    }
    call.finish();
}

void with_account(Call& call, const std::shared_ptr<Reading>& reading) {
    if (reading->owner.is_zero()) {
        return call.finish(error_of(ledger::Status::participant_unknown, call.as_of()));
    }
    if (!reading->account) return call.finish(account_unknown(call.as_of()));
    reading->query.account = reading->account->id;
    reading->query.start = reading->asked.period.start;
    reading->query.end = reading->asked.period.end;
    reading->query.limit = reading->asked.page_size;
    if (!reading->page_token.empty() &&
        !read_statement_token(reading->page_token, reading->owner.value(), reading->query)) {
        Violations wrong;
        wrong.add("page_token", "must be from an earlier response of the same statement");
        return call.finish(malformed_request(std::move(wrong)));
    }
    if (call.core().parts.statements == nullptr) return call.finish(statements_not_configured());
    call.work_with_history([reading](Call& worker) { read_page(worker, *reading); });
}

}  // namespace

void get_statement(Call& call, const v1::GetStatementRequest& request,
                   v1::GetStatementResponse& response) {
    Core& core = call.core();
    const Caller& caller = call.caller();
    Violations wrong;
    const bool names_itself = request.participant().empty() && !caller.sees_all();
    if (!names_itself) check_code(request.participant(), "participant", wrong);
    const base::JournalTime now{core.parts.clock.wall().count()};
    const auto asked = statement_of(request, now, wrong);
    if (!wrong.empty()) return call.finish(malformed_request(std::move(wrong)));
    const std::string& code = names_itself ? caller.name : request.participant();
    if (!caller.sees_all() && code != caller.name) {
        return call.finish(permission_denied("A participant reads its own statements only."));
    }
    const auto reading = std::make_shared<Reading>(Reading{.response = response,
                                                           .asked = *asked,
                                                           .code = code,
                                                           .page_token = request.page_token(),
                                                           .owner = {},
                                                           .account = {},
                                                           .query = {}});
    call.look(
        [&core, reading](const ledger::Ledger& ledger) { find_account(core, ledger, *reading); },
        [reading](Call& looked) { with_account(looked, reading); });
}

}  // namespace ayni::rpc
