#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "base/result.h"
#include "telemetry/metric.h"
#include "telemetry/scrape.h"

namespace ayni::telemetry {

/// One answer of a health endpoint: 200 or 503, and one line for the person who asks.
struct Health {
    bool is_good = false;
    std::string message;
};
using HealthCheck = std::function<Health()>;

/// Serves `/metrics`, `/livez`, `/readyz` and `/startupz` over HTTP, without TLS: it belongs on
/// loopback or on a management network. No other path, no other method than GET, no request body.
class HttpServer {
public:
    struct Options {
        std::string listen;  ///< "127.0.0.1:9400"; port 0 takes a free one.
        std::span<const Metric> table;
        MetricSource metrics;
        HealthCheck live;     ///< The process makes progress.
        HealthCheck ready;    ///< It can take work now.
        HealthCheck started;  ///< It has finished starting; the message says how far it is.
    };

    /// Serves from here on. An error when the address is not HOST:PORT or can not be listened on.
    [[nodiscard]] static base::Result<std::unique_ptr<HttpServer>> open(Options options);

    /// Stops; waits for requests in hand.
    ~HttpServer();

    /// "127.0.0.1:9400", the port as it really is.
    [[nodiscard]] const std::string& address() const;
    [[nodiscard]] std::uint16_t port() const;

private:
    struct State;
    explicit HttpServer(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace ayni::telemetry
