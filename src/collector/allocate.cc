// SPDX-License-Identifier: Apache-2.0
#include "collector/allocate.h"

#include <gander/internal/gc_runtime.h>

#include <new>
#include <utility>

#include "base/godebug.h"
#include "base/relaxed.h"
#include "collector/assist.h"
#include "collector/cycle.h"
#include "collector/pacer.h"
#include "collector/sampling.h"
#include "gc/types.h"
#include "heap/cache.h"
#include "sched/sched.h"

namespace gander::collector {
namespace {

internal::lock guard;  // the cache of who has no P
heap::cache cache_of_all;

relaxed<bool> is_slow{false};  // by $GODEBUG: each object is looked at

// What a cache has counted goes to the pacer in pieces.
constexpr std::size_t piece_bytes = std::size_t{1} << 15;

pacer::advice tell(heap::cache& in) noexcept {
  return pacer::allocated(std::exchange(in.uncounted_bytes, 0),
                          std::exchange(in.uncounted_objects, 0));
}

heap::pointers pointers_of(const internal::gc_type& type) noexcept {
  return type.layout == internal::gc_layout::none ? heap::pointers::none : heap::pointers::some;
}

// relaxed: it changes in stops only, and who is in here is in none.
bool is_marking() noexcept { return internal::gc_now.marking.load(std::memory_order_relaxed); }

void* allocate(M& m, heap::cache& from, std::size_t bytes, std::size_t align,
               const internal::gc_type& type, std::uint16_t number,
               pacer::advice& what_next) noexcept {
  void* const object = from.allocate(bytes, align, {pointers_of(type), number, is_marking()});
  sampling::look_at(m, from, object);
  if (from.uncounted_bytes >= piece_bytes) what_next = tell(from);
  return object;
}

void* allocate(std::size_t bytes, std::size_t align, internal::gc_type& type,
               pacer::advice& what_next) noexcept {
  const std::uint16_t number = gc::types::number_of(type);
  const runtime_scope scope;
  M* const m = scope.m();
  // Who lost his P while he computed, or waited for the collector, takes one that nobody uses.
  if (m->p == nullptr) take_idle_p(m);
  if (P* const p = m->p) {
    void* const object = allocate(*m, p->objects, bytes, align, type, number, what_next);
    if (what_next.assist_bytes != 0 && is_marking()) assist(m, what_next.assist_bytes);
    return object;
  }
  const internal::lock_scope held(guard);
  return allocate(*m, cache_of_all, bytes, align, type, number, what_next);
}

[[gnu::noinline]] void* allocate_slowly(std::size_t bytes, std::size_t align,
                                        internal::gc_type& type) {
  ensure_collector();
  pacer::advice what_next;
  void* object = allocate(bytes, align, type, what_next);
  if (object == nullptr) {
    // What is free is used again once it has been found.
    collect_now();
    object = allocate(bytes, align, type, what_next);
    if (object == nullptr) throw std::bad_alloc();
  }
  if (godebug.gcstress)
    collect_now();
  else if (what_next.collect)
    request_cycle(what_next.wait);
  return object;
}

[[gnu::noinline]] void* enter_and_allocate(M* m, std::size_t bytes, std::size_t align,
                                           internal::gc_type& type) {
  enter_slow(m);
  leave_runtime(m);
  return allocate_slowly(bytes, align, type);
}

// From a span that has another type, or several, or is not zero.
[[gnu::noinline]] void* take_and_leave(M* m, heap::span* s, std::size_t bytes,
                                       internal::gc_type& type) {
  const auto number =
      static_cast<std::uint16_t>(type.number.load(std::memory_order_relaxed));  // known already
  void* const object = s->admits(number) ? s->take(number) : nullptr;
  leave_runtime(m);
  return object != nullptr ? object : allocate_slowly(bytes, heap::least_object_bytes, type);
}

}  // namespace

void begin_allocating() noexcept { is_slow = godebug.gcstress || sampling::takes_every_object(); }

namespace shared_cache {
void hold() noexcept { guard.acquire(); }
void let_go() noexcept { guard.release(); }
}  // namespace shared_cache

namespace {
template <typename Visit>
void for_each_cache(Visit&& visit) noexcept {
  for (std::uint32_t i = 0; i < sched.procs_made; ++i) visit(sched.all_ps[i]->objects);
  visit(cache_of_all);
}
}  // namespace

void blacken_caches() noexcept {
  for_each_cache([](heap::cache& c) { c.blacken(); });
}

void flush_caches() noexcept {
  for_each_cache([](heap::cache& c) {
    tell(c);
    c.flush();
  });
}

}  // namespace gander::collector

namespace gander::internal {

// Calls nothing but at its ends, and so needs no frame and saves no registers: that was a third of
// its time.
void* gc_allocate(std::size_t bytes, std::size_t align, gc_type& type) {
  using namespace collector;
  // acquire: pairs with number_of(). Known types only, so the collector has been started.
  const std::uint32_t number = type.number.load(std::memory_order_acquire);
  if (number == 0 || bytes - 1 >= heap::most_small_bytes || align > heap::least_object_bytes ||
      is_slow) [[unlikely]]
    return allocate_slowly(bytes, align, type);
  M* const m = current_m();
  if (m == nullptr || is_in_runtime(*m)) [[unlikely]]
    return allocate_slowly(bytes, align, type);
  check_not_in_handler(*m);
  if (!enter_runtime(m)) [[unlikely]]
    return enter_and_allocate(m, bytes, align, type);
  P* const p = m->p;
  dcheck(p != nullptr, "a border that is owned without a P");
  heap::span* const s = p->objects.ready(heap::class_for(bytes), pointers_of(type));
  if (s == nullptr) [[unlikely]] {
    leave_runtime(m);
    return allocate_slowly(bytes, align, type);
  }
  if (s->next_type != number) return take_and_leave(m, s, bytes, type);
  void* const object = s->take_next();
  leave_runtime(m);
  return object;
}

}  // namespace gander::internal
