#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <system_error>
#include <tl/expected.hpp>
#include <vector>

/// The few operations of a file system that the file journal needs: an interface, so that tests can
/// make them fail. `system_file_system` is the machine's own.
namespace ayni::journal {

template <typename Value>
using IoResult = tl::expected<Value, std::error_code>;

/// An open file. Closed by its destructor. `read` may be called on any thread.
class File {
public:
    virtual ~File() = default;

    /// Fills `into` from `offset` on; what lies past the end of the file reads as zeros.
    [[nodiscard]] virtual std::error_code read(std::span<std::byte> into,
                                               std::uint64_t offset) const = 0;
    /// Writes all of `bytes`. Both they and `offset` are multiples of 4 KiB, and the memory is
    /// aligned to it.
    [[nodiscard]] virtual std::error_code write(std::span<const std::byte> bytes,
                                                std::uint64_t offset) = 0;
    /// Asks for blocks for the first `bytes` of the file, so that lack of room shows at once.
    [[nodiscard]] virtual std::error_code allocate(std::uint64_t bytes) = 0;
    /// Makes everything written so far durable.
    [[nodiscard]] virtual std::error_code sync() = 0;
    [[nodiscard]] virtual IoResult<std::uint64_t> size() const = 0;
};

enum class Access : std::uint8_t {
    read,
    fill,             ///< Made anew; past the page cache where possible; durable after `sync`.
    append,           ///< Exists; each write is durable when it returns (O_DIRECT | O_DSYNC, or
                      ///< fdatasync where the file system refuses O_DIRECT).
    append_unsynced,  ///< Exists; nothing is promised before `sync`.
};

class FileSystem {
public:
    virtual ~FileSystem() = default;

    [[nodiscard]] virtual IoResult<std::unique_ptr<File>> open(const std::filesystem::path& path,
                                                               Access access) = 0;
    [[nodiscard]] virtual std::error_code rename(const std::filesystem::path& from,
                                                 const std::filesystem::path& to) = 0;
    [[nodiscard]] virtual std::error_code remove(const std::filesystem::path& path) = 0;
    /// Makes `path` with all folders above it, and their names durable.
    [[nodiscard]] virtual std::error_code make_directory(const std::filesystem::path& path) = 0;
    /// Makes names in `directory` durable.
    [[nodiscard]] virtual std::error_code sync_directory(
        const std::filesystem::path& directory) = 0;
    /// Names of the files in `directory`, in no order.
    [[nodiscard]] virtual IoResult<std::vector<std::string>> list(
        const std::filesystem::path& directory) = 0;
    /// What an unprivileged process may still write.
    [[nodiscard]] virtual IoResult<std::uint64_t> free_bytes(
        const std::filesystem::path& directory) = 0;
    /// Takes the exclusive lock of `directory` until the answer is destroyed;
    /// errc::resource_unavailable_try_again when another process or journal has it.
    [[nodiscard]] virtual IoResult<std::shared_ptr<void>> lock_directory(
        const std::filesystem::path& directory) = 0;

    /// After start a disk that fails to write ends the process, for a failed sync can not be
    /// retried: the kernel may have dropped the pages and call them clean. Says so on stderr and
    /// aborts; a simulated file system ends its simulated process instead, by an exception.
    [[noreturn]] virtual void stop_on_io_error(const std::filesystem::path& path,
                                               const char* operation, std::error_code error);
};

[[nodiscard]] FileSystem& system_file_system();

}  // namespace ayni::journal
