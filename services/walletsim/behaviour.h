#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "ayni/walletsim/v1/wallet_sim_service.pb.h"

namespace ayni::walletsim {

/// How the institution behaves as payee. Read and changed on the bookkeeper's thread only.
struct Behaviour {
    v1::Mode mode = v1::MODE_NORMAL;
    std::chrono::milliseconds delay{1'000};  ///< Of accept answers, when slow.
    std::string reason = "AC04";             ///< When refusing.
};

/// Of "normal", "refusing-after-commit" and the like.
[[nodiscard]] inline std::optional<v1::Mode> mode_of(std::string_view name) {
    std::string constant = "MODE_";
    for (const char c : name) {
        if (c >= 'a' && c <= 'z') {
            constant += static_cast<char>(c - 'a' + 'A');
        } else if (c == '-') {
            constant += '_';
        } else {
            return std::nullopt;
        }
    }
    v1::Mode mode = v1::MODE_UNSPECIFIED;
    if (!v1::Mode_Parse(constant, &mode) || mode == v1::MODE_UNSPECIFIED) return std::nullopt;
    return mode;
}

}  // namespace ayni::walletsim
