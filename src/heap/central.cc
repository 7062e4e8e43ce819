// SPDX-License-Identifier: Apache-2.0
#include "heap/central.h"

#include <gander/internal/lock.h>

#include <atomic>
#include <utility>

#include "base/relaxed.h"
#include "heap/page_heap.h"
#include "heap/sites.h"

namespace gander::heap::central {
namespace {

// Last in, first out: what was used last is in the processor's caches.
class span_list {
 public:
  void push(span* s) noexcept {
    if (first_ == nullptr) last_ = s;
    s->next = first_;
    first_ = s;
  }
  span* pop() noexcept {
    span* const s = first_;
    if (s == nullptr) return nullptr;
    first_ = s->next;
    s->next = nullptr;
    __builtin_prefetch(first_, 1);
    __builtin_prefetch(first_ != nullptr ? &first_->allocated : nullptr, 1);
    return s;
  }
  // All of it goes in front.
  void push_all(span_list& from) noexcept {
    if (from.first_ == nullptr) return;
    if (first_ == nullptr) last_ = from.last_;
    from.last_->next = first_;
    first_ = std::exchange(from.first_, nullptr);
  }

 private:
  span* first_ = nullptr;
  span* last_ = nullptr;  // of a list that is not empty
};

struct shelf {
  internal::lock guard;  // all lists
  span_list with_room;
  span_list full;
  span_list unswept;
};

constexpr std::size_t shelf_count = 2 * class_count;
shelf shelves[shelf_count];

shelf& shelf_of(unsigned class_number, pointers has) noexcept {
  return shelves[static_cast<std::size_t>(has) * class_count + class_number];
}

// The shelves before this one have nothing unswept, and get nothing before the next marking has
// ended. relaxed: whoever starts too late leaves work to another, or to who needs the span.
std::atomic<std::size_t> first_unswept{shelf_count};

bool has_room(const span& s) noexcept { return s.counted < s.objects; }

// Relaxed: counts for people and the pacer.
std::atomic<std::uint64_t> freed_bytes{0};
std::atomic<std::uint64_t> freed_objects{0};
std::atomic<bool> clobbers{false};
relaxed<std::uint32_t> last_collection{0};  // changes when nothing is unswept

// REQUIRES: the span is the caller's.
void sweep(span& s) noexcept {
  if (clobbers.load(std::memory_order_relaxed)) [[unlikely]]
    s.clobber_unmarked();
  if (s.first_site != 0) [[unlikely]]
    sites::sweep(s, last_collection);
  const std::uint32_t gone = s.sweep(last_collection);
  freed_objects.fetch_add(gone, std::memory_order_relaxed);
  freed_bytes.fetch_add(gone * s.object_bytes, std::memory_order_relaxed);
}

void put_on(shelf& to, span* s) noexcept {
  const bool room = has_room(*s);
  const internal::lock_scope held(to.guard);
  (room ? to.with_room : to.full).push(s);
}

span* pop(shelf& from, span_list shelf::*list) noexcept {
  const internal::lock_scope held(from.guard);
  return (from.*list).pop();
}

}  // namespace

span* take(unsigned class_number, pointers has) noexcept {
  shelf& from = shelf_of(class_number, has);
  if (span* const s = pop(from, &shelf::with_room)) return s;
  while (span* const s = pop(from, &shelf::unswept)) {
    sweep(*s);
    if (has_room(*s)) return s;
    put_on(from, s);
  }
  return page_heap::allocate_small(class_number, has);
}

void put_back(span* s) noexcept {
  s->look_anew();
  put_on(shelf_of(s->class_number, s->has), s);
}

void unsweep_all(std::uint32_t collection) noexcept {
  last_collection = collection;
  for (shelf& each : shelves) {
    const internal::lock_scope held(each.guard);
    each.unswept.push_all(each.with_room);
    each.unswept.push_all(each.full);
  }
  first_unswept.store(0, std::memory_order_relaxed);
}

bool sweep_one() noexcept {
  for (std::size_t i = first_unswept.load(std::memory_order_relaxed); i < shelf_count; ++i) {
    span* const s = pop(shelves[i], &shelf::unswept);
    if (s == nullptr) continue;
    first_unswept.store(i, std::memory_order_relaxed);
    sweep(*s);
    if (s->counted == 0)
      page_heap::give_back(s);
    else
      put_on(shelves[i], s);
    return true;
  }
  first_unswept.store(shelf_count, std::memory_order_relaxed);
  return false;
}

freed count_freed() noexcept {
  return {freed_bytes.load(std::memory_order_relaxed),
          freed_objects.load(std::memory_order_relaxed)};
}

void clobber_freed(bool on) noexcept { clobbers.store(on, std::memory_order_relaxed); }

}  // namespace gander::heap::central
