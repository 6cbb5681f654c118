#include "telemetry/http_server.h"

#include <civetweb.h>
#include <fmt/format.h>

#include <charconv>
#include <optional>

namespace ayni::telemetry {
namespace {

struct HostAndPort {
    std::string host;
    std::uint16_t port = 0;
};

std::optional<HostAndPort> split(const std::string& listen) {
    const std::size_t colon = listen.rfind(':');
    if (colon == std::string::npos || colon == 0) return std::nullopt;
    HostAndPort result{listen.substr(0, colon), 0};
    const char* end = listen.data() + listen.size();
    const auto parsed = std::from_chars(listen.data() + colon + 1, end, result.port);
    if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
    return result;
}

int answer(mg_connection* connection, int code, std::string_view type, std::string_view body) {
    mg_printf(connection,
              "HTTP/1.1 %d %s\r\nContent-Type: %.*s\r\nContent-Length: %zu\r\n"
              "X-Content-Type-Options: nosniff\r\n\r\n",
              code, mg_get_response_code_text(connection, code), static_cast<int>(type.size()),
              type.data(), body.size());
    mg_write(connection, body.data(), body.size());
    return code;
}

constexpr std::string_view plain_text = "text/plain; charset=utf-8";
constexpr std::string_view metrics_text = "text/plain; version=0.0.4; charset=utf-8";

}  // namespace

struct HttpServer::State {
    Options options;
    mg_context* context = nullptr;
    std::string address;
    std::uint16_t port = 0;

    ~State() {
        if (context != nullptr) mg_stop(context);
    }

    int handle(mg_connection* connection) const {
        const mg_request_info* request = mg_get_request_info(connection);
        const std::string_view method = request->request_method;
        const std::string_view path = request->local_uri;
        if (method != "GET") return answer(connection, 405, plain_text, "only GET\n");
        if (path == "/metrics") {
            Scrape scrape(options.table);
            options.metrics(scrape);
            return answer(connection, 200, metrics_text, render(scrape.take()));
        }
        if (path == "/livez") return health(connection, options.live);
        if (path == "/readyz") return health(connection, options.ready);
        if (path == "/startupz") return health(connection, options.started);
        return answer(connection, 404, plain_text, "/metrics /livez /readyz /startupz\n");
    }

    static int health(mg_connection* connection, const HealthCheck& check) {
        const Health result = check();
        return answer(connection, result.is_good ? 200 : 503, plain_text, result.message + "\n");
    }
};

base::Result<std::unique_ptr<HttpServer>> HttpServer::open(Options options) {
    const auto endpoint = split(options.listen);
    if (!endpoint) {
        return base::failure("metrics.listen",
                             fmt::format("\"{}\" is not HOST:PORT", options.listen));
    }
    auto state = std::make_unique<State>();
    state->options = std::move(options);

    // civetweb would serve files without an empty document root, and has 50 threads by default.
    const char* settings[] = {"listening_ports",
                              state->options.listen.c_str(),
                              "num_threads",
                              "4",
                              "request_timeout_ms",
                              "5000",
                              nullptr};
    const mg_callbacks callbacks{};
    state->context = mg_start(&callbacks, nullptr, settings);
    if (state->context == nullptr) {
        return base::failure("metrics.listen",
                             fmt::format("can not listen on {}", state->options.listen));
    }
    mg_set_request_handler(
        state->context, "/",
        [](mg_connection* connection, void* context) {
            return static_cast<const State*>(context)->handle(connection);
        },
        state.get());

    mg_server_port ports[1] = {};
    if (mg_get_server_ports(state->context, 1, ports) != 1) {
        return base::failure("metrics.listen",
                             fmt::format("can not listen on {}", state->options.listen));
    }
    state->port = static_cast<std::uint16_t>(ports[0].port);
    state->address = fmt::format("{}:{}", endpoint->host, state->port);
    return std::unique_ptr<HttpServer>(new HttpServer(std::move(state)));
}

HttpServer::HttpServer(std::unique_ptr<State> state) : state_(std::move(state)) {}
HttpServer::~HttpServer() = default;

const std::string& HttpServer::address() const { return state_->address; }
std::uint16_t HttpServer::port() const { return state_->port; }

}  // namespace ayni::telemetry
