#include "database/attempt.h"

#include <algorithm>

namespace ayni::database {

base::Error error_of(std::string field, const std::exception& error) {
    std::string message = error.what();
    while (!message.empty() && (message.back() == '\n' || message.back() == ' ')) {
        message.pop_back();
    }
    std::replace(message.begin(), message.end(), '\n', ' ');
    return {.field = std::move(field), .message = std::move(message)};
}

}  // namespace ayni::database
