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

// Whether debug information has lost the namespace of an inlined function's name.
bool is_bare_name(std::string_view function) noexcept;

// Whether a file belongs to our public headers or to the C++ library: where code that was inlined
// into a hidden function and has lost its namespace is ours, and not the user's.
bool is_library_file(std::string_view file) noexcept;

// The user's callable for which one of our templates is the bottom frame, as its type is named; ""
// for other functions.
std::string_view callable_of_entry(std::string_view function) noexcept;

}  // namespace gander::crash
