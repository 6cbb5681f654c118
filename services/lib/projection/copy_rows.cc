#include "projection/copy_rows.h"

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstring>

#include "base/assert.h"

namespace ayni::projection {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view header = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0"sv;
constexpr std::string_view end_of_rows = "\377\377"sv;

/// PostgreSQL counts from 2000-01-01, we from 1970-01-01.
constexpr std::chrono::days epochs_apart{10'957};
constexpr std::chrono::hours lima_behind_utc{5};

}  // namespace

CopyRows::CopyRows(std::uint16_t columns) : columns_(columns), bytes_(header) {}

std::string_view CopyRows::trailer() { return end_of_rows; }

template <typename Number>
void CopyRows::put(Number value) {
    static_assert(std::endian::native == std::endian::little);
    char bytes[sizeof value];
    std::memcpy(bytes, &value, sizeof value);
    std::reverse(bytes, bytes + sizeof value);
    bytes_.append(bytes, sizeof value);
}

void CopyRows::begin_row() {
    ASSERT(columns_left_ == 0);
    columns_left_ = columns_;
    ++count_;
    put(static_cast<std::int16_t>(columns_));
}

void CopyRows::begin_column() {
    ASSERT(columns_left_ > 0);
    --columns_left_;
}

void CopyRows::add_null() { put(std::int32_t{-1}); }

template <typename Number>
void CopyRows::add(Number value, bool is_null) {
    begin_column();
    if (is_null) return add_null();
    put(static_cast<std::int32_t>(sizeof value));
    put(value);
}

void CopyRows::add_smallint(std::int16_t value, bool is_null) { add(value, is_null); }
void CopyRows::add_integer(std::int32_t value, bool is_null) { add(value, is_null); }
void CopyRows::add_bigint(std::int64_t value, bool is_null) { add(value, is_null); }
void CopyRows::add_bits(std::uint64_t value, bool is_null) {
    add(static_cast<std::int64_t>(value), is_null);
}
void CopyRows::add_boolean(bool value) { add(static_cast<std::uint8_t>(value ? 1 : 0), false); }

void CopyRows::add_text(std::string_view value, bool is_null) {
    begin_column();
    if (is_null) return add_null();
    put(static_cast<std::int32_t>(value.size()));
    bytes_.append(value);
}

void CopyRows::add_bytea(std::span<const std::uint8_t> value, bool is_null) {
    add_text({reinterpret_cast<const char*>(value.data()), value.size()}, is_null);
}

void CopyRows::add_uuid(const base::TransferId& value, bool is_null) {
    begin_column();
    if (is_null) return add_null();
    put(std::int32_t{sizeof value});
    put(value.high);
    put(value.low);
}

void CopyRows::add_time(base::JournalTime value, bool is_null) {
    using std::chrono::duration_cast;
    using std::chrono::floor;
    using std::chrono::microseconds;
    const auto since_1970 = floor<microseconds>(std::chrono::nanoseconds(value.nanoseconds));
    add(static_cast<std::int64_t>((since_1970 - microseconds(epochs_apart)).count()), is_null);
}

void CopyRows::add_business_date(base::JournalTime value) {
    const auto local = std::chrono::nanoseconds(value.nanoseconds) - lima_behind_utc;
    const auto days = std::chrono::floor<std::chrono::days>(local) - epochs_apart;
    add(static_cast<std::int32_t>(days.count()), false);
}

}  // namespace ayni::projection
