// SPDX-License-Identifier: Apache-2.0
#include "heap/cache.h"

#include <bit>
#include <utility>

namespace gander::heap {

void* cache::allocate(std::size_t bytes, std::size_t align, kind k) noexcept {
  if (bytes > most_small_bytes) return allocate_large(bytes, k);
  const std::size_t wanted = bytes == 0 ? 1 : bytes;
  const unsigned number = align > least_object_bytes ? class_for(wanted, align) : class_for(wanted);
  if (number == 0) return allocate_large(bytes, k);
  span*& s = spans_[static_cast<std::size_t>(k.has)][number];
  if (s != nullptr)
    if (void* const object = take_from(*s, k)) return object;
  return refill(s, number, k);
}

void* cache::allocate_large(std::size_t bytes, kind k) noexcept {
  span* const s = page_heap::allocate_large(bytes, k.has);
  if (s == nullptr) return nullptr;
  void* const object = take_from(*s, k);
  put_back(s);
  return object;
}

void* cache::refill(span*& s, unsigned class_number, kind k) noexcept {
  if (s != nullptr) put_back(std::exchange(s, nullptr));
  s = central::take(class_number, k.has);
  if (s == nullptr) return nullptr;
  if (s->counted == 0 && s->has_several_types()) s->forget_types();
  return take_from(*s, k);
}

void* cache::take_from(span& s, kind k) noexcept {
  if (s.free_in_word == 0) {
    if (!s.load_word()) return nullptr;
    const auto bytes = static_cast<std::size_t>(std::popcount(s.free_in_word)) * s.object_bytes;
    if (bytes_to_sample > 0) bytes_to_sample -= static_cast<std::ptrdiff_t>(bytes);
    if (k.black) s.blacken();
  }
  // Behind all that: a span without room need not admit.
  return s.admits(k.type) || s.admit(k.type) ? s.take(k.type) : nullptr;
}

void cache::put_back(span* s) noexcept {
  const std::uint32_t objects = s->count();
  uncounted_objects += objects;
  uncounted_bytes += objects * s->object_bytes;
  central::put_back(s);
}

void cache::blacken() noexcept {
  for (auto& kind : spans_)
    for (span* const s : kind)
      if (s != nullptr) s->blacken();
}

void cache::flush() noexcept {
  for (auto& kind : spans_)
    for (span*& s : kind)
      if (s != nullptr) put_back(std::exchange(s, nullptr));
}

}  // namespace gander::heap
