// SPDX-License-Identifier: Apache-2.0
//
// The exceptions that exist: in flight, caught, or held by an exception_ptr. Their objects lie in
// memory of the C++ runtime's, and may hold pointers to collected ones. The hooks of throw
// (crash/throw_hooks.cc) enter each, and take the place of its destructor, which every exception's
// end calls.
//
// Not known are exceptions that were never thrown by __cxa_throw: what std::make_exception_ptr
// makes, until it is thrown; and in programs linked with -static without gander::static_program all
// of them.
//
// A lock for each part, leaves.
#pragma once

#include <cstddef>
#include <cstdint>

namespace gander::gc::exceptions {

using destroyer = void (*)(void* object);

// From now on exceptions are entered: those thrown before there were collected objects hold none.
void begin() noexcept;

// Enters the exception; what shall be called at its end in place of `destroy`, which may be null.
destroyer enter(void* object, destroyer destroy) noexcept;

// How far an exception's object is looked through.
std::uintptr_t end_of(std::uintptr_t object) noexcept;

// Between these none comes or goes.
void hold() noexcept;
void let_go() noexcept;

// In a forked child others may have been at the list: it is left alone from now on.
void after_fork() noexcept;

namespace detail {
void for_each(void (*visit)(void* to, std::uintptr_t object), void* to) noexcept;
}

// visit(object) for the address of each. REQUIRES: held.
template <typename Visit>
void for_each(Visit&& visit) noexcept {
  detail::for_each([](void* v, std::uintptr_t object) { (*static_cast<Visit*>(v))(object); },
                   &visit);
}

}  // namespace gander::gc::exceptions
