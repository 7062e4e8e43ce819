// SPDX-License-Identifier: Apache-2.0
#include "gc/marker.h"

#include <atomic>
#include <utility>

#include "gc/bad_pointer.h"
#include "gc/types.h"
#include "heap/arena.h"
#include "heap/page_heap.h"

namespace gander::gc {

namespace {

std::uintptr_t word_at(std::uintptr_t address) noexcept {
  // relaxed: whoever changes it tells of the old value, the new one, or both
  return std::atomic_ref(*reinterpret_cast<std::uintptr_t*>(address))
      .load(std::memory_order_relaxed);
}

// One by one, and no call of memmove: that would leave what it moved in vector registers which
// hardly anything else uses, and those of a thread that has assisted hold objects.
void copy(const work* from, std::size_t count, work* to) noexcept {
  for (; count > 0; --count) {
    *to++ = *from++;
    asm volatile("" : : : "memory");
  }
}

}  // namespace

inline void marker::await_here(std::uintptr_t word, std::uintptr_t field) noexcept {
  if (word - arena_base_ >= heap::arena_bytes) [[unlikely]] {
    const heap::arena* const a = heap::arenas::of(word);
    if (a == nullptr) return;
    arena_ = a;
    arena_base_ = a->base;
  }
  heap::span* const s =
      arena_->spans[(word - arena_base_) / heap::page_bytes].load(std::memory_order_relaxed);
  if (s == nullptr) {
    if (field != 0) [[unlikely]]
      found_bad_pointer(word, field);
    return;
  }
  __builtin_prefetch(s);
  __builtin_prefetch(&s->marked, 1);
  __builtin_prefetch(reinterpret_cast<const void*>(word));
  reference& place = waiting_[next_waiting_];
  next_waiting_ = (next_waiting_ + 1) % waiting_words;
  const reference first = std::exchange(place, {word, field, s});
  if (first.word != 0) mark_here(first);
}

void marker::await(std::uintptr_t word, std::uintptr_t field) noexcept { await_here(word, field); }

void marker::mark(const reference& r) noexcept { mark_here(r); }

// While anybody marks no span is given back.
inline void marker::mark_here(const reference& r) noexcept {
  const heap::object o =
      heap::is_in(*r.of_page, r.word) ? heap::object_in(*r.of_page, r.word) : heap::object{};
  if (o.in == nullptr) {
    if (r.field != 0) [[unlikely]]
      found_bad_pointer(r.word, r.field);
    return;
  }
  if (!o.in->mark(o.index, is_the_one_)) return;
  marked_bytes_ += o.in->object_bytes;
  if (o.in->has == heap::pointers::some)
    push({o.begin(), o.in->object_bytes, o.in->type_of(o.index)});
  else if (told_ != nullptr) [[unlikely]]
    told_(told_to_, o.begin(), o.begin() + o.in->object_bytes);
}

void marker::look_behind(const heap::object& o) noexcept {
  if (o.in->has == heap::pointers::some)
    look_into({o.begin(), o.in->object_bytes, o.in->type_of(o.index)});
}

void marker::look_through(std::uintptr_t begin, std::uintptr_t end) noexcept {
  constexpr std::uintptr_t word = sizeof(std::uintptr_t);
  if (told_ != nullptr) [[unlikely]]
    told_(told_to_, begin, end);
  begin = (begin + word - 1) & ~(word - 1);
  // Those of now: what lies in arenas that come later is allocated black.
  const auto bounds = heap::arenas::bounds::now();
  for (; begin + word <= end; begin += word)
    if (const std::uintptr_t w = word_at(begin); bounds.hold(w)) await(w, 0);
}

void marker::look_into(const work& w) noexcept { look_into_here(w, heap::arenas::bounds::now()); }

// One object of its type, or an array of them: what is behind the last whole one is no object.
inline void marker::look_into_here(const work& w, const heap::arenas::bounds& bounds) noexcept {
  const type_record& type = types::at(w.type());
  const std::uintptr_t end = w.begin() + w.bytes();
  if (type.layout != internal::gc_layout::exact) return look_through(w.begin(), end);
  if (told_ != nullptr) [[unlikely]]
    told_(told_to_, w.begin(), end);
  for (std::uintptr_t at = w.begin(); at + type.bytes <= end; at += type.bytes)
    for (const std::uint32_t offset : type.offsets) {
      const std::uintptr_t word = word_at(at + offset);
      if (bounds.hold(word)) await_here(word, at + offset);
    }
}

void marker::drain() noexcept {
  for (;;) {
    drain(SIZE_MAX);
    if (!pool_.take_lost_work()) return;
    look_through_marked_objects();
  }
}

bool marker::drain(std::size_t bytes) noexcept {
  const auto bounds = heap::arenas::bounds::now();  // as in look_through()
  for (std::size_t done = 0; done < bytes;) {
    work w;
    if (!pop(w)) {
      mark_waiting();
      if (!pop(w)) {
        tell_counts();
        return true;
      }
    }
    if (!pool_.has_work()) share();
    if (w.bytes() > piece_bytes) {
      // At the border between two of an array.
      const std::size_t each = types::at(w.type()).bytes;
      std::size_t piece = piece_bytes;
      if (each > 1) piece = each >= piece ? each : piece / each * each;
      if (piece < w.bytes()) {
        push({w.begin() + piece, w.bytes() - piece, w.type()});
        w = {w.begin(), piece, w.type()};
      }
    }
    look_into_here(w, bounds);
    done += w.bytes();
  }
  tell_counts();
  return false;
}

void marker::mark_waiting() noexcept {
  for (reference& r : waiting_)
    if (r.word != 0) mark(std::exchange(r, {}));
}

void marker::hand_over() noexcept {
  mark_waiting();
  put_own();
  tell_counts();
}

void marker::tell_counts() noexcept {
  told_bytes_ += marked_bytes_;
  pool_.count(std::exchange(marked_bytes_, 0));
}

void marker::own(work_chunk* c) noexcept {
  own_ = c;
  bottom_ = c != nullptr ? c->items : nullptr;
  top_ = c != nullptr ? c->items + c->count : nullptr;
  limit_ = c != nullptr ? c->items + work_chunk::capacity : nullptr;
}

void marker::put_own() noexcept {
  if (own_ == nullptr) return;
  own_->count = static_cast<std::size_t>(top_ - bottom_);
  pool_.put(own_);
  own(nullptr);
}

bool marker::take_empty_chunk() noexcept {
  put_own();
  own(pool_.take_empty());
  if (own_ == nullptr) pool_.lose_work();
  return own_ != nullptr;
}

bool marker::take_full_chunk() noexcept {
  work_chunk* const c = pool_.take();
  if (c == nullptr) return false;
  put_own();
  own(c);
  tell_counts();
  return true;
}

// Others find nothing: they get half of what it has, the older one, from which more hangs. (In
// depth-first order one marker could go through a whole tree, and never fill a chunk.)
void marker::share() noexcept {
  constexpr std::size_t least = 16;
  const auto count = static_cast<std::size_t>(top_ - bottom_);
  if (count < least) return;
  work_chunk* const other = pool_.take_empty();
  if (other == nullptr) return;
  const std::size_t half = count / 2;
  copy(bottom_, half, other->items);
  copy(bottom_ + half, count - half, bottom_);
  other->count = half;
  top_ -= half;
  pool_.put(other);
}

// What was lost is marked, and among all that is marked. Each round marks more, or is the last. No
// span goes while there is marking; in one that comes meanwhile all is black, and nothing was lost.
void marker::look_through_marked_objects() noexcept {
  heap::page_heap::for_each_span([this](heap::span& s) {
    if (s.has == heap::pointers::none) return;
    for (std::uint32_t i = 0; i < s.objects; ++i)
      if (const heap::object o = heap::object_in(s, s.base + i * s.object_bytes);
          o.in != nullptr && s.is_marked(i))
        look_behind(o);
  });
}

}  // namespace gander::gc
