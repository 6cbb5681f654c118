#include "fuzz/input.h"
#include "history/entry_codec.h"

/// Keys and values of the history's index.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace ayni;
    fuzz::Input input(data, size);
    const base::TransferId id{.high = input.next<std::uint64_t>(),
                              .low = input.next<std::uint64_t>()};
    const auto key = history::id_key_of(id);
    ASSERT(history::id_of_key({key.data(), key.size()}) == id);
    const auto entry = history::entry_of(id, input.rest());
    ASSERT(entry.has_value() == (input.rest().size() == history::entry_value_bytes));
    if (!entry) return 0;
    ASSERT(entry->id == id);
    const auto value = history::value_of(*entry);
    ASSERT(std::string_view(value.data(), value.size()) == input.rest());
    return 0;
}
