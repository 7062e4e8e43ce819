// SPDX-License-Identifier: Apache-2.0
//
// The memory in which the kernel keeps a thread's registers while a handler runs: what only a
// register holds, the vector registers' halves too, is found there.
#pragma once

#include <ucontext.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "base/memory_range.h"

namespace gander::arch {

// visit(begin, end) for each piece. [signal]
template <typename Visit>
void for_each_saved_register(const void* ucontext, Visit&& visit) noexcept {
  const auto& context = *static_cast<const ucontext_t*>(ucontext);
  const auto begin = reinterpret_cast<std::uintptr_t>(&context);
  visit(begin, begin + sizeof context);
  const auto vectors = reinterpret_cast<std::uintptr_t>(context.uc_mcontext.fpregs);
  if (vectors == 0) return;
  // The layout of FXSAVE, on 386 behind that of FSAVE; in its last bytes the kernel says how much
  // more there is.
  constexpr std::size_t legacy_bytes = sizeof(void*) == 8 ? 0 : 112;
  constexpr std::size_t fxsave_bytes = 512;
  constexpr std::size_t note_at = 464;
  constexpr std::uint32_t magic = 0x46505853;  // FP_XSTATE_MAGIC1
  constexpr std::size_t most_bytes = 1 << 16;
  std::uint32_t note[2];
  std::memcpy(note, reinterpret_cast<const void*>(vectors + legacy_bytes + note_at), sizeof note);
  std::size_t bytes = legacy_bytes + fxsave_bytes;
  if (note[0] == magic) bytes = std::clamp<std::size_t>(note[1], bytes, most_bytes);
  visit(vectors, vectors + bytes);
}

// The stack for handlers that the thread had when it was interrupted, the runtime's or its own.
inline memory_range signal_stack(const void* ucontext) noexcept {
  const stack_t& stack = static_cast<const ucontext_t*>(ucontext)->uc_stack;
  const auto begin = reinterpret_cast<std::uintptr_t>(stack.ss_sp);
  return {begin, begin + stack.ss_size};  // without one the size is zero
}

// Below the stack pointer, what a leaf function may use.
inline constexpr std::size_t red_zone_bytes = sizeof(void*) == 8 ? 128 : 0;

}  // namespace gander::arch
