#include "signing/key_ring.h"

#include "signing/header.h"

namespace ayni::signing {

base::Result<void> KeyRing::add(const VerificationKey& key, Validity validity,
                                const std::string& key_id) {
    if (!is_header_text(key_id)) return base::failure("kid", header_text_rule());
    if (validity.from_seconds >= validity.to_seconds) {
        return base::failure("validity", "the key's period ends before it begins");
    }
    if (keys_.contains(key_id)) {
        return base::failure("kid", "the key " + key_id + " is in the ring already");
    }
    if (keys_.size() == max_keys) {
        return base::failure("kid", "the ring holds " + std::to_string(max_keys) + " keys already");
    }
    keys_.emplace(key_id, Entry{key, validity});
    return {};
}

base::Result<VerificationKey> KeyRing::find(std::string_view key_id,
                                            std::int64_t now_seconds) const {
    const auto found = keys_.find(key_id);
    if (found == keys_.end()) {
        return base::failure("kid", "the key " + shown(key_id) + " is unknown");
    }
    const auto& [key, validity] = found->second;
    if (now_seconds < validity.from_seconds) {
        return base::failure("kid", "the key " + found->first + " is not valid yet");
    }
    if (now_seconds >= validity.to_seconds) {
        return base::failure("kid", "the key " + found->first + " is no longer valid");
    }
    return key;
}

}  // namespace ayni::signing
