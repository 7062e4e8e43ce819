// SPDX-License-Identifier: Apache-2.0
//
// Where exceptions were thrown: by walking back to the throw, and by a record of the last few
// throws of the process, kept by the address of the thrown object. A report needs the record when
// the frames of the throw are gone by the time terminate() runs (a noexcept function with
// destructors in between, `throw;` out of a handler).
//
// The recorder is called by our own definitions of the functions that throw (throw_hooks.cc), which
// every throw in the program reaches; throws_are_recorded() tells whether they do: another library
// may have come first. Any thread. Recording costs some 0.3 µs of a throw's 2.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "arch/regs.h"

namespace gander::crash {

// For the hooks: the throw of `object` by the caller of the calling function.
[[gnu::noinline]] void record_throw(const void* object) noexcept;

// The return addresses of the last throw of `object`, innermost first; none when it is not among
// the last ones.
std::size_t find_throw(const void* object, std::span<std::uintptr_t> out) noexcept;

// Throws and catches once, to see. At start, since the hooks look up what they need at their first
// throw.
void try_recording() noexcept;
bool throws_are_recorded() noexcept;

// Walks from `here`, in terminate, out to the code that threw; false when the frames between are
// gone. Names what it meets: in a report only.
bool walk_to_throw(const regs& here, regs& thrower) noexcept;

}  // namespace gander::crash
