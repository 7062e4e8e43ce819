// SPDX-License-Identifier: Apache-2.0
//
// Which functions a report hides below GOTRACEBACK=system: the runtime's own, but not its public
// interface, as Go hides package runtime but for exported names; what carries an exception to
// terminate; what starts a thread. Takes names as go_function_name() prints them. Any thread, any
// stack.
#pragma once

#include <string_view>

namespace gander::crash {

bool is_runtime_function(std::string_view function) noexcept;

}  // namespace gander::crash
