#include "ayctl/connection.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <filesystem>

#include "adapter/credentials.h"
#include "ayctl/files.h"
#include "ayctl/x509.h"

namespace ayni::ayctl {
namespace {

constexpr const char* identity_metadata_key = "x-ayni-identity";
constexpr std::string_view uri_prefix = "spiffe://ayni/";
constexpr std::size_t max_pem_bytes = 1 << 16;
constexpr int reconnect_at_first_ms = 100;
constexpr int reconnect_at_most_ms = 2'000;
constexpr int connect_within_ms = 5'000;

base::Result<adapter::TlsFiles> files_of(const GlobalOptions& global) {
    if (!global.certificates_directory.empty()) {
        if (global.identity_name.empty()) {
            return base::failure("--as", "it is missing: whose certificate of --certs to use");
        }
        const std::filesystem::path directory = global.certificates_directory;
        return adapter::TlsFiles{
            .ca_file = (directory / "ca.pem").string(),
            .certificate_file = (directory / (global.identity_name + ".pem")).string(),
            .key_file = (directory / (global.identity_name + ".key")).string()};
    }
    if (global.ca_file.empty() || global.certificate_file.empty() || global.key_file.empty()) {
        return base::failure("--certs",
                             "give --certs DIRECTORY and --as NAME, or --ca, --cert and --key");
    }
    return adapter::TlsFiles{.ca_file = global.ca_file,
                             .certificate_file = global.certificate_file,
                             .key_file = global.key_file};
}

struct RoleAndName {
    std::string role;
    std::string name;
};

base::Result<RoleAndName> split(std::string_view text, const std::string& where) {
    const std::size_t slash = text.find('/');
    if (slash == 0 || slash == std::string_view::npos || slash + 1 == text.size() ||
        text.find('/', slash + 1) != std::string_view::npos) {
        return base::failure(where, "\"" + std::string(text) + "\" is not ROLE/NAME");
    }
    return RoleAndName{std::string(text.substr(0, slash)), std::string(text.substr(slash + 1))};
}

base::Result<RoleAndName> identity_in(const std::string& certificate_file) {
    const auto pem = read_file(certificate_file, max_pem_bytes);
    if (!pem) return tl::unexpected(pem.error());
    const Certificate certificate = certificate_of_pem(*pem);
    if (certificate == nullptr) {
        return base::failure(certificate_file, "it is not a certificate in PEM");
    }
    const std::string uri = uri_of(certificate.get());
    if (!uri.starts_with(uri_prefix)) {
        return base::failure(certificate_file, "it has no URI spiffe://ayni/ROLE/NAME");
    }
    return split(std::string_view(uri).substr(uri_prefix.size()), certificate_file);
}

}  // namespace

base::Result<Connection> Connection::open(const GlobalOptions& global) {
    Connection connection;
    connection.timeout_ =
        std::chrono::milliseconds(static_cast<std::int64_t>(global.timeout_seconds * 1'000));
    std::shared_ptr<grpc::ChannelCredentials> credentials;
    base::Result<RoleAndName> identity;
    if (!global.insecure_identity.empty()) {
        connection.insecure_identity_ = global.insecure_identity;
        identity = split(global.insecure_identity, "--insecure-identity");
        credentials = grpc::InsecureChannelCredentials();
    } else {
        const auto files = files_of(global);
        if (!files) return tl::unexpected(files.error());
        auto made = adapter::tls_channel_credentials(*files);
        if (!made) return tl::unexpected(made.error());
        credentials = std::move(*made);
        identity = identity_in(files->certificate_file);
    }
    if (!identity) return tl::unexpected(identity.error());
    connection.role_ = std::move(identity->role);
    connection.name_ = std::move(identity->name);

    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, reconnect_at_first_ms);
    // In spite of its name: how long one attempt, its handshake included, may take at least.
    arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, connect_within_ms);
    arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, reconnect_at_most_ms);
    // The switch is named by its address; a proxy of the environment is for other things.
    arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
    connection.channel_ = grpc::CreateCustomChannel(global.switch_address, credentials, arguments);
    return connection;
}

void Connection::prepare(grpc::ClientContext& context) const {
    if (!insecure_identity_.empty()) {
        context.AddMetadata(identity_metadata_key, insecure_identity_);
    }
}

}  // namespace ayni::ayctl
