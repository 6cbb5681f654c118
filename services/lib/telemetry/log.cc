#include "telemetry/log.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

namespace ayni::telemetry {
namespace {

std::string_view name_of(Severity severity) {
    switch (severity) {
        case Severity::info: return "info";
        case Severity::warning: return "warning";
        case Severity::error: return "error";
    }
    return "error";
}

bool is_plain(char c) {
    return static_cast<unsigned char>(c) > ' ' && c != '"' && c != '=' && c != '\\' && c != '\x7f';
}

/// A value can not forge another field or another line.
void append_value(std::string& line, std::string_view value) {
    if (!value.empty() && std::all_of(value.begin(), value.end(), is_plain)) {
        line += value;
        return;
    }
    line += '"';
    for (const char c : value) {
        if (c == '"' || c == '\\') {
            line += '\\';
            line += c;
        } else if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') {
            line += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
        } else {
            line += c;
        }
    }
    line += '"';
}

}  // namespace

std::string log_line(Severity severity, std::string_view event,
                     std::initializer_list<LogField> fields) {
    std::string line = fmt::format("level={} event={}", name_of(severity), event);
    for (const LogField& field : fields) {
        line += fmt::format(" {}=", field.name);
        append_value(line, field.value);
    }
    return line;
}

void log(Severity severity, std::string_view event, std::initializer_list<LogField> fields) {
    const auto now =
        std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
    const auto milliseconds = now.time_since_epoch().count() % 1000;
    const std::string line = fmt::format("ts={:%Y-%m-%dT%H:%M:%S}.{:03}Z {}\n",
                                         fmt::gmtime(std::chrono::system_clock::to_time_t(now)),
                                         milliseconds, log_line(severity, event, fields));
    // Nothing can be done about a log that can not be written.
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace ayni::telemetry
