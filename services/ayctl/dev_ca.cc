#include "ayctl/dev_ca.h"

#include <fmt/format.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <set>

#include "ayctl/files.h"
#include "ayctl/x509.h"
#include "base/assert.h"

namespace ayni::ayctl {
namespace {

constexpr mode_t public_mode = 0444;
constexpr mode_t secret_mode = 0400;
constexpr std::size_t max_pem_bytes = 1 << 16;
constexpr std::size_t max_participant_code = 16;
constexpr std::size_t max_name = 64;

struct Wanted {
    std::string_view role;
    std::string_view option;
    std::string name;
};

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

base::Result<void> check_name(const Wanted& wanted) {
    const bool is_participant = wanted.role == "participant";
    const std::size_t most = is_participant ? max_participant_code : max_name;
    const bool good = !wanted.name.empty() && wanted.name.size() <= most &&
                      is_lower(wanted.name.front()) &&
                      std::all_of(wanted.name.begin(), wanted.name.end(), [&](char c) {
                          return is_lower(c) || is_digit(c) || c == '-' ||
                                 (!is_participant && (c == '_' || c == '.'));
                      });
    if (!good) {
        return base::failure(std::string(wanted.option),
                             fmt::format("\"{}\" is not 1 to {} of a-z, 0-9 and '-', starting "
                                         "with a letter",
                                         wanted.name, most));
    }
    if (wanted.name == "ca" || wanted.name == "token") {
        return base::failure(std::string(wanted.option),
                             "\"" + wanted.name + "\" is the name of another file there");
    }
    return {};
}

base::Result<std::vector<Wanted>> list_wanted(const DevelopmentCertificates& all) {
    std::vector<Wanted> list{{"switch", "--switch", all.switch_name}};
    for (const auto& name : all.operators) list.push_back({"operator", "--operator", name});
    for (const auto& name : all.auditors) list.push_back({"auditor", "--auditor", name});
    for (const auto& name : all.participants) {
        list.push_back({"participant", "--participant", name});
    }
    std::set<std::string> seen;
    for (const Wanted& wanted : list) {
        if (auto good = check_name(wanted); !good) return tl::unexpected(good.error());
        if (!seen.insert(wanted.name).second) {
            return base::failure(std::string(wanted.option),
                                 "\"" + wanted.name + "\" is named twice");
        }
    }
    return list;
}

/// Works in one directory; remembers what it made and what it found.
class Workshop {
public:
    explicit Workshop(std::filesystem::path directory) : directory_(std::move(directory)) {}

    base::Result<void> open() {
        std::error_code error;
        const bool is_new = std::filesystem::create_directories(directory_, error);
        if (error) {
            return base::failure(directory_.string(),
                                 "the directory can not be made: " + error.message());
        }
        if (is_new) {
            std::filesystem::permissions(directory_, std::filesystem::perms::owner_all, error);
        }
        return open_authority();
    }

    base::Result<void> make(const Wanted& wanted) {
        const std::string uri = fmt::format("spiffe://ayni/{}/{}", wanted.role, wanted.name);
        const std::string certificate_file = wanted.name + ".pem";
        const std::string key_file = wanted.name + ".key";
        if (has(certificate_file) && has(key_file)) {
            auto found = read_certificate(certificate_file);
            if (!found) return tl::unexpected(found.error());
            if (const std::string other = uri_of(found->get()); other != uri) {
                return base::failure(path(certificate_file).string(),
                                     fmt::format("it is for {}, not for {}", other, uri));
            }
            keep(key_file);
            keep(certificate_file);
            return {};
        }
        // Half a pair is of no use to anybody: both are made anew.
        const Key key = make_key();
        const Certificate leaf =
            make_leaf(key.get(), wanted.name, uri, authority_.get(), authority_key_.get());
        if (auto done = write(key_file, to_pem(key.get()), secret_mode); !done) return done;
        return write(certificate_file, to_pem(leaf.get()), public_mode);
    }

    base::Result<void> make_token_key() {
        if (has("token.key")) {
            keep("token.key");
            return {};
        }
        std::array<unsigned char, 32> bytes;
        ASSERT(RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) == 1);
        std::string digits;
        for (const unsigned char byte : bytes) digits += fmt::format("{:02x}", byte);
        return write("token.key", digits + "\n", secret_mode);
    }

    MadeFiles take_report() { return std::move(report_); }

private:
    base::Result<void> open_authority() {
        if (!has("ca.pem")) {
            authority_key_ = make_key();
            authority_ = make_authority(authority_key_.get());
            if (auto done = write("ca.key", to_pem(authority_key_.get()), secret_mode); !done) {
                return done;
            }
            return write("ca.pem", to_pem(authority_.get()), public_mode);
        }
        auto certificate = read_certificate("ca.pem");
        if (!certificate) return tl::unexpected(certificate.error());
        authority_ = std::move(*certificate);
        auto key_text = read_file(path("ca.key"), max_pem_bytes);
        if (!key_text) return tl::unexpected(key_text.error());
        authority_key_ = key_of_pem(*key_text);
        if (authority_key_ == nullptr) {
            return base::failure(path("ca.key").string(), "it is not a private key in PEM");
        }
        if (X509_check_private_key(authority_.get(), authority_key_.get()) != 1) {
            return base::failure(path("ca.key").string(), "it is not the key of ca.pem");
        }
        keep("ca.key");
        keep("ca.pem");
        return {};
    }

    base::Result<Certificate> read_certificate(const std::string& name) const {
        auto text = read_file(path(name), max_pem_bytes);
        if (!text) return tl::unexpected(text.error());
        Certificate certificate = certificate_of_pem(*text);
        if (certificate == nullptr) {
            return base::failure(path(name).string(), "it is not a certificate in PEM");
        }
        return certificate;
    }

    base::Result<void> write(const std::string& name, std::string_view text, mode_t mode) {
        auto done = write_file(path(name), text, mode);
        if (done) report_.made.push_back(name);
        return done;
    }

    void keep(const std::string& name) { report_.kept.push_back(name); }
    [[nodiscard]] bool has(const std::string& name) const {
        return std::filesystem::exists(path(name));
    }
    [[nodiscard]] std::filesystem::path path(const std::string& name) const {
        return directory_ / name;
    }

    std::filesystem::path directory_;
    Key authority_key_;
    Certificate authority_;
    MadeFiles report_;
};

}  // namespace

base::Result<MadeFiles> make_development_certificates(const DevelopmentCertificates& wanted) {
    const auto list = list_wanted(wanted);
    if (!list) return tl::unexpected(list.error());
    Workshop workshop(wanted.directory);
    if (auto done = workshop.open(); !done) return tl::unexpected(done.error());
    for (const Wanted& one : *list) {
        if (auto done = workshop.make(one); !done) return tl::unexpected(done.error());
    }
    if (auto done = workshop.make_token_key(); !done) return tl::unexpected(done.error());
    return workshop.take_report();
}

}  // namespace ayni::ayctl
