// SPDX-License-Identifier: Apache-2.0
//
// The exceptions that exist: being made, in flight, caught, or held by an exception_ptr. Their
// objects lie in memory of the C++ runtime's, and may hold pointers to collected ones. The hooks of
// throw (crash/throw_hooks.cc) enter each when it gets its memory, and strike it when that goes. A
// C++ runtime may give memory back by a call that no hook sees: so an exception that is thrown also
// gets a destructor of ours in place of its own.
//
// One that comes to be thrown without having been entered (its memory came by a way that is not
// hooked, or before watch()) is entered then, and its size is not known; so one that had been
// thrown before the process first called the runtime is none. None is where the hooks are not
// found: in programs linked with -static without gander::static_program, and where the runtime is
// in a module that a program has opened whose own C++ library stands in front of it.
//
// A lock for each part, leaves.
#pragma once

#include <cstddef>
#include <cstdint>

namespace gander::gc::exceptions {

using destroyer = void (*)(void* object);

// From now on exceptions are entered: since the process has a runtime, which knows of forks.
void watch() noexcept;

// From now on there are collected objects: an exception that cannot be entered would lose them.
void begin() noexcept;

// Its memory is there, and nothing in it yet.
void enter(void* object, std::size_t bytes) noexcept;

// It is thrown. What shall be called at its end in place of `destroy`, which may be null.
destroyer enter_thrown(void* object, destroyer destroy) noexcept;

// Its memory goes.
void leave(void* object) noexcept;

// Between these none comes or goes.
void hold() noexcept;
void let_go() noexcept;

// In a forked child others may have been at the lists: they are left alone from now on.
void after_fork() noexcept;

namespace detail {
void for_each(void (*visit)(void* to, std::uintptr_t begin, std::uintptr_t end), void* to) noexcept;
}

// visit(begin, end) for what can be read of each. REQUIRES: held.
template <typename Visit>
void for_each(Visit&& visit) noexcept {
  detail::for_each([](void* v, std::uintptr_t begin,
                      std::uintptr_t end) { (*static_cast<Visit*>(v))(begin, end); },
                   &visit);
}

}  // namespace gander::gc::exceptions
