#include "journal/codec.h"

#include <isa-l/crc.h>
#include <openssl/evp.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <new>

#include "base/assert.h"

namespace ayni::journal {
namespace {

static_assert(std::endian::native == std::endian::little, "the journal is little-endian");
static_assert(sizeof(std::size_t) == 8);

constexpr std::array<char, 8> magic{'A', 'Y', 'N', 'I', 'B', 'T', 'C', 'H'};
constexpr std::size_t crc_at = 8;
constexpr std::size_t checked_from = 12;
constexpr std::size_t format_at = 12;
constexpr std::size_t payload_bytes_at = 16;
constexpr std::size_t previous_hash_at = 80;
constexpr std::size_t hash_at = 112;
constexpr std::size_t zeros_at = 144;

template <typename T>
void put(std::byte* at, const T& value) {
    std::memcpy(at, &value, sizeof value);
}
template <typename T>
T get(const std::byte* at) {
    T value;
    std::memcpy(&value, at, sizeof value);
    return value;
}

/// Everything but magic and checksum.
void encode_fields(const BatchHeader& header, std::size_t payload_bytes, std::byte* out) {
    put(out + format_at, header.format);
    put(out + payload_bytes_at, static_cast<std::uint32_t>(payload_bytes));
    put(out + 20, header.command_count);
    put(out + 24, header.number.value());
    put(out + 32, header.first_sequence.value());
    put(out + 40, header.epoch.value());
    put(out + 48, header.timestamp.nanoseconds);
    put(out + 56, header.digest_batch.value());
    put(out + 64, header.digest.high);
    put(out + 72, header.digest.low);
    put(out + previous_hash_at, header.previous_hash);
    put(out + hash_at, header.hash);
    std::memset(out + zeros_at, 0, header_bytes - zeros_at);
}

BatchHeader decode_fields(const std::byte* in) {
    BatchHeader header;
    header.format = get<std::uint32_t>(in + format_at);
    header.command_count = get<std::uint32_t>(in + 20);
    header.number = BatchNumber(get<std::uint64_t>(in + 24));
    header.first_sequence = Sequence(get<std::uint64_t>(in + 32));
    header.epoch = Epoch(get<std::uint64_t>(in + 40));
    header.timestamp = {get<std::int64_t>(in + 48)};
    header.digest_batch = BatchNumber(get<std::uint64_t>(in + 56));
    header.digest.high = get<std::uint64_t>(in + 64);
    header.digest.low = get<std::uint64_t>(in + 72);
    header.previous_hash = get<Hash>(in + previous_hash_at);
    header.hash = get<Hash>(in + hash_at);
    return header;
}

/// One context and one fetched algorithm a thread: setting them up costs more than a small batch.
class Sha256 {
public:
    Sha256() : algorithm_(EVP_MD_fetch(nullptr, "SHA256", nullptr)), context_(EVP_MD_CTX_new()) {
        ASSERT(algorithm_ != nullptr);
        ASSERT(context_ != nullptr);
    }
    ~Sha256() {
        EVP_MD_CTX_free(context_);
        EVP_MD_free(algorithm_);
    }
    Sha256(const Sha256&) = delete;
    Sha256& operator=(const Sha256&) = delete;

    Hash of(std::span<const std::byte> first, std::span<const std::byte> second) {
        Hash hash;
        unsigned size = 0;
        const bool done = EVP_DigestInit_ex2(context_, algorithm_, nullptr) == 1 &&
                          EVP_DigestUpdate(context_, first.data(), first.size()) == 1 &&
                          EVP_DigestUpdate(context_, second.data(), second.size()) == 1 &&
                          EVP_DigestFinal_ex(context_, hash.data(), &size) == 1;
        ASSERT(done);
        ASSERT(size == hash.size());
        return hash;
    }

private:
    EVP_MD* algorithm_;
    EVP_MD_CTX* context_;
};

}  // namespace

void AlignedDelete::operator()(std::byte* bytes) const noexcept {
    ::operator delete[](bytes, std::align_val_t{block_bytes});
}

AlignedBuffer make_aligned_buffer(std::size_t bytes) {
    return AlignedBuffer(static_cast<std::byte*>(
        ::operator new[](round_up_to_block(bytes), std::align_val_t{block_bytes})));
}

std::uint32_t crc32c(std::span<const std::byte> bytes) {
    ASSERT(bytes.size() <= std::size_t{1} << 30U);
    // The library takes a pointer to mutable bytes, and leaves the inversions to its caller.
    auto* data = reinterpret_cast<unsigned char*>(const_cast<std::byte*>(bytes.data()));
    return ~crc32_iscsi(data, static_cast<int>(bytes.size()), ~0U);
}

bool is_zero(std::span<const std::byte> bytes) {
    if (bytes.empty()) return true;
    // Equal to itself moved by one, and the first is zero: memcmp is the fastest loop there is.
    return bytes.front() == std::byte{0} &&
           std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0;
}

Hash hash_of(const Batch& batch) {
    thread_local Sha256 sha;
    std::array<std::byte, header_bytes> encoded;
    encode_fields(batch.header, batch.payload.size(), encoded.data());
    return sha.of(std::span(encoded).subspan(checked_from, hash_at - checked_from), batch.payload);
}

std::size_t encode(const Batch& batch, std::span<std::byte> out) {
    const std::size_t size = encoded_bytes(batch.payload.size());
    ASSERT(batch.payload.size() <= max_batch_payload_bytes);
    ASSERT(out.size() >= size);
    std::memcpy(out.data(), magic.data(), magic.size());
    encode_fields(batch.header, batch.payload.size(), out.data());
    if (!batch.payload.empty()) {
        std::memcpy(out.data() + header_bytes, batch.payload.data(), batch.payload.size());
    }
    const std::size_t end = header_bytes + batch.payload.size();
    std::memset(out.data() + end, 0, size - end);
    put(out.data() + crc_at, crc32c(out.subspan(checked_from, end - checked_from)));
    return size;
}

std::optional<std::size_t> framed_payload_bytes(std::span<const std::byte> head) {
    ASSERT(head.size() >= header_bytes);
    if (std::memcmp(head.data(), magic.data(), magic.size()) != 0) return std::nullopt;
    const std::size_t bytes = get<std::uint32_t>(head.data() + payload_bytes_at);
    if (bytes > max_batch_payload_bytes) return std::nullopt;
    return bytes;
}

BatchHeader peek_header(std::span<const std::byte> head) {
    ASSERT(head.size() >= header_bytes);
    return decode_fields(head.data());
}

Decoded decode(std::span<const std::byte> bytes) {
    Decoded decoded;
    if (bytes.size() < header_bytes) return decoded;
    const auto payload_bytes = framed_payload_bytes(bytes);
    if (!payload_bytes) return decoded;
    const std::size_t end = header_bytes + *payload_bytes;
    if (bytes.size() < end) return decoded;
    const auto crc = get<std::uint32_t>(bytes.data() + crc_at);
    if (crc32c(bytes.subspan(checked_from, end - checked_from)) != crc) return decoded;
    decoded.format = get<std::uint32_t>(bytes.data() + format_at);
    if (decoded.format != format_version) {
        decoded.reading = Reading::other_format;
        return decoded;
    }
    decoded.reading = Reading::whole;
    decoded.batch.header = decode_fields(bytes.data());
    decoded.batch.payload = bytes.subspan(header_bytes, *payload_bytes);
    return decoded;
}

const char* fault_in_chain(const BatchHeader& previous, const BatchHeader& next) {
    if (next.number != previous.number.next()) return "has another number than the next one";
    if (next.previous_hash != previous.hash) return "does not chain to the batch before it";
    if (next.first_sequence != previous.last_sequence().next()) {
        return "does not begin with the next sequence";
    }
    if (next.command_count == 0) return "has no commands";
    if (next.timestamp < previous.timestamp) return "is older than the batch before it";
    if (next.epoch < previous.epoch) return "is of an earlier epoch than the batch before it";
    if (next.digest_batch > previous.number) return "has the digest of a batch that is to come";
    if (next.hash == Hash{}) return "is not sealed";
    return nullptr;
}

const char* fault_in_genesis(const BatchHeader& header) {
    if (!header.number.is_zero()) return "has another number than 0";
    if (header.previous_hash != Hash{}) return "chains to a batch before genesis";
    if (header.first_sequence != Sequence(1)) return "does not begin with sequence 1";
    if (header.command_count != 0) return "has commands, as genesis must not";
    return nullptr;
}

Batch make_genesis(const Id& journal_id, const Id& ledger_id, JournalTime timestamp,
                   std::span<std::byte, genesis_payload_bytes> payload) {
    std::memcpy(payload.data(), journal_id.data(), journal_id.size());
    std::memcpy(payload.data() + journal_id.size(), ledger_id.data(), ledger_id.size());
    Batch genesis;
    genesis.header.first_sequence = Sequence(1);
    genesis.header.timestamp = timestamp;
    genesis.payload = payload;
    genesis.header.hash = hash_of(genesis);
    ASSERT(fault_in_genesis(genesis.header) == nullptr);
    return genesis;
}

}  // namespace ayni::journal
