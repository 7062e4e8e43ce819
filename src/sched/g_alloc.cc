// SPDX-License-Identifier: Apache-2.0
//
// Gs with their stacks: made, cached, used again.
//
// A dead G of the default stack size goes to its P's cache, last in first out, since its stack is
// warm; when the cache is full the colder half of it goes to the global list, in a batch, and from
// there to a P whose cache is empty. Other sizes have only global lists. Pages of stacks that were
// used deeply are given back at once for other sizes, and by the scavenger for the default one: to
// ask about each would cost as much as all else that a short goroutine costs.
#include <new>
#include <utility>

#include "base/relaxed.h"
#include "os/os.h"
#include "sched/g_cache.h"
#include "sched/g_table.h"
#include "sched/goroutine.h"
#include "sched/sanitizer.h"
#include "sched/scavenger.h"
#include "sched/sched.h"
#include "stack/stack.h"

namespace gander {
namespace {

// Gs lie at the same place of their pages otherwise, and then compete for a few cache sets.
constexpr std::uint32_t colors = 16;
constexpr std::size_t color_step = 64;

struct free_list {
  lock guard;
  relaxed<g_batch*> head{nullptr};  // written under the lock; others look whether there is any
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

G* take_one(free_list& from) noexcept {
  lock_scope held(from.guard);
  g_batch* const b = from.head;
  if (b == nullptr) return nullptr;
  if (b->size() == 1) from.head = std::exchange(b->next, nullptr);
  return b->take();
}

void put_one(free_list& to, G* g) noexcept {
  lock_scope held(to.guard);
  if (g_batch* const b = to.head; b != nullptr && !b->full()) return b->add(g);
  g_batch* const b = g_batch::of(g);
  b->next = to.head;
  to.head = b;
}

g_batch* take_batch(free_list& from) noexcept {
  lock_scope held(from.guard);
  g_batch* const b = from.head;
  if (b != nullptr) from.head = b->next;
  return b;
}

void put_batch(free_list& to, g_batch* b) noexcept {
  lock_scope held(to.guard);
  b->next = to.head;
  to.head = b;
}

void trim(const G* g) noexcept {
  const std::uintptr_t kept = g->stack_high - stack::kept_size;
  if (kept > g->stack_low && stack::uses_page_below(kept)) stack::discard(g->stack_low, kept);
}

// From the P's cache, or else a batch of everybody's.
G* take_cached(P* p) noexcept {
  if (p->dead_gs.empty()) {
    free_list& from = free_gs[stack::default_class];
    if (from.head == nullptr) return nullptr;  // a hint: a new one does as well
    g_batch* const b = take_batch(from);
    if (b == nullptr) return nullptr;
    p->dead_gs.fill(*b);
  }
  return p->dead_gs.take();
}

}  // namespace

void release_cache(P* p) noexcept {
  while (!p->dead_gs.empty()) put_batch(free_gs[stack::default_class], p->dead_gs.spill());
}

void limit_goroutines(std::uint32_t max) noexcept {
  limit = max;
  in_use.store(0, std::memory_order_relaxed);  // those of ended runs are never put back
}

G* get_g(M* m, unsigned stack_class) noexcept {
  if (!admit()) return nullptr;
  const bool has_cache = m->p != nullptr && stack_class == stack::default_class;
  G* g = has_cache ? take_cached(m->p) : take_one(free_gs[stack_class]);
  if (g == nullptr && (g = make_g(stack_class)) == nullptr) {
    leave();
    return nullptr;
  }
  revive(*g->record, g_status::idle);
  sanitizer::create(g);
  return g;
}

void put_g(M* m, G* g) noexcept {
  leave();
  sanitizer::destroy(g);
  if (P* const p = m->p; p != nullptr && g->stack_class == stack::default_class) {
    p->dead_gs.put(g);
    if (p->dead_gs.full()) put_batch(free_gs[stack::default_class], p->dead_gs.spill());
    return;
  }
  if (g->stack_class != stack::default_class) trim(g);
  put_one(free_gs[g->stack_class], g);
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
