#include "adapter/credentials.h"

#include <fstream>
#include <iterator>

namespace ayni::adapter {
namespace {

struct Pems {
    std::string ca;
    std::string certificate;
    std::string key;
};

base::Result<std::string> read_pem(const std::string& field, const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return base::failure(field, "can not read \"" + path + "\"");
    std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    if (text.find("-----BEGIN ") == std::string::npos) {
        return base::failure(field, "\"" + path + "\" is not a PEM file");
    }
    return text;
}

base::Result<Pems> read_pems(const TlsFiles& files) {
    auto ca = read_pem("ca_file", files.ca_file);
    if (!ca) return tl::unexpected(ca.error());
    auto certificate = read_pem("certificate_file", files.certificate_file);
    if (!certificate) return tl::unexpected(certificate.error());
    auto key = read_pem("key_file", files.key_file);
    if (!key) return tl::unexpected(key.error());
    return Pems{std::move(*ca), std::move(*certificate), std::move(*key)};
}

}  // namespace

base::Result<std::shared_ptr<grpc::ChannelCredentials>> tls_channel_credentials(
    const TlsFiles& files) {
    auto pems = read_pems(files);
    if (!pems) return tl::unexpected(pems.error());
    grpc::SslCredentialsOptions options;
    options.pem_root_certs = std::move(pems->ca);
    options.pem_cert_chain = std::move(pems->certificate);
    options.pem_private_key = std::move(pems->key);
    return grpc::SslCredentials(options);
}

base::Result<std::shared_ptr<grpc::ServerCredentials>> tls_server_credentials(
    const TlsFiles& files) {
    auto pems = read_pems(files);
    if (!pems) return tl::unexpected(pems.error());
    grpc::SslServerCredentialsOptions options(
        GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
    options.pem_root_certs = std::move(pems->ca);
    options.pem_key_cert_pairs.push_back({std::move(pems->key), std::move(pems->certificate)});
    return grpc::SslServerCredentials(options);
}

}  // namespace ayni::adapter
