#include "base/mapped_array.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <new>

namespace ayni::base {
namespace {

TEST(MappedArray, StartsAsZerosAndKeepsWhatIsWritten) {
    MappedArray<std::uint64_t> array(100'000);
    EXPECT_EQ(array.capacity(), 100'000U);
    for (std::size_t i = 0; i < array.capacity(); ++i) ASSERT_EQ(array[i], 0U);
    for (std::size_t i = 0; i < array.capacity(); ++i) array[i] = i;
    for (std::size_t i = 0; i < array.capacity(); ++i) ASSERT_EQ(array[i], i);
}

TEST(MappedArray, ReservesMoreThanTheMachineHas) {
#ifdef __SANITIZE_THREAD__
    GTEST_SKIP() << "ThreadSanitizer has no room for a TiB of shadow";
#endif
    // A TiB of addresses; one page of memory.
    MappedArray<std::uint64_t> array(std::size_t{1} << 37U);
    array[array.capacity() - 1] = 7;
    EXPECT_EQ(array[array.capacity() - 1], 7U);
    EXPECT_EQ(array[0], 0U);
}

TEST(MappedArray, RefusedAddressSpaceThrows) {
    EXPECT_THROW(MappedArray<std::uint64_t>(std::size_t{1} << 57U), std::bad_alloc);
}

TEST(MappedArrayDeathTest, IndexIsChecked) {
    MappedArray<std::uint64_t> array(10);
    EXPECT_DEATH(array[10] = 1, "index < capacity_");
}

}  // namespace
}  // namespace ayni::base
