#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include "fuzz/input.h"

/// Feeds every file of the corpora that it is given to the target, in the order of their names:
/// fuzz_replay_NAME FOLDER|FILE…
int main(int count, char** arguments) {
    std::set<std::filesystem::path> files;
    for (int i = 1; i < count; ++i) {
        if (std::filesystem::is_directory(arguments[i])) {
            for (const auto& entry : std::filesystem::directory_iterator(arguments[i])) {
                files.insert(entry.path());
            }
        } else {
            files.insert(arguments[i]);
        }
    }
    for (const auto& file : files) {
        std::ifstream stream(file, std::ios::binary);
        const std::string bytes{std::istreambuf_iterator<char>(stream),
                                std::istreambuf_iterator<char>()};
        // Said before, so that an abort has a name.
        std::printf("%s\n", file.filename().c_str());
        std::fflush(stdout);
        LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    }
    std::printf("%zu inputs\n", files.size());
    // A folder that lost its files would otherwise pass for ever.
    return files.empty() ? 1 : 0;
}
