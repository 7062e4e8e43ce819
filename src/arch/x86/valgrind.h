// SPDX-License-Identifier: Apache-2.0
//
// What 386 and amd64 have in common: what valgrind is told. The numbers of the requests are part of
// its stable interface to programs.
#pragma once

#include <cstddef>
#include <cstdint>

namespace gander::arch {

// In the context.cc of each: the instructions differ.
void ask_valgrind(std::uintptr_t what, std::uintptr_t a, std::uintptr_t b) noexcept;

inline void announce_stack(std::uintptr_t low, std::uintptr_t high) noexcept {
  constexpr std::uintptr_t register_stack = 0x1501;
  ask_valgrind(register_stack, low, high);
}

inline void announce_memory(const void* begin, std::size_t bytes) noexcept {
  constexpr std::uintptr_t memcheck_make_undefined = 0x4d430001;
  ask_valgrind(memcheck_make_undefined, reinterpret_cast<std::uintptr_t>(begin), bytes);
}

}  // namespace gander::arch
