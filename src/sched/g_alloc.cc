// SPDX-License-Identifier: Apache-2.0
//
// Gs with their stacks: made, cached, used again.
//
// A dead G of the default stack size goes to its P's cache, last in first out, since its stack is
// warm; when the cache is full half of it goes to the global list. Other sizes have only global
// lists. Pages of stacks that were used deeply are given back at once for other sizes, and by the
// scavenger for the default one: to ask about each would cost as much as all else that a short
// goroutine costs.
#include <new>

#include "base/relaxed.h"
#include "os/os.h"
#include "sched/g_table.h"
#include "sched/goroutine.h"
#include "sched/sanitizer.h"
#include "sched/scavenger.h"
#include "sched/sched.h"
#include "stack/stack.h"

namespace gander {
namespace {

constexpr std::uint32_t cache_max = 64;

// Gs lie at the same place of their pages otherwise, and then compete for a few cache sets.
constexpr std::uint32_t colors = 16;
constexpr std::size_t color_step = 64;

struct free_list {
  lock guard;
  relaxed<G*> head{nullptr};  // written under the lock; others look whether there is any
};
free_list free_gs[stack::max_class + 1];
std::atomic<std::uint32_t> next_color{0};

std::atomic<std::uint64_t> goid_source{2};  // 1 is the main goroutine of every run()
constexpr std::uint32_t goid_block = 16;

relaxed<std::uint32_t> limit{0};       // run_options::max_goroutines; 0: none
std::atomic<std::uint32_t> in_use{0};  // of this run; counted only where there is a limit

// relaxed: a number, which publishes nothing.
bool admit() noexcept {
  if (limit == 0) return true;
  if (in_use.fetch_add(1, std::memory_order_relaxed) < limit) return true;
  in_use.fetch_sub(1, std::memory_order_relaxed);
  return false;
}

void leave() noexcept {
  if (limit != 0) in_use.fetch_sub(1, std::memory_order_relaxed);
}

G* make_g(unsigned stack_class) noexcept {
  if (!g_table::reserve()) return nullptr;
  const stack::slot slot = stack::allocate(stack_class);
  if (slot.low == 0) {
    g_table::give_back();
    return nullptr;
  }
  g_record* const record = g_table::take();
  const std::uint32_t color = next_color.fetch_add(1, std::memory_order_relaxed) % colors;
  G* const g = new (reinterpret_cast<void*>(slot.high - sizeof(G) - color * color_step)) G;
  g->record = record;
  g->stack_class = static_cast<std::uint8_t>(stack_class);
  g->guard_low = slot.low;
  g->stack_low = slot.low + stack::guard_size;
  g->stack_high = reinterpret_cast<std::uintptr_t>(g);
  record->g.store(g, std::memory_order_release);
  return g;
}

G* pop(free_list& from) noexcept {
  lock_scope held(from.guard);
  G* const g = from.head;
  if (g != nullptr) from.head = g->link;
  return g;
}

void trim(const G* g) noexcept {
  const std::uintptr_t kept = g->stack_high - stack::kept_size;
  if (kept > g->stack_low && stack::uses_page_below(kept)) stack::discard(g->stack_low, kept);
}

void give_to_all(G* first) noexcept {
  G* last = first;
  while (last->link != nullptr) last = last->link;
  free_list& to = free_gs[stack::default_class];
  lock_scope held(to.guard);
  last->link = to.head;
  to.head = first;
}

// Half of a full cache, coldest first, goes to the global list.
void spill_cache(P* p) noexcept {
  G* last_kept = p->free_gs;
  for (std::uint32_t i = 1; i < cache_max / 2; ++i) last_kept = last_kept->link;
  G* const first = last_kept->link;
  last_kept->link = nullptr;
  p->free_count = cache_max / 2;
  give_to_all(first);
}

void refill_cache(P* p) noexcept {
  free_list& from = free_gs[stack::default_class];
  lock_scope held(from.guard);
  while (from.head != nullptr && p->free_count < cache_max / 2) {
    G* const g = from.head;
    from.head = g->link;
    g->link = p->free_gs;
    p->free_gs = g;
    ++p->free_count;
  }
}

}  // namespace

void release_cache(P* p) noexcept {
  if (p->free_gs == nullptr) return;
  give_to_all(p->free_gs);
  p->free_gs = nullptr;
  p->free_count = 0;
}

void limit_goroutines(std::uint32_t max) noexcept {
  limit = max;
  in_use.store(0, std::memory_order_relaxed);  // those of ended runs are never put back
}

G* get_g(M* m, unsigned stack_class) noexcept {
  if (!admit()) return nullptr;
  G* g = nullptr;
  P* const p = m->p;
  if (p != nullptr && stack_class == stack::default_class) {
    if (p->free_gs == nullptr && free_gs[stack_class].head != nullptr)  // a hint
      refill_cache(p);
    if ((g = p->free_gs) != nullptr) {
      p->free_gs = g->link;
      --p->free_count;
    }
  } else {
    g = pop(free_gs[stack_class]);
  }
  if (g == nullptr && (g = make_g(stack_class)) == nullptr) {
    leave();
    return nullptr;
  }
  g->link = nullptr;
  revive(*g->record, g_status::idle);
  sanitizer::create(g);
  return g;
}

void put_g(M* m, G* g) noexcept {
  leave();
  sanitizer::destroy(g);
  P* const p = m->p;
  if (p != nullptr && g->stack_class == stack::default_class) {
    g->link = p->free_gs;
    p->free_gs = g;
    if (++p->free_count >= cache_max) spill_cache(p);
    return;
  }
  if (g->stack_class != stack::default_class) trim(g);
  free_list& to = free_gs[g->stack_class];
  lock_scope held(to.guard);
  g->link = to.head;
  to.head = g;
}

G* new_pseudo_g(M* m) noexcept {
  static lock guard;
  static G* block = nullptr;
  static std::size_t left = 0;
  constexpr std::size_t block_bytes = 64 * 1024;
  if (!g_table::reserve()) return nullptr;
  lock_scope held(guard);
  if (left == 0) {
    block = static_cast<G*>(os::reserve(block_bytes));
    if (block == nullptr) {
      g_table::give_back();
      return nullptr;
    }
    left = block_bytes / sizeof(G);
  }
  g_record* const record = g_table::take();
  --left;
  G* const g = new (block++) G;
  g->record = record;
  g->m = m;
  g->foreign = true;
  record->foreign.store(true, std::memory_order_relaxed);
  record->g.store(g, std::memory_order_release);
  return g;
}

std::uint64_t new_goid(P* p) noexcept {
  if (p == nullptr) return goid_source.fetch_add(1, std::memory_order_relaxed);
  if (p->goid_left == 0) {
    p->goid_base = goid_source.fetch_add(goid_block, std::memory_order_relaxed);
    p->goid_left = goid_block;
  }
  return p->goid_base + (goid_block - p->goid_left--);
}

}  // namespace gander
