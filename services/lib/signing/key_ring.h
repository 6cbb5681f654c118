#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "signing/keys.h"

namespace ayni::signing {

/// When a key counts: from ≤ now < to, seconds since 1970 UTC.
struct Validity {
    std::int64_t from_seconds;
    std::int64_t to_seconds;
};

/// The keys that one partner may sign with, by key id. A partner rotates by having two keys for a
/// while: the new one is added here before it signs with it, and the old one's period ends after
/// the last message that it signed.
///
/// Filled at start, then only asked; asking is thread-safe. Knows no clock.
class KeyRing {
public:
    static constexpr std::size_t max_keys = 64;

    /// `key_id` is the "kid" under which the partner signs, 1 to 128 printable ASCII characters;
    /// where the partner does not name its keys otherwise, it is key.id().
    ///
    /// An error for a period that is empty, an id that is there already or is none, and a ring that
    /// is full.
    [[nodiscard]] base::Result<void> add(const VerificationKey& key, Validity validity,
                                         const std::string& key_id);
    [[nodiscard]] base::Result<void> add(const VerificationKey& key, Validity validity) {
        return add(key, validity, key.id());
    }

    /// The key of that id, if it counts at `now_seconds`. The error, of field "kid", says whether
    /// it is unknown, not valid yet, or no longer valid.
    [[nodiscard]] base::Result<VerificationKey> find(std::string_view key_id,
                                                     std::int64_t now_seconds) const;

    [[nodiscard]] std::size_t size() const { return keys_.size(); }

private:
    struct Entry {
        VerificationKey key;
        Validity validity;
    };
    std::map<std::string, Entry, std::less<>> keys_;
};

}  // namespace ayni::signing
