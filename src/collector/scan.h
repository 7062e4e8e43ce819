// SPDX-License-Identifier: Apache-2.0
//
// The roots: all that is not in the heap and may hold an object, in a stop (stop.h).
//
// A goroutine that runs is where its thread was interrupted; one in whose stead a handler ran is
// somewhere on its stack, which is looked through whole; all others are where their saved context
// says. Registers lie in the frame of the freeze's handler; those of a thread in the scheduler,
// which has no user's value, are not looked at. docs/design/gc.md.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/memory_range.h"
#include "gc/marker.h"
#include "gc/shade.h"
#include "os/page_probe.h"
#include "sched/sched.h"

namespace gander::collector {

// The writable data of all modules, but for what is left out of it, asked for outside of the stop,
// for the loader has a lock. A module that is loaded between that and the stop has only just been:
// its constructors have not run, or their values are on the stack of the thread that loads it.
class data_segments {
 public:
  void find() noexcept;
  std::size_t bytes() const noexcept { return bytes_; }

  // Visits no piece of a module that has been unloaded meanwhile.
  template <typename Visit>
  void for_each(Visit&& visit) const noexcept {
    bool is_there = true;
    for (std::size_t i = 0; i < count_; ++i) {
      const piece& p = all_[i];
      if (p.opens_segment) is_there = os::page_is_readable(p.range.begin);
      if (is_there) visit(p.range.begin, p.range.end);
    }
  }

 private:
  struct piece {
    memory_range range;
    bool opens_segment;
  };
  void add_all_but_left_out(memory_range rest) noexcept;
  void add(memory_range r, bool opens_segment) noexcept;

  std::array<piece, 1024> all_{};
  std::size_t count_ = 0;
  std::size_t bytes_ = 0;
};

struct scanned {
  std::size_t stack_bytes = 0;
  std::size_t global_bytes = 0;
};

// What threads hold: registers, and the stacks of what runs on them.
void scan_threads(gc::marker& to, scanned& count) noexcept;

// Everything; threads included. `later`: but for the stacks that are noted as due
// (parked_stacks.h).
enum class parked { now, later };
void scan_roots(gc::marker& to, const data_segments& globals, parked when, scanned& count) noexcept;

// What the hybrid barrier promises is held, and no more: what threads hold, what gc::roots hold,
// and what was stored since marking began. To a look a word that is no pointer is like any other,
// and the first look may not have seen it: one that nobody has written since, on the stack of a
// parked goroutine, whose frames come to lie over old ones, or in the runtime's cells, which come
// from the C++ heap as others left them; and two counts beside each other in a global, which have
// only just come to look like an address.
void scan_certain_roots(gc::marker& to, scanned& count) noexcept;

// visit(word) for what was stored while marking has been under way, where that is remembered.
template <typename Visit>
void for_each_stored(Visit&& visit) noexcept {
  for (const M* m = sched.all_ms; m != nullptr; m = m->all_next)
    gc::shade::for_each(m->written, visit);
  for (const gc::shade_buffer* b = gc::shade::first_full(gc::shade::told::to_be_checked);
       b != nullptr; b = b->next)
    gc::shade::for_each(b, visit);
}

// What the barrier was told of since marking began. In a stop.
void scan_shaded(gc::marker& to) noexcept;

// What is in full buffers of that; false: nothing. The collector's thread, outside of a stop.
bool scan_full_buffers(gc::marker& to) noexcept;

}  // namespace gander::collector
