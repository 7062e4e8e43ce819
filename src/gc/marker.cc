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
  const heap::arena* const a = heap::arenas::of(word);
  if (a == nullptr) return;
  heap::span* const s =
      a->spans[(word - a->base) / heap::page_bytes].load(std::memory_order_relaxed);
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
  if (first.word != 0) mark(first);
}

void marker::await(std::uintptr_t word, std::uintptr_t field) noexcept { await_here(word, field); }

// While anybody marks no span is given back.
void marker::mark(const reference& r) noexcept {
  const heap::object o =
      heap::is_in(*r.of_page, r.word) ? heap::object_in(*r.of_page, r.word) : heap::object{};
  if (o.in == nullptr) {
    if (r.field != 0) [[unlikely]]
      found_bad_pointer(r.word, r.field);
    return;
  }
  if (!o.in->mark(o.index, is_the_one_)) return;
  ++marked_objects_;
  marked_bytes_ += o.in->object_bytes;
  if (o.in->has == heap::pointers::some)
    push({o.begin(), o.begin() + o.in->object_bytes, o.in->type_of(o.index)});
  else if (told_ != nullptr) [[unlikely]]
    told_(told_to_, o.begin(), o.begin() + o.in->object_bytes);
}

void marker::look_behind(const heap::object& o) noexcept {
  if (o.in->has == heap::pointers::some)
    look_into(o.begin(), o.begin() + o.in->object_bytes, o.in->type_of(o.index));
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

// One object of its type, or an array of them: what is behind the last whole one is no object.
void marker::look_into(std::uintptr_t begin, std::uintptr_t end, std::uint16_t number) noexcept {
  const type_record& type = types::at(number);
  if (type.layout != internal::gc_layout::exact) return look_through(begin, end);
  if (told_ != nullptr) [[unlikely]]
    told_(told_to_, begin, end);
  for (std::uintptr_t at = begin; at + type.bytes <= end; at += type.bytes)
    for (const std::uint32_t offset : type.offsets) {
      const std::uintptr_t word = word_at(at + offset);
      if (heap::arenas::may_hold(word)) await_here(word, at + offset);
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
    if (w.end - w.begin > piece_bytes) {
      // At the border between two of an array.
      const std::size_t each = types::at(w.type).bytes;
      std::size_t piece = piece_bytes;
      if (each > 1) piece = each >= piece ? each : piece / each * each;
      if (piece < w.end - w.begin) {
        push({w.begin + piece, w.end, w.type});
        w.end = w.begin + piece;
      }
    }
    look_into(w.begin, w.end, w.type);
    done += w.end - w.begin;
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
  if (own_ != nullptr) pool_.put(std::exchange(own_, nullptr));
  tell_counts();
}

void marker::tell_counts() noexcept {
  told_bytes_ += marked_bytes_;
  pool_.count(std::exchange(marked_objects_, 0), std::exchange(marked_bytes_, 0));
}

bool marker::take_empty_chunk() noexcept {
  if (own_ != nullptr) pool_.put(own_);
  own_ = pool_.take_empty();
  if (own_ == nullptr) pool_.lose_work();
  return own_ != nullptr;
}

bool marker::take_full_chunk() noexcept {
  work_chunk* const c = pool_.take();
  if (c == nullptr) return false;
  if (own_ != nullptr) pool_.put(own_);
  own_ = c;
  tell_counts();
  return true;
}

// Others find nothing: they get half of what it has, the older one, from which more hangs. (In
// depth-first order one marker could go through a whole tree, and never fill a chunk.)
void marker::share() noexcept {
  constexpr std::size_t least = 16;
  if (own_ == nullptr || own_->count < least) return;
  work_chunk* const other = pool_.take_empty();
  if (other == nullptr) return;
  const std::size_t half = own_->count / 2;
  copy(own_->items, half, other->items);
  copy(own_->items + half, own_->count - half, own_->items);
  other->count = half;
  own_->count -= half;
  pool_.put(other);
}

// What was lost is marked, and among all that is marked. Each round marks more, or is the last.
void marker::look_through_marked_objects() noexcept {
  heap::page_heap::for_each_span([this](heap::span& s) {
    if (s.has == heap::pointers::none) return;
    for (std::uint32_t i = 0; i < s.objects; ++i)
      if (s.is_allocated(i) && s.is_marked(i)) {
        const std::uintptr_t begin = s.base + i * s.object_bytes;
        look_into(begin, begin + s.object_bytes, s.type_of(i));
      }
  });
}

}  // namespace gander::gc
