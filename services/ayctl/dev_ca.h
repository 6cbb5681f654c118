#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"

namespace ayni::ayctl {

/// Which certificates a development directory shall have. Names are file names, too, so one name
/// can not have two roles.
struct DevelopmentCertificates {
    std::filesystem::path directory;
    std::string switch_name = "switch";
    std::vector<std::string> operators;
    std::vector<std::string> auditors;
    std::vector<std::string> participants;
};

struct MadeFiles {
    std::vector<std::string> made;  ///< File names.
    std::vector<std::string> kept;  ///< Those that were there already, unchanged.
};

/// Makes a certificate authority and certificates for development and tests: `ca.pem`, `ca.key`,
/// and for each name `NAME.pem` and `NAME.key` (ECDSA P-256) with the URI
/// `spiffe://ayni/ROLE/NAME`, valid as server on localhost and as client; and `token.key`, 64
/// random hexadecimal digits. Keys are readable by their owner only. The directory is made.
///
/// What exists is kept, and a further name is signed by the authority that is there. An error when
/// a certificate of that name has another role, or a file can not be read or written; what was made
/// until then stays and is complete.
[[nodiscard]] base::Result<MadeFiles> make_development_certificates(
    const DevelopmentCertificates& wanted);

}  // namespace ayni::ayctl
