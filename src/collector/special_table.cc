// SPDX-License-Identifier: Apache-2.0
#include "collector/special_table.h"

#include <new>

#include "os/os.h"
#include "sched/sanitizer.h"

namespace gander::collector {

special** special_table::bucket_of(std::uintptr_t object) const noexcept {
  const std::uint64_t mixed = std::uint64_t{object} * 0x9e3779b97f4a7c15u;
  return &buckets_[static_cast<std::size_t>(mixed >> 32) & (bucket_count_ - 1)];
}

special* special_table::find(std::uintptr_t object) const noexcept {
  if (bucket_count_ == 0) return nullptr;
  special* s = *bucket_of(object);
  while (s != nullptr && s->object != object) s = s->next;
  return s;
}

special* special_table::find_or_add(std::uintptr_t object) noexcept {
  if (special* const known = find(object)) return known;
  if (size_ >= bucket_count_ && !grow() && bucket_count_ == 0) return nullptr;
  special* const s = take();
  if (s == nullptr) return nullptr;
  special** const bucket = bucket_of(object);
  *s = {.object = object, .next = *bucket};
  *bucket = s;
  ++size_;
  return s;
}

bool special_table::grow() noexcept {
  constexpr std::size_t least = 1 << 10;
  const std::size_t count = bucket_count_ != 0 ? bucket_count_ * 2 : least;
  auto** const more = static_cast<special**>(os::reserve(count * sizeof(special*)));
  if (more == nullptr) return false;
  special** const old = buckets_;
  const std::size_t old_count = bucket_count_;
  buckets_ = more;
  bucket_count_ = count;
  for (std::size_t i = 0; i < old_count; ++i)
    for (special* s = old[i]; s != nullptr;) {
      special* const next = s->next;
      special** const bucket = bucket_of(s->object);
      s->next = *bucket;
      *bucket = s;
      s = next;
    }
  if (old != nullptr) os::release(old, old_count * sizeof(special*));
  return true;
}

special* special_table::take() noexcept {
  if (unused_ == nullptr) {
    constexpr std::size_t block_bytes = 1 << 16;
    char* const block = static_cast<char*>(os::reserve(block_bytes));
    if (block == nullptr) return nullptr;
    sanitizer::holds_memory(block, block_bytes);  // cleanups that will never run are no leaks
    for (std::size_t i = 0; i < block_bytes / sizeof(special); ++i) {
      auto* const s = new (block + i * sizeof(special)) special;
      s->next = unused_;
      unused_ = s;
    }
  }
  special* const s = unused_;
  unused_ = s->next;
  return s;
}

}  // namespace gander::collector
