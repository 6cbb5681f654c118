// faulty_disk_control FOLDER: writes some files with and without syncing them, and then waits to be
// killed. What the crash lab's power cut takes of them shows whether it takes anything at all.

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

int make(const std::string& path, int flags) {
    const int file = open(path.c_str(), O_RDWR | O_CREAT | flags, 0600);
    if (file < 0) std::abort();
    return file;
}

void put(int file, std::string_view text, off_t offset) {
    if (pwrite(file, text.data(), text.size(), offset) != static_cast<ssize_t>(text.size())) {
        std::abort();
    }
}

void must(int result) {
    if (result != 0) std::abort();
}

}  // namespace

int main(int argument_count, char** arguments) {
    if (argument_count != 2) return 2;
    const std::string folder = arguments[1];
    const int directory = open(folder.c_str(), O_RDONLY | O_DIRECTORY);
    if (directory < 0) return 1;

    const int whole = make(folder + "/synced", 0);
    put(whole, "synced", 0);
    must(fdatasync(whole));
    const int half = make(folder + "/half", 0);
    put(half, "first", 0);
    must(fdatasync(half));
    put(half, "other", 0);
    put(half, "more", 4096);
    const int each = make(folder + "/each-write-synced", O_DSYNC);
    put(each, "durable", 0);
    const int never = make(folder + "/never-synced", 0);
    put(never, "lost", 0);
    must(rename((folder + "/never-synced").c_str(), (folder + "/renamed").c_str()));
    must(fsync(directory));
    const int nameless = make(folder + "/synced-but-its-name-is-not", 0);
    put(nameless, "lost", 0);
    must(fdatasync(nameless));
    must(unlink((folder + "/synced").c_str()));

    std::puts("faulty_disk_control listening on nothing");
    std::fflush(stdout);
    for (;;) pause();
}
