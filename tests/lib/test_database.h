#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <pqxx/pqxx>
#include <sstream>
#include <string>

/// For tests that run under tests/lib/with_postgres.
namespace ayni::test {

/// A new, empty database for each test, dropped at its end.
class WithDatabase : public testing::Test {
protected:
    void SetUp() override {
        const char* server = std::getenv("AYNI_TEST_DATABASE");
        ASSERT_NE(server, nullptr) << "run it by tests/lib/with_postgres";
        static std::atomic<int> made{0};
        name_ = "test_" + std::to_string(++made);
        server_ = server;
        on_server("CREATE DATABASE " + name_);
        connection_ = std::make_unique<pqxx::connection>(connection_string());
    }
    void TearDown() override {
        connection_.reset();
        if (!name_.empty()) on_server("DROP DATABASE " + name_ + " WITH (FORCE)");
    }

    [[nodiscard]] std::string connection_string() const {
        return server_ + " dbname=" + name_;  // the last dbname counts
    }
    [[nodiscard]] pqxx::connection& connection() { return *connection_; }

    [[nodiscard]] std::string text(const std::string& query) {
        return pqxx::nontransaction(*connection_).exec1(query)[0].as<std::string>();
    }
    [[nodiscard]] std::int64_t count(const std::string& query) {
        return pqxx::nontransaction(*connection_).exec1(query)[0].as<std::int64_t>();
    }
    void execute(const std::string& statement) {
        pqxx::nontransaction(*connection_).exec(statement);
    }

    /// The server ends, and a standby that lacks nothing is promoted in its place.
    void promote_a_standby() {
        connection_.reset();
        const char* server = std::getenv("AYNI_TEST_SERVER");
        ASSERT_NE(server, nullptr) << "run it by tests/lib/with_postgres";
        int order = -1;
        int answer = -1;
        std::istringstream(server) >> order >> answer;
        ASSERT_EQ(::write(order, "promote\n", 8), 8);
        char byte = 0;
        while (byte != '\n')
            ASSERT_EQ(::read(answer, &byte, 1), 1) << "the server did not come back";
        connection_ = std::make_unique<pqxx::connection>(connection_string());
    }

private:
    void on_server(const std::string& statement) const {
        pqxx::connection connection(server_);
        pqxx::nontransaction(connection).exec(statement);
    }

    std::string server_;
    std::string name_;
    std::unique_ptr<pqxx::connection> connection_;
};

}  // namespace ayni::test
