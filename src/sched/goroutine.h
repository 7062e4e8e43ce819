// SPDX-License-Identifier: Apache-2.0
//
// Making goroutines, in the two steps that the header code of gander::go takes: a G with room for
// the closure, made inside the border; the closure moved there by user code, outside; then the
// start.
#pragma once

#include <cstddef>
#include <cstdint>

#include "sched/g.h"

namespace gander {

struct goroutine_request {
  std::size_t closure_size;
  std::size_t closure_alignment;
  unsigned stack_class;  // 0: the default of this run
  const char* name;
  std::uintptr_t creator_pc;
};

// An idle G whose `closure` points to room on its own stack; nullptr when there is no memory, or
// max_goroutines are in use. REQUIRES: a run() is on.
G* new_goroutine(const goroutine_request& request) noexcept;

// Its closure could not be made.
void cancel_goroutine(G* g) noexcept;

// `entry(closure)` runs on a new goroutine, outside the border.
void start_goroutine(G* g, void (*entry)(void*)) noexcept;

// Ends the calling goroutine after its frames have been unwound. Its G may be reused at once.
[[noreturn]] void finish_goroutine() noexcept;

// Goroutines of this run that have started and not ended.
std::size_t live_goroutines() noexcept;

// The default stack class of the next run, and how many goroutines it may have, 0 for any number.
// REQUIRES: between runs.
void set_default_stack_class(unsigned stack_class) noexcept;
void limit_goroutines(std::uint32_t max) noexcept;

}  // namespace gander
