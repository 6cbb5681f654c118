#include "config/switch_config.h"

#include <fmt/format.h>

#include <set>

#include "config/keys.h"
#include "config/reader.h"

namespace ayni::config {
namespace {

Result<SwitchConfig::Participant> read_participant(const Reader& reader, const toml::table& table) {
    SwitchConfig::Participant participant;
    std::set<std::string_view> given;
    for (const auto& [name, node] : table) {
        const std::string full_name = fmt::format("participants.{}", name.str());
        const auto* key = find_key(participant_keys(), full_name);
        if (key == nullptr) return reader.failure(name.source(), full_name, "is not a key");
        if (auto done = reader.read(*key, node, participant); !done) {
            return tl::unexpected(done.error());
        }
        given.insert(key->name);
    }
    const bool is_gateway = participant.style == LinkStyle::gateway;
    constexpr std::string_view endpoint = "participants.endpoint";
    if (is_gateway && given.contains(endpoint)) {
        return reader.failure(table.source(), endpoint,
                              "makes no sense with style = \"gateway\": it is not called");
    }
    for (const auto& key : participant_keys()) {
        const bool is_optional =
            key.name == "participants.style" || (is_gateway && key.name == endpoint);
        if (!is_optional && !given.contains(key.name)) {
            return reader.failure(table.source(), key.name, "is missing");
        }
    }
    return participant;
}

Result<void> read_participants(const Reader& reader, const toml::key& name, const toml::node& node,
                               SwitchConfig& config) {
    const toml::array* entries = node.as_array();
    if (entries == nullptr) {
        return reader.failure(name.source(), "participants", "must be [[participants]] sections");
    }
    for (const toml::node& entry : *entries) {
        const toml::table* table = entry.as_table();
        if (table == nullptr) {
            return reader.failure(entry.source(), "participants",
                                  "must be [[participants]] sections");
        }
        auto participant = read_participant(reader, *table);
        if (!participant) return tl::unexpected(participant.error());
        for (const auto& other : config.participants) {
            if (other.id == participant->id) {
                return reader.failure(table->source(), "participants.id", "is given twice");
            }
            if (other.code == participant->code) {
                return reader.failure(table->source(), "participants.code", "is given twice");
            }
        }
        config.participants.push_back(std::move(*participant));
    }
    return {};
}

/// Values that are each in bounds and make no sense together. The line is that of the section, or
/// of the file's start when the section is not there.
Result<void> check_together(const Reader& reader, const toml::table& root,
                            const SwitchConfig& config) {
    const auto failure = [&](std::string_view section, std::string_view key, std::string message) {
        const toml::node* node = root.get(section);
        return reader.failure(node != nullptr ? node->source() : root.source(), key,
                              std::move(message));
    };
    if (config.router.retell_at_most_milliseconds < config.router.retell_after_milliseconds) {
        return failure("router", "router.retell_at_most_milliseconds",
                       "must not be less than router.retell_after_milliseconds");
    }
    if (config.ledger.remembered_transfers < 2 * config.ledger.live_transfers) {
        return failure("ledger", "ledger.remembered_transfers",
                       "must be at least twice ledger.live_transfers");
    }
    if (config.ledger.participants < config.participants.size() + 1) {
        return failure("ledger", "ledger.participants", "is less than the [[participants]] listed");
    }
    if (config.ledger.accounts < 6 * config.ledger.participants) {
        return failure("ledger", "ledger.accounts",
                       "must be at least six times ledger.participants");
    }
    if (config.tls.insecure_loopback &&
        !(is_loopback(config.grpc.listen) && is_loopback(config.metrics.listen))) {
        return failure("tls", "tls.insecure_loopback",
                       "is refused unless grpc.listen and metrics.listen are loopback addresses");
    }
    return {};
}

}  // namespace

Result<SwitchConfig> parse_switch_config(std::string_view text, const std::filesystem::path& file) {
    const Reader reader(file);
    const auto parsed = parse_toml(reader, text, file);
    if (!parsed) return tl::unexpected(parsed.error());
    SwitchConfig config;
    for (const auto& [name, node] : *parsed) {
        auto done = name.str() == "participants"
                        ? read_participants(reader, name, node, config)
                        : read_section(reader, switch_keys(), name, node, config);
        if (!done) return tl::unexpected(done.error());
    }
    if (auto done = check_together(reader, *parsed, config); !done) {
        return tl::unexpected(done.error());
    }
    return config;
}

Result<SwitchConfig> read_switch_config(const std::filesystem::path& file) {
    const auto text = read_text(file);
    if (!text) return tl::unexpected(text.error());
    return parse_switch_config(*text, file);
}

bool is_loopback(std::string_view listen) {
    const std::string_view host = listen.substr(0, listen.rfind(':'));
    if (host == "localhost" || host == "[::1]") return true;
    // 127.0.0.0/8, as four numbers and nothing else: a name may start in "127.", too.
    return host.starts_with("127.") &&
           host.find_first_not_of("0123456789.") == std::string_view::npos;
}

}  // namespace ayni::config
