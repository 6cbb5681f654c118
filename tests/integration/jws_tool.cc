#include <cstdint>
#include <iostream>
#include <sstream>
#include <string>
#include <utility>

#include "base/assert.h"
#include "signing/base64url.h"
#include "signing/jws.h"

// Signs and verifies for jws_interop: jws_tool SIGNING_KEY VERIFICATION_KEY. Each line of standard
// input is a question, each line of standard output its answer. Payloads are in base64url, "-" is
// the empty one.
//
//   id                               the ids of the two keys
//   sign TIME PAYLOAD                the JWS
//   sign-detached TIME PAYLOAD       the JWS without its payload
//   verify TIME JWS                  ok PAYLOAD, or refused and why
//   verify-detached TIME JWS PAYLOAD ok PAYLOAD, or refused and why

namespace {

using namespace ayni;

constexpr std::int64_t tolerance_seconds = 60;

struct Question {
    std::string what;
    std::int64_t time_seconds = 0;
    std::string first;
    std::string second;
};

Question parse(const std::string& line) {
    Question question;
    std::istringstream words(line);
    words >> question.what >> question.time_seconds >> question.first >> question.second;
    return question;
}

std::string payload_of(const std::string& text) {
    return text == "-" ? "" : signing::from_base64url(text).value();
}

std::string text_of(const std::string& payload) {
    return payload.empty() ? "-" : signing::to_base64url(payload);
}

std::string refused(const base::Error& error) { return "refused " + error.to_string(); }

class Tool {
public:
    Tool(signing::SigningKey signing_key, const signing::VerificationKey& verification_key)
        : signing_key_(std::move(signing_key)), key_id_(verification_key.id()) {
        const auto added =
            ring_.add(verification_key, {.from_seconds = 0, .to_seconds = INT64_MAX});
        ASSERT(added.has_value());
    }

    [[nodiscard]] std::string answer(const Question& question) const {
        const signing::Stamp stamp{.issued_at_seconds = question.time_seconds, .type = "JOSE"};
        const signing::Freshness fresh{.now_seconds = question.time_seconds,
                                       .tolerance_seconds = tolerance_seconds};
        if (question.what == "id") return signing_key_.id() + ' ' + key_id_;
        if (question.what == "sign") {
            return signed_as(signing::sign(signing_key_, payload_of(question.first), stamp));
        }
        if (question.what == "sign-detached") {
            return signed_as(
                signing::sign_detached(signing_key_, payload_of(question.first), stamp));
        }
        if (question.what == "verify") {
            const auto message = signing::verify(question.first, ring_, fresh);
            return message ? "ok " + text_of(message->payload) : refused(message.error());
        }
        if (question.what == "verify-detached") {
            const auto header =
                signing::verify_detached(question.first, payload_of(question.second), ring_, fresh);
            return header ? "ok " + question.second : refused(header.error());
        }
        return "unknown question";
    }

private:
    static std::string signed_as(const base::Result<std::string>& jws) {
        return jws ? *jws : refused(jws.error());
    }

    signing::SigningKey signing_key_;
    std::string key_id_;
    signing::KeyRing ring_;
};

}  // namespace

int main(int count, char** arguments) {
    if (count != 3) {
        std::cerr << "usage: jws_tool SIGNING_KEY VERIFICATION_KEY\n";
        return 2;
    }
    auto signing_key = signing::SigningKey::open(arguments[1]);
    const auto verification_key = signing::VerificationKey::open(arguments[2]);
    if (!signing_key || !verification_key) {
        const auto& error = signing_key ? verification_key.error() : signing_key.error();
        std::cerr << error.to_string() << '\n';
        return 1;
    }
    const Tool tool(std::move(*signing_key), *verification_key);
    for (std::string line; std::getline(std::cin, line);) {
        std::cout << tool.answer(parse(line)) << std::endl;
    }
    return 0;
}
