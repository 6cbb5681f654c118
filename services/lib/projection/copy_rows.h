#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/id128.h"

namespace ayni::projection {

/// Rows of one table as PostgreSQL's COPY … (FORMAT binary) takes them: no text is made of numbers
/// and times, and none is read back. Each column is added in the type that the table declares.
///
/// Columns that may be null take `is_null`, so that a row reads as its table does.
class CopyRows {
public:
    /// Every row has `columns` columns (asserted).
    explicit CopyRows(std::uint16_t columns);

    void begin_row();
    void add_smallint(std::int16_t value, bool is_null = false);
    void add_integer(std::int32_t value, bool is_null = false);
    void add_bigint(std::int64_t value, bool is_null = false);
    /// An unsigned number of the ledger's whose 64 bits are read as signed.
    void add_bits(std::uint64_t value, bool is_null = false);
    void add_boolean(bool value);
    /// Must be UTF-8 without zero bytes: see `text_of`.
    void add_text(std::string_view value, bool is_null = false);
    void add_bytea(std::span<const std::uint8_t> value, bool is_null = false);
    void add_uuid(const base::TransferId& value, bool is_null = false);
    /// A timestamptz: cut to the microsecond.
    void add_time(base::JournalTime value, bool is_null = false);
    /// A date: the day of `value` in Peru.
    void add_business_date(base::JournalTime value);

    [[nodiscard]] std::size_t count() const { return count_; }
    [[nodiscard]] bool empty() const { return count_ == 0; }
    /// Header and rows; what follows the last row is `trailer`.
    [[nodiscard]] std::string_view bytes() const { return bytes_; }
    [[nodiscard]] static std::string_view trailer();

private:
    template <typename Number>
    void put(Number value);
    template <typename Number>
    void add(Number value, bool is_null);
    void add_null();
    void begin_column();

    std::uint16_t columns_;
    std::uint16_t columns_left_ = 0;
    std::size_t count_ = 0;
    std::string bytes_;
};

}  // namespace ayni::projection
