// SPDX-License-Identifier: Apache-2.0
//
// Reads what others may have poisoned (asan) or are writing (tsan): built without sanitizers
// (cmake/library.cmake).
#include "collector/leak_search.h"

#include <gander/internal/chan_core.h>

#include <algorithm>
#include <bit>

#include "base/left_out.h"
#include "collector/cycle.h"
#include "crash/report_stack.h"
#include "crash/thread_table.h"
#include "heap/arena.h"
#include "heap/page_heap.h"
#include "sched/current.h"
#include "sched/sched.h"

namespace gander::collector {
namespace {

using internal::chan_core;
using internal::select_wait;

// Chunks of its own: those of the collector's marking are nobody's now, and keep no count of this.
constinit gc::work_pool pool;

// Or until a time: then the alarm lies on its stack, and the heap of alarms is a way there.
bool waits(const g_record& record) noexcept {
  return record.status.load(std::memory_order_relaxed) == g_status::waiting &&
         !record.foreign.load(std::memory_order_relaxed);
}

// Else it is still there, and never runs again: its stack is no way to anything.
bool is_of_this_run(const g_record& record) noexcept {
  return sched.active && record.world.load(std::memory_order_relaxed) == sched.world;
}

std::uintptr_t address_of(const void* object) noexcept {
  return reinterpret_cast<std::uintptr_t>(object);
}

void extend(memory_range& bounds, std::uintptr_t begin, std::uintptr_t end) noexcept {
  if (bounds.end == 0) bounds.begin = begin;
  bounds.begin = std::min(bounds.begin, begin);
  bounds.end = std::max(bounds.end, end);
}

void forget_marks() noexcept {
  heap::page_heap::for_each_span([](heap::span& s) {
    for (std::size_t i = 0; i < heap::span::words; ++i) s.exchange_marks(i, 0);
  });
}

}  // namespace

// visit(channel). False: it waits for something else than channels and locks.
template <typename Visit>
bool leak_search::for_each_channel_of(const g_record& record, Visit&& visit) noexcept {
  const void* const what = record.waits_for.load(std::memory_order_relaxed);
  switch (record.reason.load(std::memory_order_relaxed)) {
    case wait_reason::chan_receive:
    case wait_reason::chan_send:
      if (what == nullptr) return false;
      visit(address_of(what));
      return true;
    case wait_reason::select: {
      if (what == nullptr) return false;
      const auto& all = *static_cast<const select_wait*>(what);
      for (std::size_t i = 0; i < all.count; ++i)
        if (const chan_core* const core = all.entries[i].core) visit(address_of(core));
      return true;
    }
    case wait_reason::chan_receive_nil:
    case wait_reason::chan_send_nil:
    case wait_reason::select_no_cases:
    case wait_reason::semacquire:
    case wait_reason::cond_wait:
    case wait_reason::mutex_lock:
    case wait_reason::rwmutex_rlock:
    case wait_reason::rwmutex_lock:
    case wait_reason::wait_group_wait:
    case wait_reason::latch_wait:
    case wait_reason::barrier_wait:
      return true;
    default:
      return false;
  }
}

bool leak_search::find_suspects() noexcept {
  if (!suspects_.reserve(g_table::size())) return false;
  std::size_t edges = 0;
  for (std::uint32_t i = 0; i < g_table::size(); ++i) {
    g_record& record = g_table::records()[i];
    record.leaked.store(false, std::memory_order_relaxed);
    const G* const g = record.g.load(std::memory_order_relaxed);
    std::size_t channels = 0;
    const auto count = [&](std::uintptr_t) { ++channels; };
    if (g == nullptr || !waits(record)) continue;
    if (!is_of_this_run(record)) {
      record.look.store(stack_look::due, std::memory_order_relaxed);
      continue;
    }
    if (!for_each_channel_of(record, count)) continue;
    edges += channels;
    suspects_.push_back({&record, address_of(g->sp), g->stack_high});
  }
  std::sort(suspects_.begin(), suspects_.end(),
            [](const suspect& a, const suspect& b) { return a.low < b.low; });
  const std::size_t places = std::bit_ceil(2 * edges + 1);
  if (!edges_.reserve(edges) || !channels_.reserve(places) || !alive_.reserve(suspects_.size()))
    return false;
  channels_.resize(places);
  return true;
}

// Those who wait are found by what they wait for, their stacks by any address on them.
void leak_search::find_channels() noexcept {
  for (std::uint32_t i = 0; i < suspects_.size(); ++i) {
    suspect& s = suspects_[i];
    extend(stacks_, s.low, s.high + 1);
    // Its stack is looked through if it turns out to live.
    s.record->look.store(stack_look::due, std::memory_order_relaxed);
    for_each_channel_of(*s.record, [&](std::uintptr_t address) { enter(address, i); });
  }
}

leak_search::channel& leak_search::place_of(std::uintptr_t address) noexcept {
  // Fibonacci hashing: addresses differ in their middle bits.
  const std::size_t mask = channels_.size() - 1;
  std::size_t i = (address * std::uintptr_t{0x9E3779B97F4A7C15 & UINTPTR_MAX}) >> 7 & mask;
  while (channels_[i].address != 0 && channels_[i].address != address) i = (i + 1) & mask;
  return channels_[i];
}

void leak_search::enter(std::uintptr_t address, std::uint32_t who) noexcept {
  channel& c = place_of(address);
  c.address = address;
  extend(bounds_, address, address + 1);
  edges_.push_back({who, c.first});
  c.first = static_cast<std::uint32_t>(edges_.size());
}

leak_search::suspect* leak_search::find_on_stack(std::uintptr_t word) noexcept {
  suspect* const above =
      std::upper_bound(suspects_.begin(), suspects_.end(), word,
                       [](std::uintptr_t at, const suspect& s) { return at < s.low; });
  if (above == suspects_.begin()) return nullptr;
  suspect& s = above[-1];
  return word < s.high || (in_threads_ && word == s.high) ? &s : nullptr;
}

void leak_search::becomes_live(suspect& s) noexcept {
  if (s.lives) return;
  s.lives = true;
  alive_.push_back(static_cast<std::uint32_t>(&s - suspects_.begin()));
}

void leak_search::becomes_live(channel& c) noexcept {
  if (c.lives) return;
  c.lives = true;
  for (std::uint32_t at = c.first; at != 0; at = edges_[at - 1].next)
    becomes_live(suspects_[edges_[at - 1].suspect]);
}

void leak_search::look_at(std::uintptr_t word) noexcept {
  if (bounds_.holds(word))
    if (channel& c = place_of(word); c.address != 0) return becomes_live(c);
  if (stacks_.holds(word))
    if (suspect* const s = find_on_stack(word)) becomes_live(*s);
}

// A channel's list of who waits leads to their stacks, and is no way to them.
void leak_search::look_through(std::uintptr_t begin, std::uintptr_t end) noexcept {
  constexpr std::uintptr_t word = sizeof(std::uintptr_t);
  if (bounds_.holds(begin) && place_of(begin).address != 0) begin += sizeof(chan_core);
  begin = (begin + word - 1) & ~(word - 1);
  for (; begin + word <= end; begin += word)
    look_at(*reinterpret_cast<const volatile std::uintptr_t*>(begin));
}

// Until nobody more lives.
void leak_search::settle(gc::marker& marker) noexcept {
  for (;;) {
    marker.drain();
    if (alive_.empty()) return;
    while (!alive_.empty()) {
      const suspect& s = suspects_[alive_.pop_back()];
      marker.look_through(s.low, s.high);
    }
  }
}

void leak_search::note_results(bool complete) noexcept {
  for (std::uint32_t i = 0; i < g_table::size(); ++i)
    g_table::records()[i].look.store(stack_look::none, std::memory_order_relaxed);
  for (const suspect& s : suspects_)
    s.record->leaked.store(complete && !s.lives, std::memory_order_relaxed);
}

// What is looked at otherwise, if somebody lives whose it is, and what is the runtime's own.
bool leak_search::leave_out(process_memory& all) noexcept {
  std::size_t ms = 0;
  for (const M* m = sched.all_ms; m != nullptr; m = m->all_next) ++ms;
  constexpr std::size_t each_m = 4;
  constexpr std::size_t others = 16;
  if (!all.reserve(g_table::size() + edges_.size() + heap::arenas::count() + each_m * ms + others))
    return false;
  for (std::uint32_t i = 0; i < g_table::size(); ++i)
    if (const G* const g = g_table::records()[i].g.load(std::memory_order_relaxed);
        g != nullptr && g->guard_low != 0)  // not of a plain thread, which has no stack of ours
      all.leave_out({g->guard_low, address_of(g + 1)});
  for (const channel& c : channels_)
    if (c.address != 0) all.leave_out({c.address, c.address + sizeof(chan_core)});
  for (std::size_t i = 0; i < heap::arenas::count(); ++i) {
    const std::uintptr_t base = heap::arenas::at(i).base;
    all.leave_out({base, base + heap::arena_bytes});
  }
  // Of threads: what the scheduler has left below its frames, and handlers' stacks, on which the
  // registers are looked at.
  constexpr std::uintptr_t scheduler_bytes = std::uintptr_t{1} << 16;
  for (const M* m = sched.all_ms; m != nullptr; m = m->all_next) {
    all.leave_out({address_of(m), address_of(m + 1)});
    all.leave_out(
        {address_of(m->signal_stack), address_of(m->signal_stack + m->signal_stack_size)});
    const std::uintptr_t g0_sp = address_of(m->g0_sp);
    if (g0_sp != 0) all.leave_out({g0_sp - scheduler_bytes, g0_sp});
    if (m->is_helper) all.leave_out({m->stack_high - own_stack_bytes, m->stack_high});
  }
  const auto records = address_of(g_table::records());
  const auto traced = address_of(g_table::traced());
  all.leave_out({records, records + g_table::size() * sizeof(g_record)});
  all.leave_out({traced, traced + g_table::size() * sizeof(traced_g)});
  left_out::for_each([&](const memory_range& table) { all.leave_out(table); });
  all.leave_out(crash::memory_of_report_stacks());
  for (const memory_range own :
       {suspects_.memory(), channels_.memory(), edges_.memory(), alive_.memory()})
    all.leave_out(own);
  return true;
}

// Words of threads first: they count for more. (scan_roots() looks at threads once more.)
bool leak_search::look_everywhere(const data_segments& globals, process_memory& others) noexcept {
  gc::marker marker(pool);
  marker.tell_of_ranges(
      [](void* self, std::uintptr_t begin, std::uintptr_t end) {
        static_cast<leak_search*>(self)->look_through(begin, end);
      },
      this);
  scanned ignored;
  in_threads_ = true;
  scan_threads(marker, ignored);
  in_threads_ = false;
  scan_roots(marker, globals, parked::now, ignored);
  const bool complete =
      others.for_each([&](std::uintptr_t begin, std::uintptr_t end) { look_through(begin, end); });
  settle(marker);
  return complete;
}

bool leak_search::run(const data_segments& globals) noexcept {
  bool complete = find_suspects();
  if (complete) {
    find_channels();
    process_memory others;
    complete = leave_out(others) && look_everywhere(globals, others);
    forget_marks();
  }
  note_results(complete);
  return complete;
}

}  // namespace gander::collector
