// SPDX-License-Identifier: Apache-2.0
//
// The name of a function as a report prints it in front of `(...)`: demangled, without return type
// and parameters, in a form that readers of Go's dumps take. Those readers were studied: the name
// ends at the last '('; parentheses before it must be closed and must not nest; '%' begins an
// escape. Hence
//
//   int gander::chan<int>::take(bool) const        gander::chan<int>::take
//   (anonymous namespace)::worker::run(int)        (anonymous namespace)::worker::run
//   main::{lambda(int)#1}::operator()(int) const   main::{lambda(int)#1}::operator()
//   f<void (*)(int (*)())>()                       f<void (*)(int {*}{})>, nested ones as braces
//   S::operator%(int)                              S::operator%25, as Go escapes its own
//   f[abi:cxx11](), f() [clone .cold], g.part.0    f, f, g
//
// Async-signal-safe; needs up to 100 KiB of stack for a long name. Not abi::__cxa_demangle: it
// allocates, and hangs in a crash inside malloc.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace gander::crash {

inline constexpr std::size_t max_function_name = 1024;  // longer names are cut, and end in "..."

// Writes the printable name of an assembler-level symbol; returns it, within `out`.
std::string_view go_function_name(std::string_view symbol, std::span<char> out) noexcept;

// The same for a class, given what std::type_info::name() says. "(anonymous namespace)::oops" is
// all of one, where of a function's signature it would be the parameters of nothing.
std::string_view go_type_name(std::string_view mangled, std::span<char> out) noexcept;

// The part of a demangled signature that names the function.
std::string_view name_of_signature(std::string_view signature) noexcept;

}  // namespace gander::crash
