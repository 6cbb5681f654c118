#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "walletsim/books.h"

namespace ayni::walletsim {

/// The institution's books on disk: `DIRECTORY/books.sqlite3`, which `sqlite3` can read while the
/// program runs (tables customer and transfer, view payment). One process at a time, one thread.
class Store {
public:
    struct Options {
        std::string directory;  ///< Made if it is not there.
        std::string participant;
        /// False: nothing survives a power cut, all survives a kill. For measurement.
        bool sync = true;
    };

    /// An error names the directory and why: no access, another process has it, or it belongs to
    /// another participant or a newer version.
    [[nodiscard]] static base::Result<std::unique_ptr<Store>> open(const Options& options);
    ~Store();
    Store(const Store&) = delete;
    Store& operator=(const Store&) = delete;

    /// Fills empty books with everything that was committed.
    [[nodiscard]] base::Result<void> load(Books& books);

    /// Makes what changed in `books` durable as one transaction and marks it so. A disk that fails
    /// aborts the process: nothing may be answered that is not on it.
    void commit(Books& books);

private:
    struct State;
    explicit Store(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace ayni::walletsim
