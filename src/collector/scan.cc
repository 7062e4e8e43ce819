// SPDX-License-Identifier: Apache-2.0
//
// Reads what others may have poisoned (asan) or are writing (tsan): built without sanitizers
// (cmake/library.cmake).
#include "collector/scan.h"

#include "arch/x86/saved_registers.h"
#include "base/left_out.h"
#include "collector/parked_stacks.h"
#include "crash/thread_table.h"
#include "gc/cells.h"
#include "gc/exceptions.h"
#include "gc/roots.h"
#include "gc/shade.h"
#include "os/os.h"
#include "os/page_probe.h"
#include "sched/g_table.h"
#include "sched/sched.h"
#include "sched/standing.h"

namespace gander::collector {
namespace {

bool is_on_stack(const G& g, std::uintptr_t sp) noexcept {
  return sp - g.stack_low < g.stack_high - g.stack_low;
}

// On the scheduler's stack, and not in a handler there: `scheduling` alone is set before the switch
// to that stack, with the goroutine's registers unsaved.
bool is_in_scheduler(const M& m, std::uintptr_t sp) noexcept {
  constexpr std::uintptr_t most_bytes = std::uintptr_t{1} << 18;  // of frames down there
  const auto g0_sp = reinterpret_cast<std::uintptr_t>(m.g0_sp);
  const auto signal_stack = reinterpret_cast<std::uintptr_t>(m.signal_stack);
  return m.scheduling && g0_sp - sp < most_bytes && sp - signal_stack >= m.signal_stack_size &&
         (m.curg == nullptr || !is_on_stack(*m.curg, sp));
}

constexpr std::uintptr_t page = os::probe_page_bytes;
constexpr std::size_t most_stack_bytes = std::size_t{1} << 30;

// Whether a stack that ends at `high` may stand at `low`: between the two there is no hole.
bool is_readable(std::uintptr_t low, std::uintptr_t high) noexcept {
  if (low >= high || high - low > most_stack_bytes) return false;
  for (std::uintptr_t at = high - 1; at >= low; at -= page)
    if (!os::page_is_readable(at)) return false;
  return os::page_is_readable(low);
}

std::uintptr_t lowest_readable(std::uintptr_t high) noexcept {
  std::uintptr_t low = high & ~(page - 1);
  while (high - low < most_stack_bytes && os::page_is_readable(low - 1)) low -= page;
  return low;
}

class stack_scan {
 public:
  stack_scan(gc::marker& to, scanned& count) noexcept : to_(to), count_(count) {}

  void range(std::uintptr_t begin, std::uintptr_t end) noexcept {
    if (begin >= end) return;
    count_.stack_bytes += end - begin;
    to_.look_through(begin, end);
  }

  void goroutine_from(const G& g, std::uintptr_t sp) noexcept { range(sp, g.stack_high); }

  // Where a thread stands, and what it runs.
  void thread(const M& m, const crash::thread_slot& s) noexcept {
    if (is_in_scheduler(m, s.registers.sp())) return scheduling_thread(m);
    arch::for_each_saved_register(s.ucontext, [this](std::uintptr_t begin, std::uintptr_t end) {
      to_.look_through(begin, end);
    });
    const std::uintptr_t sp = s.registers.sp();
    const std::uintptr_t low = sp - arch::red_zone_bytes;
    G* const g = m.curg;
    if (g != nullptr && !g->foreign) {
      g->scanned = number_;
      if (is_on_stack(*g, sp)) {
        goroutine_from(*g, low > g->stack_low ? low : g->stack_low);
      } else {
        goroutine_from(*g, g->stack_low);  // in a handler, or on a stack of the user's
      }
    }
    // Handlers' frames, where the thread's own stack is not what it runs on.
    if (const memory_range handlers = arch::signal_stack(s.ucontext); handlers.holds(sp))
      range(low > handlers.begin ? low : handlers.begin, handlers.end);
    if (g == nullptr || !is_on_stack(*g, sp))
      own_stack(m, low);
    else if (m.is_run_thread)
      range(reinterpret_cast<std::uintptr_t>(m.g0_sp), m.stack_high);
  }

  // It has nothing of users' in hand: its registers, and its frames down there, are of the
  // scheduler, or what the last goroutine left in them, perhaps long ago.
  void scheduling_thread(const M& m) noexcept {
    const G* const g = m.curg;  // has just been left, or is about to go on
    standing_thread(m, g != nullptr ? reinterpret_cast<std::uintptr_t>(g->sp) : 0);
  }

  // One that holds what lies on its goroutine's stack, if it has one, from `sp` on, and what the
  // caller of run() has in hand.
  void standing_thread(const M& m, std::uintptr_t sp) noexcept {
    if (G* const g = m.curg; g != nullptr) {
      g->scanned = number_;
      goroutine_from(*g, sp);
    }
    if (m.is_run_thread) range(reinterpret_cast<std::uintptr_t>(m.g0_sp), m.stack_high);
  }

  // The thread's own: a foreign thread's frames, those of the caller of run(), and the scheduler's.
  // `low`: where it stands, on that stack or elsewhere.
  void own_stack(const M& m, std::uintptr_t low) noexcept {
    if (is_readable(low, m.stack_high))
      range(low, m.stack_high);
    else if (m.is_run_thread)
      range(reinterpret_cast<std::uintptr_t>(m.g0_sp), m.stack_high);
    else if (m.foreign)  // in a handler, or on a stack of the user's
      range(lowest_readable(m.stack_high), m.stack_high);
  }

  // Of goroutines that were seen on no thread; those that are `due` are left for later.
  void others() noexcept {
    for (std::uint32_t i = 0; i < g_table::size(); ++i) {
      const g_record& record = g_table::records()[i];
      const g_status status = record.status.load(std::memory_order_relaxed);
      if (status == g_status::dead || record.foreign.load(std::memory_order_relaxed) ||
          record.look.load(std::memory_order_relaxed) == stack_look::due)
        continue;
      const G* const g = record.g.load(std::memory_order_acquire);  // pairs with make_g()
      if (g == nullptr || g->scanned == number_) continue;
      if (status != g_status::idle) {
        goroutine_from(*g, reinterpret_cast<std::uintptr_t>(g->sp));
        continue;
      }
      // Its closure is being made; or its place is only being chosen, by a thread without a P: the
      // last one's, or none's.
      const auto closure = reinterpret_cast<std::uintptr_t>(g->closure);
      if (is_on_stack(*g, closure)) goroutine_from(*g, closure);
    }
  }

  void threads() noexcept {
    for (const M* m = sched.all_ms; m != nullptr; m = m->all_next) {
      if (m->is_helper) continue;  // of ours, and without work in hand
      const int tid = m->tid;
      const crash::thread_slot* const s = tid != 0 ? crash::find_thread(tid) : nullptr;
      // First: who stands by now may have been asked before, and is where its handler says.
      if (s != nullptr && s->state() == crash::thread_state::frozen)
        thread(*m, *s);
      else if (const std::uintptr_t sp = stands_at(*m); sp != 0 && !m->exited.load())
        standing_thread(*m, sp);
    }
  }

 private:
  gc::marker& to_;
  scanned& count_;
  const std::uint64_t number_ = ++numbers;
  static inline std::uint64_t numbers = 0;
};

void scan_exceptions(gc::marker& to) noexcept {
  gc::exceptions::for_each(
      [&](std::uintptr_t begin, std::uintptr_t end) { to.look_through(begin, end); });
}

// Of modules, and the cells of gc::root.
void scan_globals(gc::marker& to, const data_segments& globals, scanned& count) noexcept {
  globals.for_each([&](std::uintptr_t begin, std::uintptr_t end) { to.look_through(begin, end); });
  count.global_bytes = globals.bytes();
  gc::roots::for_each([&](std::uintptr_t word) { to.look_at(word); });
}

void look_at(const gc::shade_buffer* first, gc::marker& to) noexcept {
  for (const gc::shade_buffer* b = first; b != nullptr; b = b->next)
    gc::shade::for_each(b, [&](std::uintptr_t word) { to.look_at(word); });
}

}  // namespace

void data_segments::find() noexcept {
  count_ = bytes_ = 0;
  os::for_each_data_segment(
      [](void* raw, std::uintptr_t begin, std::uintptr_t end) {
        static_cast<data_segments*>(raw)->add_all_but_left_out({begin, end});
      },
      this);
}

void data_segments::add_all_but_left_out(memory_range rest) noexcept {
  bool opens_segment = true;
  while (rest.begin < rest.end) {
    memory_range next = {rest.end, rest.end};
    left_out::for_each([&](const memory_range& table) {
      if (rest.begin <= table.begin && table.begin < next.begin) next = table;
    });
    if (rest.begin < next.begin) {
      add({rest.begin, next.begin}, opens_segment);
      opens_segment = false;
    }
    rest.begin = next.end;
  }
}

void data_segments::add(memory_range r, bool opens_segment) noexcept {
  if (count_ == all_.size()) throw_("more modules than the collector can look at");
  all_[count_++] = {r, opens_segment};
  bytes_ += r.end - r.begin;
}

void scan_threads(gc::marker& to, scanned& count) noexcept { stack_scan(to, count).threads(); }

void scan_certain_roots(gc::marker& to, scanned& count) noexcept {
  const auto look = [&](std::uintptr_t word) { to.look_at(word); };
  stack_scan(to, count).threads();
  gc::roots::for_each(look);
  for_each_stored(look);
}

void scan_roots(gc::marker& to, const data_segments& globals, parked when,
                scanned& count) noexcept {
  stack_scan stacks(to, count);
  stacks.threads();
  if (when == parked::later) parked_stacks::put_off();
  stacks.others();
  scan_globals(to, globals, count);
  gc::cells::for_each(
      [&](std::uintptr_t begin, std::uintptr_t end) { to.look_through(begin, end); });
  scan_exceptions(to);
}

void scan_shaded(gc::marker& to) noexcept {
  const auto look = [&](std::uintptr_t word) { to.look_at(word); };
  for (const M* m = sched.all_ms; m != nullptr; m = m->all_next)
    gc::shade::for_each(m->shaded, look);
  gc::shade_buffer* const full = gc::shade::take_full();
  look_at(full, to);
  gc::shade::give_back(full);
}

bool scan_full_buffers(gc::marker& to) noexcept {
  if (!gc::shade::any_to_be_marked()) return false;
  gc::shade::hold();
  gc::shade_buffer* const full = gc::shade::take_full();
  gc::shade::let_go();
  if (full == nullptr) return false;
  look_at(full, to);
  gc::shade::hold();
  gc::shade::give_back(full);
  gc::shade::let_go();
  return true;
}

}  // namespace gander::collector
