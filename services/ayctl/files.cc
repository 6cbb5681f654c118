#include "ayctl/files.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

namespace ayni::ayctl {
namespace {

tl::unexpected<base::Error> system_failure(const std::filesystem::path& path,
                                           const std::string& what) {
    return base::failure(path.string(), what + ": " + std::strerror(errno));
}

bool write_all(int descriptor, std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = ::write(descriptor, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return false;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

}  // namespace

base::Result<std::string> read_file(const std::filesystem::path& path, std::size_t max_bytes) {
    std::error_code error;
    if (std::filesystem::is_directory(path, error)) {
        return base::failure(path.string(), "it is a directory, not a file");
    }
    std::ifstream stream(path, std::ios::binary);
    if (!stream) return system_failure(path, "the file can not be read");
    // Read, not measured beforehand: it may be a pipe, or grow.
    std::string text;
    char buffer[1 << 16];
    while (stream.read(buffer, sizeof buffer), stream.gcount() > 0) {
        text.append(buffer, static_cast<std::size_t>(stream.gcount()));
        if (text.size() > max_bytes) {
            return base::failure(path.string(), "the file has more than the " +
                                                    std::to_string(max_bytes) +
                                                    " bytes that are read at most");
        }
    }
    return text;
}

base::Result<void> write_file(const std::filesystem::path& path, std::string_view text,
                              mode_t mode) {
    std::string temporary = path.string() + ".XXXXXX";
    const int descriptor = ::mkstemp(temporary.data());
    if (descriptor < 0) return system_failure(path, "the file can not be made");
    bool good = write_all(descriptor, text);
    good = good && ::fchmod(descriptor, mode) == 0 && ::fsync(descriptor) == 0;
    const bool closed = ::close(descriptor) == 0;
    if (good && closed && ::rename(temporary.c_str(), path.c_str()) == 0) return {};
    auto failure = system_failure(path, "the file can not be written");
    ::unlink(temporary.c_str());
    return failure;
}

}  // namespace ayni::ayctl
