#include "base/mapped_array.h"

#include <sys/mman.h>

#include <new>

namespace ayni::base {

void* map_zeroed(std::size_t bytes) {
    ASSERT(bytes > 0);
    void* address = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (address == MAP_FAILED) throw std::bad_alloc();
    // Advice only: without huge pages everything works, at more cost for each look-up.
    madvise(address, bytes, MADV_HUGEPAGE);
    return address;
}

void unmap(void* address, std::size_t bytes) noexcept { munmap(address, bytes); }

}  // namespace ayni::base
