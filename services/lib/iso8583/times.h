#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "iso8583/message.h"

/// Dates and times of ISO 8583 have no year. Whoever reads one says what it must be near to, such
/// as the time at which the message came, and gets the moment closest to that.
namespace ayni::iso8583 {

/// Field 7: MMDDhhmmss in UTC.
[[nodiscard]] std::string transmission_time(base::JournalTime time);

/// Field 12: hhmmss in Peru (America/Lima: UTC-5, no daylight saving).
[[nodiscard]] std::string local_time(base::JournalTime time);

/// Field 13: MMDD in Peru.
[[nodiscard]] std::string local_date(base::JournalTime time);

/// Puts `time` into fields 7, 12 and 13.
void set_times(Message& message, base::JournalTime time);

/// MMDDhhmmss of a day that some year has.
[[nodiscard]] bool is_transmission_time(std::string_view text);

/// Field 7 as a moment, to the second. An error when it is missing, or no time of a year that
/// begins or ends within a year of `near`.
[[nodiscard]] base::Result<base::JournalTime> transmission_time_of(const Message& message,
                                                                   base::JournalTime near);

/// Fields 12 and 13 as a moment, under the same rules.
[[nodiscard]] base::Result<base::JournalTime> local_time_of(const Message& message,
                                                            base::JournalTime near);

}  // namespace ayni::iso8583
