#include "config/switch_config.h"

#include <fmt/format.h>

#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <sstream>

#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#include <toml++/toml.h>

#include "config/keys.h"
#include "config/toml_guard.h"

namespace ayni::config {
namespace {

using base::Error;
using base::Result;

/// Reads the nodes of one file into their places and remembers where each stood.
class Reader {
public:
    explicit Reader(const std::filesystem::path& file) : file_(file) {}

    template <typename Owner>
    Result<void> read(const Key<Owner>& key, const toml::node& node, Owner& owner) const {
        return std::visit([&](auto place) { return read_into(key, node, place(owner)); },
                          key.target);
    }

    [[nodiscard]] tl::unexpected<Error> failure(const toml::source_region& where,
                                                std::string_view key, std::string message) const {
        return base::failure(fmt::format("{}:{}: {}", file_.string(), where.begin.line, key),
                             std::move(message));
    }

private:
    template <typename Owner>
    Result<void> read_into(const Key<Owner>& key, const toml::node& node,
                           std::string& value) const {
        const auto text = node.value_exact<std::string>();
        if (!text) return wrong_type(key, node, "text in quotes");
        const std::string what = violation(key.rule, *text);
        if (!what.empty()) return failure(node.source(), key.name, what + ", not \"" + *text + '"');
        value = *text;
        return {};
    }

    template <typename Owner>
    Result<void> read_into(const Key<Owner>& key, const toml::node& node,
                           std::filesystem::path& value) const {
        const auto text = node.value_exact<std::string>();
        if (!text) return wrong_type(key, node, "a path in quotes");
        if (text->empty()) return failure(node.source(), key.name, "must not be empty");
        if (text->find('\0') != std::string::npos) {
            return failure(node.source(), key.name, "must not hold a zero byte");
        }
        value = file_.parent_path() / *text;  // an absolute path replaces the folder
        return {};
    }

    template <typename Owner>
    Result<void> read_into(const Key<Owner>& key, const toml::node& node,
                           std::uint64_t& value) const {
        const auto number = node.value_exact<std::int64_t>();
        if (!number) return wrong_type(key, node, "an integer");
        if (*number < 0 || static_cast<std::uint64_t>(*number) < key.minimum ||
            static_cast<std::uint64_t>(*number) > key.maximum) {
            return failure(
                node.source(), key.name,
                fmt::format("must be {} to {}, not {}", key.minimum, key.maximum, *number));
        }
        value = static_cast<std::uint64_t>(*number);
        return {};
    }

    template <typename Owner>
    Result<void> read_into(const Key<Owner>& key, const toml::node& node, bool& value) const {
        const auto flag = node.value_exact<bool>();
        if (!flag) return wrong_type(key, node, "true or false");
        value = *flag;
        return {};
    }

    template <typename Owner>
    Result<void> read_into(const Key<Owner>& key, const toml::node& node, LinkStyle& value) const {
        const auto text = node.value_exact<std::string>();
        if (!text || (*text != "session" && *text != "unary")) {
            return failure(node.source(), key.name, "must be \"session\" or \"unary\"");
        }
        value = *text == "session" ? LinkStyle::session : LinkStyle::unary;
        return {};
    }

    template <typename Owner>
    [[nodiscard]] tl::unexpected<Error> wrong_type(const Key<Owner>& key, const toml::node& node,
                                                   std::string_view wanted) const {
        std::ostringstream type;
        type << node.type();
        return failure(node.source(), key.name,
                       fmt::format("must be {}, not a TOML {}", wanted, type.str()));
    }

    std::filesystem::path file_;
};

template <typename Owner>
const Key<Owner>* find_key(std::span<const Key<Owner>> keys, std::string_view name) {
    for (const auto& key : keys) {
        if (key.name == name) return &key;
    }
    return nullptr;
}

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
    for (const auto& key : participant_keys()) {
        const bool is_optional = key.name == "participants.style";
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

Result<void> read_section(const Reader& reader, const toml::key& section, const toml::node& node,
                          SwitchConfig& config) {
    const toml::table* table = node.as_table();
    if (table == nullptr) {
        return reader.failure(section.source(), section.str(), "is not a key; all are in sections");
    }
    for (const auto& [name, value] : *table) {
        const std::string full_name = fmt::format("{}.{}", section.str(), name.str());
        const auto* key = find_key(switch_keys(), full_name);
        if (key == nullptr) return reader.failure(name.source(), full_name, "is not a key");
        if (auto done = reader.read(*key, value, config); !done) return done;
    }
    const std::string prefix = fmt::format("{}.", section.str());
    for (const auto& key : switch_keys()) {
        if (key.name.starts_with(prefix)) return {};
    }
    return reader.failure(section.source(), section.str(), "is not a section");
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
    if (const auto fault = find_toml_fault(text)) {
        return base::failure(fmt::format("{}:{}: TOML", file.string(), fault->line),
                             fault->message);
    }
    const Reader reader(file);
    const toml::parse_result parsed = toml::parse(text, file.string());
    if (!parsed) {
        return reader.failure(parsed.error().source(), "TOML",
                              std::string(parsed.error().description()));
    }
    SwitchConfig config;
    for (const auto& [name, node] : parsed.table()) {
        auto done = name.str() == "participants" ? read_participants(reader, name, node, config)
                                                 : read_section(reader, name, node, config);
        if (!done) return tl::unexpected(done.error());
    }
    if (auto done = check_together(reader, parsed.table(), config); !done) {
        return tl::unexpected(done.error());
    }
    return config;
}

Result<SwitchConfig> read_switch_config(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    std::ostringstream text;
    if (stream) text << stream.rdbuf();
    if (!stream) return base::failure(file.string(), "can not be read");
    return parse_switch_config(text.str(), file);
}

bool is_loopback(std::string_view listen) {
    const std::string_view host = listen.substr(0, listen.rfind(':'));
    if (host == "localhost" || host == "[::1]") return true;
    // 127.0.0.0/8, as four numbers and nothing else: a name may start in "127.", too.
    return host.starts_with("127.") &&
           host.find_first_not_of("0123456789.") == std::string_view::npos;
}

}  // namespace ayni::config
