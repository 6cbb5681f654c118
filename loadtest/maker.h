#pragma once

#include <cstdint>
#include <ctime>

#include "base/id128.h"
#include "base/random.h"

namespace ayni::loadtest {

/// Which accounts transfers touch.
enum class Distribution : std::uint8_t {
    uniform,  ///< Any account to any other.
    hot,      ///< Every transfer debits the same account, as a disbursement or a big wallet does.
};

/// Accounts 0 to `count` - 1, and which of them a transfer debits and credits.
struct AccountChoice {
    std::uint64_t count = 2;  ///< At least 2.
    Distribution distribution = Distribution::uniform;
};

/// Makes what differs from one transfer to the next: ids, accounts, sums. Equal seeds give equal
/// choices; ids also carry the wall clock. Not thread-safe.
class TransferMaker {
public:
    TransferMaker(const AccountChoice& choice, std::uint64_t seed)
        : choice_(choice), random_(seed) {}

    struct Pair {
        std::uint64_t debit = 0;
        std::uint64_t credit = 0;
    };
    [[nodiscard]] Pair accounts() {
        const std::uint64_t debit =
            choice_.distribution == Distribution::hot ? 0 : random_.below(choice_.count);
        // Any of the others, each as likely.
        const std::uint64_t credit = random_.below(choice_.count - 1);
        return {debit, credit < debit ? credit : credit + 1};
    }

    /// 1 to 128 céntimos.
    [[nodiscard]] std::int64_t amount() {
        return static_cast<std::int64_t>(1 + (random_.next() & 127U));
    }

    [[nodiscard]] base::TransferId id(std::uint64_t wall_ms) {
        return base::make_uuid_v7(wall_ms, random_);
    }

    /// Milliseconds since 1970, by the clock that costs least.
    [[nodiscard]] static std::uint64_t wall_ms() {
        std::timespec time{};
        std::timespec_get(&time, TIME_UTC);
        return static_cast<std::uint64_t>(time.tv_sec) * 1'000 +
               static_cast<std::uint64_t>(time.tv_nsec) / 1'000'000;
    }

private:
    AccountChoice choice_;
    base::SeededRandom random_;
};

}  // namespace ayni::loadtest
