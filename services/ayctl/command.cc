#include "ayctl/command.h"

#include <fmt/format.h>

#include <cstdio>

namespace ayni::ayctl {

void add_global_options(CLI::App& app, GlobalOptions& global) {
    const char* const group = "Connection";
    app.add_option("--switch", global.switch_address, "Address of the switch, HOST:PORT")
        ->capture_default_str()
        ->envname("AYNI_SWITCH")
        ->group(group);
    app.add_option("--certs", global.certificates_directory,
                   "Directory with ca.pem, NAME.pem and NAME.key, for use with --as")
        ->envname("AYNI_CERTS")
        ->group(group);
    app.add_option("--as", global.identity_name, "NAME of the certificate in --certs")
        ->envname("AYNI_AS")
        ->group(group);
    app.add_option("--ca", global.ca_file, "Certificate of the authority, PEM")->group(group);
    app.add_option("--cert", global.certificate_file, "Own certificate, PEM")->group(group);
    app.add_option("--key", global.key_file, "Own private key, PEM")->group(group);
    app.add_option("--insecure-identity", global.insecure_identity,
                   "ROLE/NAME, without TLS, for a switch with insecure_loopback")
        ->group(group);
    app.add_option("--timeout", global.timeout_seconds, "Seconds to wait for an answer")
        ->capture_default_str()
        ->check(CLI::Range(0.1, 3600.0))
        ->group(group);
    app.add_flag("--json", global.json, "Print JSON");
}

ExitCode report_failure(const std::string& sentence, ExitCode code) {
    fmt::print(stderr, "error: {}\n", sentence);
    return code;
}

}  // namespace ayni::ayctl
