#include "disbursement/fault.h"

namespace ayni::disbursement {

std::string Fault::to_string() const {
    std::string text;
    if (line > 0) {
        text += "line " + std::to_string(line) + ", column " + std::to_string(column) + ": ";
    }
    if (!path.empty()) text += path + ": ";
    return text + reason + ": " + message;
}

}  // namespace ayni::disbursement
