#include "telemetry/http_server.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>

namespace ayni::telemetry {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr Metric table[] = {{"ayni_answer", MetricType::gauge, "things", "The answer."}};

/// The whole answer to one request on a fresh connection.
std::string fetch(std::uint16_t port, const std::string& method, const std::string& path) {
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    std::string answer;
    if (::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0) {
        const std::string request =
            method + " " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
        EXPECT_EQ(::send(socket, request.data(), request.size(), 0),
                  static_cast<ssize_t>(request.size()));
        char buffer[4096];
        ssize_t size = 0;
        while ((size = ::recv(socket, buffer, sizeof(buffer), 0)) > 0) {
            answer.append(buffer, static_cast<std::size_t>(size));
        }
    }
    ::close(socket);
    return answer;
}

class HttpServerTest : public testing::Test {
protected:
    HttpServer::Options options() {
        return {
            .listen = "127.0.0.1:0",
            .table = table,
            .metrics = [](Scrape& scrape) { scrape.put("ayni_answer", 42); },
            .live = [] { return Health{true, "alive"}; },
            .ready = [this] { return Health{is_ready.load(), "epoch 3"}; },
            .started = [] { return Health{false, "replayed 10 commands"}; },
        };
    }

    std::atomic<bool> is_ready{false};
};

TEST_F(HttpServerTest, serves_metrics_and_health) {
    auto server = HttpServer::open(options());
    ASSERT_TRUE(server) << server.error().to_string();
    const std::uint16_t port = (*server)->port();
    ASSERT_NE(port, 0);
    EXPECT_EQ((*server)->address(), "127.0.0.1:" + std::to_string(port));

    const std::string metrics = fetch(port, "GET", "/metrics");
    EXPECT_THAT(metrics, StartsWith("HTTP/1.1 200"));
    EXPECT_THAT(metrics, HasSubstr("text/plain; version=0.0.4"));
    EXPECT_THAT(metrics, HasSubstr("\nayni_answer 42\n"));
    EXPECT_THAT(fetch(port, "GET", "/livez"), StartsWith("HTTP/1.1 200"));
    EXPECT_THAT(fetch(port, "GET", "/readyz"), StartsWith("HTTP/1.1 503"));
    is_ready = true;
    EXPECT_THAT(fetch(port, "GET", "/readyz"), StartsWith("HTTP/1.1 200"));
    const std::string started = fetch(port, "GET", "/startupz");
    EXPECT_THAT(started, StartsWith("HTTP/1.1 503"));
    EXPECT_THAT(started, HasSubstr("\r\n\r\nreplayed 10 commands\n"));
}

TEST_F(HttpServerTest, serves_nothing_else) {
    auto server = HttpServer::open(options());
    ASSERT_TRUE(server) << server.error().to_string();
    const std::uint16_t port = (*server)->port();
    EXPECT_THAT(fetch(port, "GET", "/"), StartsWith("HTTP/1.1 404"));
    EXPECT_THAT(fetch(port, "GET", "/metrics/../../etc/passwd"), StartsWith("HTTP/1.1 404"));
    EXPECT_THAT(fetch(port, "POST", "/metrics"), StartsWith("HTTP/1.1 405"));
    EXPECT_THAT(fetch(port, "PUT", "/new"), StartsWith("HTTP/1.1 405"));
}

TEST_F(HttpServerTest, an_address_that_can_not_be_listened_on_is_an_error) {
    auto server = HttpServer::open(options());
    ASSERT_TRUE(server) << server.error().to_string();
    auto taken = options();
    taken.listen = (*server)->address();
    const auto second = HttpServer::open(std::move(taken));
    ASSERT_FALSE(second);
    EXPECT_THAT(second.error().to_string(), HasSubstr("metrics.listen: can not listen on"));

    auto malformed = options();
    malformed.listen = "nowhere";
    const auto third = HttpServer::open(std::move(malformed));
    ASSERT_FALSE(third);
    EXPECT_EQ(third.error().to_string(), "metrics.listen: \"nowhere\" is not HOST:PORT");
}

}  // namespace
}  // namespace ayni::telemetry
