#include "disbursement/line_id.h"

#include <openssl/sha.h>

#include <array>
#include <string>

namespace ayni::disbursement {

base::TransferId line_transfer_id(std::uint64_t release_time_ms, const LineName& name) {
    std::string text;
    for (const std::string_view part : {name.initiator, name.message_id, name.line_id}) {
        text += part;
        text += '\0';
    }
    text += std::to_string(name.attempt);
    std::array<unsigned char, SHA256_DIGEST_LENGTH> hash;
    SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), hash.data());

    std::array<std::uint8_t, 16> bytes{};
    for (unsigned i = 0; i < 6; ++i) {
        bytes[i] = static_cast<std::uint8_t>(release_time_ms >> (40U - 8U * i));
    }
    for (std::size_t i = 6; i < bytes.size(); ++i) bytes[i] = hash[i - 6];
    bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0FU) | 0x70U);  // version 7
    bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3FU) | 0x80U);  // RFC 9562 variant
    return base::transfer_id_of_bytes(bytes.data());
}

}  // namespace ayni::disbursement
