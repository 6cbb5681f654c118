#include "loadtest/run.h"

#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <limits>

#include "loadtest/lanes.h"

namespace ayni::loadtest {

namespace {

constexpr std::int64_t second = 1'000'000'000;
constexpr std::int64_t millisecond = 1'000'000;

void sleep_until(std::int64_t steady) {
    const timespec time{.tv_sec = steady / second, .tv_nsec = steady % second};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, nullptr) != 0) {
    }
}

/// Of a process that is gone: -1.
std::int64_t cpu_nanoseconds_of(int pid) {
    clockid_t clock{};
    timespec time{};
    if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &time) != 0) return -1;
    return time.tv_sec * second + time.tv_nsec;
}

class CpuMeter {
public:
    explicit CpuMeter(const Options& options) : processes_(options.watched) {
        processes_["loadgen"] = 0;  // clock_getcpuclockid's name for the caller
    }
    void start() {
        for (const auto& [name, pid] : processes_) start_[name] = cpu_nanoseconds_of(pid);
    }
    [[nodiscard]] std::map<std::string, std::int64_t> microseconds() const {
        std::map<std::string, std::int64_t> result;
        for (const auto& [name, pid] : processes_) {
            const std::int64_t now = cpu_nanoseconds_of(pid);
            result[name] = now < 0 ? -1 : (now - start_.at(name)) / 1'000;
        }
        return result;
    }

private:
    std::map<std::string, int> processes_;
    std::map<std::string, std::int64_t> start_;
};

/// Offers until nobody can take more.
void offer_to_all(std::vector<std::unique_ptr<Lane>>& lanes) {
    bool any = true;
    while (any) {
        any = false;
        for (const auto& lane : lanes) any = lane->offer() || any;
    }
}

/// Offers what is due until `until`. In a closed loop lanes go on by themselves once started.
void offer_until(Work& work, std::vector<std::unique_ptr<Lane>>& lanes, std::int64_t until) {
    // Arrivals closer together than this share one wake-up, which costs more than a call does. What
    // they wait for it counts as latency.
    constexpr std::int64_t shortest_sleep = 50'000;
    std::int64_t now = steady_nanoseconds();
    while (now < until && !work.is_over(now)) {
        offer_to_all(lanes);
        now = steady_nanoseconds();
        const std::int64_t next = work.is_open_loop()
                                      ? std::max(work.next_due(), now + shortest_sleep)
                                      : now + 100 * millisecond;
        sleep_until(std::min(next, until));
        now = steady_nanoseconds();
    }
}

std::uint64_t in_flight_of(const std::vector<std::unique_ptr<Lane>>& lanes) {
    std::uint64_t sum = 0;
    for (const auto& lane : lanes) sum += lane->in_flight();
    return sum;
}

/// Waits until everything is answered; the number of calls that were not within the patience.
std::uint64_t drain(const std::vector<std::unique_ptr<Lane>>& lanes) {
    constexpr std::int64_t patience = 30 * second;
    const std::int64_t give_up = steady_nanoseconds() + patience;
    while (in_flight_of(lanes) > 0 && steady_nanoseconds() < give_up) {
        sleep_until(steady_nanoseconds() + millisecond / 10);
    }
    return in_flight_of(lanes);
}

std::string quoted(const std::string& text) {
    std::string result = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            result += '\\';
            result += c;
        } else if (static_cast<unsigned char>(c) < 0x20) {
            result += fmt::format("\\u{:04x}", c);
        } else {
            result += c;
        }
    }
    return result + "\"";
}

template <typename Number>
std::string json_object(const std::map<std::string, Number>& numbers) {
    std::string result;
    for (const auto& [name, number] : numbers) {
        result += fmt::format("{}{}:{}", result.empty() ? "" : ",", quoted(name), number);
    }
    return "{" + result + "}";
}

}  // namespace

RunResult run(const Options& options, std::vector<std::unique_ptr<Lane>>& lanes) {
    const std::uint64_t items = items_of_call(options);
    const bool is_counted = options.count > 0;
    const std::int64_t begin = steady_nanoseconds() + millisecond;
    Window window{.start = begin, .end = std::numeric_limits<std::int64_t>::max() / 2};
    if (!is_counted) {
        window.start += static_cast<std::int64_t>(options.warmup_seconds * 1e9);
        window.end = window.start + static_cast<std::int64_t>(options.seconds * 1e9);
    }
    Work work({.calls_per_second = options.rate / static_cast<double>(items),
               .gaps = options.constant_gaps ? ArrivalSchedule::Gaps::constant
                                             : ArrivalSchedule::Gaps::poisson,
               .seed = options.seed,
               .calls = (options.count + items - 1) / items},
              begin, window.end);
    for (const auto& lane : lanes) lane->start(work, window);

    CpuMeter meter(options);
    sleep_until(begin);
    offer_until(work, lanes, window.start);
    meter.start();
    offer_until(work, lanes, window.end);

    RunResult result;
    if (!is_counted) result.cpu_microseconds = meter.microseconds();
    result.unanswered = drain(lanes);
    if (is_counted) result.cpu_microseconds = meter.microseconds();
    for (const auto& lane : lanes) lane->close();
    result.tally = std::make_unique<Tally>();
    for (const auto& lane : lanes) result.tally->add(lane->tally());
    const std::int64_t end = is_counted ? result.tally->last_answer() : window.end;
    result.seconds = std::max(1e-9, static_cast<double>(end - window.start) / 1e9);
    return result;
}

std::string to_json(const Options& options, const RunResult& result) {
    const Tally& tally = *result.tally;
    const Histogram& latencies = tally.latencies();
    const auto microseconds = [&](double fraction) {
        return static_cast<double>(latencies.value_at(fraction)) / 1e3;
    };
    std::string text = fmt::format(
        "\"rate\":{:.1f},\"seconds\":{:.3f},\"ok\":{},\"ok_with_warmup\":{},\"unanswered\":{}",
        static_cast<double>(tally.answered_in_window()) / result.seconds, result.seconds,
        tally.answered_in_window(), tally.answered(), result.unanswered);
    text += fmt::format(
        ",\"p50_us\":{:.1f},\"p90_us\":{:.1f},\"p99_us\":{:.1f},\"p99_9_us\":{:.1f},"
        "\"max_us\":{:.1f}",
        microseconds(0.5), microseconds(0.9), microseconds(0.99), microseconds(0.999),
        static_cast<double>(latencies.max()) / 1e3);
    text += fmt::format(",\"loop\":\"{}\",\"offered_rate\":{:.1f},\"in_flight\":{}",
                        options.rate > 0 ? "open" : "closed", options.rate, options.in_flight);
    text += ",\"errors\":" + json_object(tally.failures());
    if (!tally.first_failure().empty()) {
        text += ",\"first_error\":" + quoted(tally.first_failure());
    }
    return "{" + text + ",\"cpu_us\":" + json_object(result.cpu_microseconds) + "}";
}

}  // namespace ayni::loadtest
