#pragma once

#include <rapidcheck.h>

#include <string>
#include <vector>

#include "property/script.h"

namespace ayni::property {

using Steps = std::vector<Step>;

/// Values of the whole range, whatever rapidcheck's size is: it begins with small ones otherwise.
template <typename T>
[[nodiscard]] rc::Gen<T> anything() {
    return rc::gen::resize(rc::kNominalSize, rc::gen::arbitrary<T>());
}

/// Scripts of up to a few hundred steps.
[[nodiscard]] inline rc::Gen<Steps> scripts() {
    return rc::gen::scale(3.0, rc::gen::container<Steps>(anything<Step>()));
}

/// The commands of a script, without a ledger that would answer them.
[[nodiscard]] inline std::vector<Command> commands_of(const Steps& steps) {
    Script script;
    std::vector<Command> commands;
    for (const Step& step : steps) {
        commands.push_back(script.make(step, {Script::start_ms * 1'000'000}, 0).command);
        script.accepted(commands.back());
    }
    return commands;
}

/// Text of these characters, long and short.
[[nodiscard]] inline rc::Gen<std::string> text_of(std::string_view characters) {
    return rc::gen::container<std::string>(rc::gen::elementOf(std::string(characters)));
}

}  // namespace ayni::property
