#include "rpc/credentials.h"

#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>

#include <fstream>
#include <iterator>
#include <string>

namespace ayni::rpc {
namespace {

constexpr unsigned watch_interval_seconds = 2;

base::Result<void> check_pem(const char* field, const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return base::failure(field, "can not read \"" + path.string() + "\"");
    const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    if (text.find("-----BEGIN ") == std::string::npos) {
        return base::failure(field, "\"" + path.string() + "\" is not a PEM file");
    }
    return {};
}

}  // namespace

base::Result<std::shared_ptr<grpc::ServerCredentials>> server_credentials(const Options& options) {
    if (auto checked = check_pem("ca_file", options.ca_file); !checked) {
        return tl::unexpected(checked.error());
    }
    if (auto checked = check_pem("certificate_file", options.certificate_file); !checked) {
        return tl::unexpected(checked.error());
    }
    if (auto checked = check_pem("key_file", options.key_file); !checked) {
        return tl::unexpected(checked.error());
    }
    namespace tls = grpc::experimental;
    const auto provider = std::make_shared<tls::FileWatcherCertificateProvider>(
        options.key_file.string(), options.certificate_file.string(), options.ca_file.string(),
        watch_interval_seconds);
    tls::TlsServerCredentialsOptions credentials(provider);
    credentials.watch_root_certs();
    credentials.watch_identity_key_cert_pairs();
    credentials.set_cert_request_type(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
    return tls::TlsServerCredentials(credentials);
}

bool is_loopback(std::string_view listen) {
    const std::size_t colon = listen.rfind(':');
    if (colon == std::string_view::npos) return false;
    const std::string_view host = listen.substr(0, colon);
    return host == "localhost" || host == "[::1]" || host.substr(0, 4) == "127.";
}

}  // namespace ayni::rpc
