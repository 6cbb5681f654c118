#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

#include "disbursement/pain001.h"

namespace ayni::test {

inline std::string text_of(const std::filesystem::path& path) {
    std::ifstream stream(path, std::ios::binary);
    if (!stream) throw std::runtime_error("can not read " + path.string());
    return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

/// The valid file, once `before` in it is `after`.
inline std::string changed(std::string text, std::string_view before, std::string_view after) {
    const std::size_t at = text.find(before);
    if (at == std::string::npos) throw std::runtime_error("the file has no " + std::string(before));
    return text.replace(at, before.size(), after);
}

/// "AM10 CstmrCdtTrfInitn/GrpHdr/NbOfTxs" for each fault.
inline std::vector<std::string> brief(const disbursement::Faults& faults) {
    std::vector<std::string> all;
    for (const auto& fault : faults.listed) {
        all.push_back(fault.reason + (fault.path.empty() ? "" : " " + fault.path));
    }
    return all;
}

}  // namespace ayni::test
