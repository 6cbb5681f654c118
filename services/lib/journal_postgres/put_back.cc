#include "journal_postgres/put_back.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/assert.h"
#include "journal_postgres/batch_rows.h"

namespace ayni::journal_postgres {
namespace {

using base::BatchNumber;
using base::Result;

Result<std::optional<journal::Hash>> hash_in(const journal::Journal& copy, BatchNumber number) {
    if (copy.tail().number == number) return copy.tail().hash;
    std::optional<journal::Hash> hash;
    const auto replayed = copy.replay(number, [&](const journal::Batch& batch) {
        if (batch.header.number == number) hash = batch.header.hash;
    });
    if (!replayed) return tl::unexpected(replayed.error());
    return hash;
}

}  // namespace

Result<Held> held_of(pqxx::connection& connection, const journal::Journal& copy, BatchNumber last) {
    ASSERT(last <= copy.tail().number);
    auto row = head_of_last_row(connection);
    if (!row) return Held{};
    Held held{.extent = Extent::other, .last = row->number};
    if (row->number > last) {
        row = head_of_row(connection, last);
        if (!row) {
            return base::failure(fmt::format("journal_batch {}", last.value()),
                                 "is missing, and later ones are there");
        }
    }
    const auto hash = hash_in(copy, row->number);
    if (!hash) return tl::unexpected(hash.error());
    if (*hash != row->hash) return held;
    held.extent = held.last < last ? Extent::beginning : Extent::whole;
    return held;
}

Result<std::optional<std::uint64_t>> put_back(pqxx::connection& connection,
                                              const journal::Journal& copy, const Held& held,
                                              BatchNumber last) {
    ASSERT(held.extent == Extent::beginning || held.extent == Extent::nothing);
    const BatchNumber first = held.extent == Extent::nothing ? BatchNumber(0) : held.last.next();
    bool do_all_chain = true;
    std::uint64_t count = 0;
    try {
        pqxx::work transaction(connection);
        const auto replayed = copy.replay(first, [&](const journal::Batch& batch) {
            if (!do_all_chain || batch.header.number > last) return;
            const EncodedBatch encoded = encode(batch);
            do_all_chain = batch.header.number.is_zero() ? add_genesis(transaction, encoded)
                                                         : append_row(transaction, encoded);
            ++count;
        });
        if (!replayed) return tl::unexpected(replayed.error());
        if (!do_all_chain) return std::nullopt;
        transaction.commit();
    } catch (const pqxx::unique_violation&) {
        return std::nullopt;
    }
    return count;
}

}  // namespace ayni::journal_postgres
