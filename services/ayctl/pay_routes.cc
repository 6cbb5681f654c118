#include "ayctl/pay_routes.h"

#include <fmt/format.h>

#include "ayni/v1/admin_service.grpc.pb.h"

namespace ayni::ayctl {
namespace {

constexpr std::size_t entity_digits = 3;

bool is_entity_code(std::string_view text) {
    return text.size() == entity_digits &&
           text.find_first_not_of("0123456789") == std::string_view::npos && text != "000";
}

}  // namespace

base::Result<Routes> parse_routes(const std::vector<std::string>& texts) {
    Routes routes;
    for (const std::string& text : texts) {
        const std::size_t equals = text.find('=');
        const std::string entity = text.substr(0, equals);
        if (equals == std::string::npos || !is_entity_code(entity) || equals + 1 == text.size()) {
            return base::failure("--routes",
                                 "\"" + text + "\" is not ENTITY=PARTICIPANT, as 002=yape");
        }
        const auto code = static_cast<std::uint16_t>(std::stoul(entity));
        if (!routes.emplace(code, text.substr(equals + 1)).second) {
            return base::failure("--routes", "entity " + entity + " is named twice");
        }
    }
    return routes;
}

grpc::Status fetch_routes(const Connection& connection, std::chrono::milliseconds patience,
                          Routes& routes) {
    v1::ListParticipantsRequest request;
    request.set_page_size(1'000);
    do {
        v1::ListParticipantsResponse page;
        const auto status = connection.call_patiently(&v1::AdminService::Stub::ListParticipants,
                                                      request, page, patience);
        if (!status.ok()) return status;
        for (const auto& participant : page.participants()) {
            if (participant.entity_code() == 0) continue;
            routes.emplace(static_cast<std::uint16_t>(participant.entity_code()),
                           participant.code());
        }
        request.set_page_token(page.next_page_token());
    } while (!request.page_token().empty());
    return grpc::Status::OK;
}

std::vector<std::string> missing_routes(const disbursement::PaymentFile& file,
                                        const Routes& routes) {
    struct Missing {
        std::size_t first_line = 0;
        std::size_t payments = 0;
    };
    std::map<std::uint16_t, Missing> missing;
    for (const auto& instruction : file.instructions) {
        if (routes.contains(instruction.entity_code)) continue;
        Missing& one = missing[instruction.entity_code];
        if (one.payments++ == 0) one.first_line = instruction.line;
    }
    std::vector<std::string> sentences;
    for (const auto& [entity, one] : missing) {
        sentences.push_back(
            fmt::format("line {}: AGNT: no participant has the entity code {:03} ({} payments)",
                        one.first_line, entity, one.payments));
    }
    return sentences;
}

}  // namespace ayni::ayctl
