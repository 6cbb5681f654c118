#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "unit/rpc/switch_fixture.h"

namespace ayni::test {
namespace {

namespace fs = std::filesystem;

/// A CA and certificates for this process, made with the openssl program.
class Certificates {
public:
    Certificates() {
        std::string pattern = (fs::temp_directory_path() / "ayni-tls-XXXXXX").string();
        directory_ = ::mkdtemp(pattern.data());
        run("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1"
            " -subj /CN=test-ca -keyout ca.key -out ca.pem");
        issue("switch", "IP:127.0.0.1,URI:spiffe://ayni/switch/ayni");
        issue("yape", "URI:spiffe://ayni/participant/yape");
        issue("ana", "URI:spiffe://ayni/operator/ana");
        issue("rosa", "URI:spiffe://ayni/auditor/rosa");
    }
    ~Certificates() { fs::remove_all(directory_); }

    [[nodiscard]] fs::path path(const std::string& name) const { return directory_ / name; }
    [[nodiscard]] std::string read(const std::string& name) const {
        std::ifstream file(path(name));
        return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    }
    /// The exit status.
    int run(const std::string& command) const {
        const std::string whole =
            "cd " + directory_.string() + " && " + command + " </dev/null >>openssl.log 2>&1";
        return std::system(whole.c_str());
    }

private:
    void issue(const std::string& name, const std::string& names) const {
        std::ofstream(path(name + ".ext")) << "subjectAltName=" << names << "\n";
        run("openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=" + name +
            " -keyout " + name + ".key -out " + name + ".csr");
        run("openssl x509 -req -days 1 -CA ca.pem -CAkey ca.key -CAcreateserial -in " + name +
            ".csr -extfile " + name + ".ext -out " + name + ".pem");
    }

    fs::path directory_;
};

const Certificates& certificates() {
    static const Certificates made;
    return made;
}

class TlsTest : public SwitchFixture {
protected:
    static rpc::Options secure() {
        rpc::Options options;
        options.listen = "127.0.0.1:0";
        options.ca_file = certificates().path("ca.pem");
        options.certificate_file = certificates().path("switch.pem");
        options.key_file = certificates().path("switch.key");
        return options;
    }
    TlsTest() : SwitchFixture(secure()) {}
    void SetUp() override {}

    std::shared_ptr<grpc::Channel> channel_as(const std::string& name) const {
        grpc::SslCredentialsOptions options;
        options.pem_root_certs = certificates().read("ca.pem");
        if (!name.empty()) {
            options.pem_cert_chain = certificates().read(name + ".pem");
            options.pem_private_key = certificates().read(name + ".key");
        }
        return grpc::CreateChannel(address(), grpc::SslCredentials(options));
    }
    grpc::Status ledger_status(const std::string& name) const {
        grpc::ClientContext context;
        v1::GetLedgerStatusResponse response;
        return v1::AdminService::NewStub(channel_as(name))
            ->GetLedgerStatus(&context, {}, &response);
    }
    int s_client(const std::string& version) const {
        return certificates().run("openssl s_client -connect " + address() + " " + version +
                                  " -CAfile ca.pem -cert ana.pem -key ana.key -alpn h2");
    }
};

TEST_F(TlsTest, TheCertificatesUriIsTheCaller) {
    EXPECT_TRUE(ledger_status("ana").ok());
    EXPECT_TRUE(ledger_status("rosa").ok());
    EXPECT_EQ(fault_of(ledger_status("yape")).reason, "PERMISSION_DENIED");
}

TEST_F(TlsTest, MetadataIsNotBelieved) {
    grpc::ClientContext context;
    context.AddMetadata("x-ayni-identity", "operator/ana");
    v1::GetLedgerStatusResponse response;
    EXPECT_EQ(v1::AdminService::NewStub(channel_as("yape"))
                  ->GetLedgerStatus(&context, {}, &response)
                  .error_code(),
              grpc::StatusCode::PERMISSION_DENIED);
}

TEST_F(TlsTest, WithoutACertificateTheHandshakeFails) {
    EXPECT_EQ(ledger_status("").error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(TlsTest, OlderThanTls13IsRefused) {
    EXPECT_EQ(s_client("-tls1_3"), 0);
    EXPECT_NE(s_client("-tls1_2"), 0);
}

TEST(TlsFiles, MissingFileIsNamed) {
    auto options = rpc::Options();
    options.listen = "127.0.0.1:0";
    options.ca_file = certificates().path("ca.pem");
    options.certificate_file = certificates().path("nothing.pem");
    options.key_file = certificates().path("switch.key");
    base::SystemClock clock;
    journal::MemoryJournal journal({.journal_id = {1}, .ledger_id = {2}, .timestamp = {}});
    ledger::Ledger ledger({.participants = 4,
                           .accounts = 64,
                           .live_transfers = 16,
                           .remembered_transfers = 64,
                           .claims = 4});
    FakeWallets wallets;
    router::Router router({}, wallets, clock);
    MemoryHistory history(router);
    sequencer::Sequencer sequencer({}, ledger, journal, clock, &history);
    const identity::Tokeniser tokeniser({7}, 1);
    rpc::Server server(options, {router, sequencer, history, nullptr, journal, wallets, nullptr,
                                 tokeniser, clock});
    const auto started = server.start();
    ASSERT_FALSE(started.has_value());
    EXPECT_EQ(started.error().field, "certificate_file");
}

}  // namespace
}  // namespace ayni::test
