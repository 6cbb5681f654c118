#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace ayni::telemetry {

enum class Severity : unsigned char { info, warning, error };

struct LogField {
    std::string_view name;
    std::string value;
};

/// Writes one event as one line of logfmt on standard error, in one write: `ts=… level=info
/// event=journal_opened batches=12`. For what happens to a process a few times a day, never for a
/// payment, and never with personal data. Any thread.
void log(Severity severity, std::string_view event, std::initializer_list<LogField> fields = {});

/// The line that `log` writes, without time and line end: values are quoted when they need it.
[[nodiscard]] std::string log_line(Severity severity, std::string_view event,
                                   std::initializer_list<LogField> fields);

}  // namespace ayni::telemetry
