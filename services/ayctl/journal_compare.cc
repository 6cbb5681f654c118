#include "ayctl/journal_compare.h"

#include <fmt/format.h>

#include <algorithm>

#include "ayctl/decode.h"
#include "ayctl/format.h"
#include "ledger/command.h"

namespace ayni::ayctl {
namespace {

using base::Result;
using journal_postgres::EncodedBatch;
using Verdict = Comparison::Verdict;

/// What a batch says, field by field, and its commands in words.
std::vector<std::pair<std::string, std::string>> fields_of(const EncodedBatch& batch) {
    const journal::BatchHeader& header = batch.header;
    std::vector<std::pair<std::string, std::string>> fields{
        {"format", std::to_string(header.format)},
        {"first sequence", std::to_string(header.first_sequence.value())},
        {"commands", std::to_string(header.command_count)},
        {"epoch", std::to_string(header.epoch.value())},
        {"time", format_time(header.timestamp)},
        {"time, nanoseconds", std::to_string(header.timestamp.nanoseconds)},
        {"digest of batch", std::to_string(header.digest_batch.value())},
        {"digest", format_digest(header.digest)},
        {"previous hash", format_hash(header.previous_hash)},
        {"hash", format_hash(header.hash)},
        {"payload bytes", std::to_string(batch.batch().payload.size())}};
    if (header.command_count == 0) return fields;
    std::uint64_t sequence = header.first_sequence.value();
    // What is no command shows in the hash.
    static_cast<void>(
        ledger::for_each_command(batch.batch().payload, [&](ledger::CommandView command) {
            fields.emplace_back(fmt::format("sequence {}", sequence++),
                                decode(command).to_string());
        }));
    return fields;
}

std::vector<Comparison::Difference> differences_of(const EncodedBatch& first,
                                                   const EncodedBatch& second) {
    const auto in_first = fields_of(first);
    const auto in_second = fields_of(second);
    std::vector<Comparison::Difference> differences;
    for (std::size_t i = 0; i < std::max(in_first.size(), in_second.size()); ++i) {
        const std::string absent = "–";
        const std::string& field = (i < in_first.size() ? in_first : in_second)[i].first;
        const std::string& one = i < in_first.size() ? in_first[i].second : absent;
        const std::string& other = i < in_second.size() ? in_second[i].second : absent;
        if (one != other) differences.push_back({field, one, other});
    }
    return differences;
}

/// Reads on to the end, which proves the rest; null: there was nothing more.
Result<void> read_to_end(const NextBatch& next, const EncodedBatch* batch, Comparison& comparison) {
    while (batch != nullptr) {
        comparison.end = batch->header;
        const auto following = next();
        if (!following) return tl::unexpected(following.error());
        batch = *following;
    }
    return {};
}

}  // namespace

Result<Comparison> compare(const NextBatch& first, const NextBatch& second) {
    Comparison comparison;
    for (;;) {
        const auto one = first();
        if (!one) return tl::unexpected(one.error());
        const auto other = second();
        if (!other) return tl::unexpected(other.error());
        comparison.end = comparison.last_common;
        if (*one == nullptr || *other == nullptr) {
            if (*one != nullptr) comparison.verdict = Verdict::first_is_longer;
            if (*other != nullptr) comparison.verdict = Verdict::second_is_longer;
            auto read = read_to_end(first, *one, comparison);
            if (read) read = read_to_end(second, *other, comparison);
            if (!read) return tl::unexpected(read.error());
            return comparison;
        }
        if ((*one)->header.hash != (*other)->header.hash) {
            comparison.verdict = Verdict::different;
            comparison.differences = differences_of(**one, **other);
            return comparison;
        }
        comparison.last_common = (*one)->header;
    }
}

}  // namespace ayni::ayctl
