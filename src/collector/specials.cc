// SPDX-License-Identifier: Apache-2.0
#include "collector/specials.h"

#include <gander/internal/lock.h>

#include <atomic>
#include <new>

#include "collector/special_table.h"
#include "heap/arena.h"
#include "sched/current.h"

namespace gander::collector::specials {
namespace {

internal::lock guard;  // all below
special_table table;
internal::gc_cleanup* due_first = nullptr;
internal::gc_cleanup* due_last = nullptr;
std::uint64_t last_number = 0;
std::atomic<bool> has_due{false};  // relaxed: a hint

bool is_marked(std::uintptr_t object) noexcept {
  const heap::object o = heap::find_object(object);
  return o.in != nullptr && o.in->is_marked(o.index);
}

bool keeps_object(const special& s) noexcept {
  for (const internal::gc_cleanup* c = s.cleanups; c != nullptr; c = c->next)
    if (c->keeps_object) return true;
  return false;
}

void come_due(internal::gc_cleanup* c, std::uintptr_t object) noexcept {
  // Its memory is a root: while it is due the object is held.
  if (c->keeps_object) c->object = object;
  c->next = nullptr;
  (due_last != nullptr ? due_last->next : due_first) = c;
  due_last = c;
}

// The oldest first.
void come_due(special& s) noexcept {
  internal::gc_cleanup* in_order = nullptr;
  while (internal::gc_cleanup* const c = s.cleanups) {
    s.cleanups = c->next;
    c->next = in_order;
    in_order = c;
  }
  while (internal::gc_cleanup* const c = in_order) {
    in_order = c->next;
    come_due(c, s.object);
  }
}

}  // namespace

void hold() noexcept { guard.acquire(); }
void let_go() noexcept { guard.release(); }

void settle(gc::marker& m) noexcept {
  table.for_each([](special& s) {
    if (s.weak != nullptr && !is_marked(s.object))
      s.weak->object.store(0, std::memory_order_relaxed);  // in a stop
  });
  // What a destructor may still look at: but not the object itself, for it holds itself no more
  // than others do. Those that are reached from another one wait for its end, as in Go.
  table.for_each([&](special& s) {
    if (keeps_object(s) && !is_marked(s.object)) m.look_behind(heap::find_object(s.object));
  });
  m.drain();
  table.for_each([&](special& s) {
    if (is_marked(s.object)) return;
    const bool keeps = keeps_object(s);
    if (s.cleanups != nullptr) come_due(s);
    if (keeps) m.look_at(s.object);
  });
  m.drain();  // has been looked behind already
  // Only now: a cell may be held by nothing but an object that is kept, and go on telling of a
  // third one that lives.
  table.for_each([](special& s) {
    if (s.weak == nullptr) return;
    const bool tells = s.weak->object.load(std::memory_order_relaxed) != 0;
    if (!tells || !is_marked(reinterpret_cast<std::uintptr_t>(s.weak))) s.weak = nullptr;
  });
  table.remove_if([](const special& s) { return s.weak == nullptr && s.cleanups == nullptr; });
  has_due.store(due_first != nullptr, std::memory_order_relaxed);
}

internal::gc_cleanup* take_due() noexcept {
  const internal::lock_scope held(guard);
  internal::gc_cleanup* const all = due_first;
  due_first = due_last = nullptr;
  has_due.store(false, std::memory_order_relaxed);
  return all;
}

bool any_due() noexcept { return has_due.load(std::memory_order_relaxed); }

}  // namespace gander::collector::specials

namespace gander::internal {

using namespace collector::specials;

gc_weak_cell* gc_weak_to(const void* inside) {
  static constinit gc_type type{"gander::gc::weak cell", sizeof(gc_weak_cell), gc_layout::none};
  const heap::object o = heap::find_object(reinterpret_cast<std::uintptr_t>(inside));
  if (o.in == nullptr) return nullptr;
  const auto look = [&]() -> gc_weak_cell* {
    const lock_scope held(guard);
    const collector::special* const known = table.find(o.begin());
    return known != nullptr ? known->weak : nullptr;
  };
  if (gc_weak_cell* const cell = look()) return cell;
  // Outside of the lock: allocating may wait for the collector.
  auto* const made =
      ::new (gc_allocate(sizeof(gc_weak_cell), alignof(gc_weak_cell), type)) gc_weak_cell;
  const lock_scope held(guard);
  collector::special* const s = table.find_or_add(o.begin());
  if (s == nullptr) throw std::bad_alloc();
  if (s->weak == nullptr) {
    made->object.store(o.begin(), std::memory_order_relaxed);
    s->weak = made;
  }
  return s->weak;
}

bool gc_add_cleanup(const void* inside, gc_cleanup* what) {
  const heap::object o = heap::find_object(reinterpret_cast<std::uintptr_t>(inside));
  if (o.in == nullptr) return false;
  const lock_scope held(guard);
  collector::special* const s = table.find_or_add(o.begin());
  if (s == nullptr) throw std::bad_alloc();
  what->number = ++last_number;
  what->next = s->cleanups;
  s->cleanups = what;
  return true;
}

bool gc_stop_cleanup(const void* inside, std::uint64_t number) noexcept {
  const heap::object o = heap::find_object(reinterpret_cast<std::uintptr_t>(inside));
  if (o.in == nullptr) return false;
  gc_cleanup* stopped = nullptr;
  {
    const lock_scope held(guard);
    collector::special* const s = table.find(o.begin());
    if (s == nullptr) return false;
    gc_cleanup** link = &s->cleanups;
    while (*link != nullptr && (*link)->number != number) link = &(*link)->next;
    stopped = *link;
    if (stopped != nullptr) *link = stopped->next;
  }
  if (stopped != nullptr) stopped->drop(stopped);  // user code
  return stopped != nullptr;
}

}  // namespace gander::internal
