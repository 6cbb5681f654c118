#include <optional>
#include <string>
#include <vector>

#include "fuzz/input.h"
#include "iso8583/codec.h"
#include "iso8583/elements.h"
#include "iso8583/frame.h"
#include "iso8583/response_code.h"
#include "iso8583/times.h"

namespace {

using namespace ayni;
using namespace ayni::iso8583;

constexpr std::size_t max_frame = 600;

/// What a stream gives: its messages, then perhaps the error that ends it.
struct Heard {
    std::vector<std::string> messages;
    std::optional<std::string> error;

    friend bool operator==(const Heard&, const Heard&) = default;
};

/// The whole stream, in pieces whose sizes `sizes` says, over and over.
Heard hear(std::string_view stream, std::string_view sizes) {
    Heard heard;
    FrameReader reader(max_frame);
    std::size_t piece = 0;
    while (!stream.empty() && !heard.error) {
        const std::size_t size =
            sizes.empty() ? stream.size()
                          : 1 + static_cast<unsigned char>(sizes[piece++ % sizes.size()]);
        std::string_view received = stream.substr(0, size);
        stream.remove_prefix(received.size());
        while (!received.empty() && !heard.error) {
            const std::size_t before = received.size();
            const auto message = reader.read(received);
            if (!message) {
                heard.error = message.error().to_string();
            } else if (*message) {
                heard.messages.push_back(**message);
            } else {
                ASSERT(received.empty());
            }
            ASSERT(heard.error || received.size() < before);
        }
    }
    return heard;
}

/// What is taken out of a message can be put into it again.
void check_elements(const Message& message, base::JournalTime near) {
    Message copy = message;
    if (const auto money = money_of(message)) {
        ASSERT(set_money(copy, *money).has_value());
        ASSERT(copy == message);
    }
    if (const auto stan = stan_of(message)) {
        set_stan(copy, *stan);
        ASSERT(copy == message);
        ASSERT(stan->next() != *stan);
    }
    if (const auto time = transmission_time_of(message, near)) {
        ASSERT(transmission_time(*time) == message.get(Field::transmission_time));
    }
    if (const auto time = local_time_of(message, near)) {
        ASSERT(local_time(*time) == message.get(Field::local_time));
        ASSERT(local_date(*time) == message.get(Field::local_date));
    }
    if (const auto text = message.get(Field::original_data_elements)) {
        const auto original = parse_original_data(*text);
        if (original) ASSERT(format_original_data(*original) == std::string(*text));
    }
    if (const auto original = original_data_of(message)) {
        ASSERT(parse_original_data(*format_original_data(*original)) == *original);
    }
    if (const auto response = message.mti().response()) ASSERT(!response->response());
    if (const auto repeat = message.mti().repeat()) {
        ASSERT(repeat->is_repeat());
        ASSERT(repeat->response() == message.mti().response());
    }
}

void check_message(std::string_view bytes, base::JournalTime near) {
    for (const auto bitmap : {BitmapEncoding::binary, BitmapEncoding::hex}) {
        for (const auto second : {SecondBitmap::when_needed, SecondBitmap::always}) {
            const Profile profile{bitmap, second};
            const auto message = decode(bytes, profile);
            if (!message) {
                ASSERT(!message.error().field.empty());
                continue;
            }
            ASSERT(encode(*message, profile) == bytes);
            check_elements(*message, near);
        }
    }
}

}  // namespace

/// A time, how the stream is pieced, and the stream: frames of messages. All of the stream is taken
/// for one message, too, so that inputs without a length in front get as far.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input input(data, size);
    const base::JournalTime near{input.next<std::int64_t>()};
    const std::uint32_t sizes = input.next<std::uint32_t>();
    const std::string stream(input.rest());
    const Heard whole = hear(stream, {});
    const Heard pieced = hear(stream, {reinterpret_cast<const char*>(&sizes), sizeof sizes});
    ASSERT(whole == pieced);
    std::string again;
    for (const std::string& message : whole.messages) {
        ASSERT(message.size() <= max_frame);
        again += frame(message);
        check_message(message, near);
        ASSERT(response_of_reason(message) != approved);
        ASSERT(reason_of_response(message).has_value() == (message != approved));
    }
    ASSERT(stream.compare(0, again.size(), again) == 0);
    check_message(stream, near);
    return 0;
}
