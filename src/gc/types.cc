// SPDX-License-Identifier: Apache-2.0
#include "gc/types.h"

#include <gander/internal/lock.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <new>

#include "os/os.h"

namespace gander::gc::types {

constinit std::atomic<const type_record*> detail::records{nullptr};

namespace {

// Memory that is never given back, for names and offsets.
class arena {
 public:
  void* take(std::size_t bytes) noexcept {
    bytes = (bytes + alignof(std::max_align_t) - 1) & ~(alignof(std::max_align_t) - 1);
    if (bytes > left_) {
      constexpr std::size_t block_bytes = std::size_t{1} << 16;
      const std::size_t size = std::max(bytes, block_bytes);
      at_ = static_cast<char*>(os::reserve(size));
      left_ = at_ != nullptr ? size : 0;
      if (at_ == nullptr) return nullptr;
    }
    void* const taken = at_;
    at_ += bytes;
    left_ -= bytes;
    return taken;
  }

 private:
  char* at_ = nullptr;
  std::size_t left_ = 0;
};

internal::lock guard;  // all below but look-ups
arena memory;          // of names and offsets
type_record* table = nullptr;
std::uint32_t used = 0;

struct counter {
  std::uint32_t* to;
  std::uint32_t count;
  std::uint32_t most;
};

// The words that the type tells; fewer than told when `most` is less.
std::uint32_t tell(const internal::gc_type& type, std::uint32_t* to, std::uint32_t most) noexcept {
  counter c{to, 0, most};
  type.describe(
      [](void* raw, std::size_t offset) {
        auto& into = *static_cast<counter*>(raw);
        if (into.count < into.most) into.to[into.count] = static_cast<std::uint32_t>(offset);
        ++into.count;
      },
      &c);
  return c.count;
}

// False when there is no memory: the type stays unknown.
bool fill(type_record& record, const internal::gc_type& type) noexcept {
  char* const name = static_cast<char*>(memory.take(type.name.size() + 1));
  if (name == nullptr) return false;
  std::memcpy(name, type.name.data(), type.name.size());
  record.name = {name, type.name.size()};
  record.bytes = type.bytes;
  record.layout = type.layout;
  if (type.layout != internal::gc_layout::exact) return true;
  const std::uint32_t count = tell(type, nullptr, 0);
  auto* const offsets = static_cast<std::uint32_t*>(memory.take(count * sizeof(std::uint32_t)));
  if (offsets == nullptr) return false;
  tell(type, offsets, count);
  std::sort(offsets, offsets + count);
  record.offsets = {offsets,
                    static_cast<std::size_t>(std::unique(offsets, offsets + count) - offsets)};
  return true;
}

}  // namespace

std::uint16_t number_of(internal::gc_type& type) noexcept {
  // acquire: pairs with the store below; the record is whole.
  if (const std::uint32_t known = type.number.load(std::memory_order_acquire); known != 0)
    return static_cast<std::uint16_t>(known);
  const internal::lock_scope held(guard);
  if (const std::uint32_t known = type.number.load(std::memory_order_relaxed); known != 0)
    return static_cast<std::uint16_t>(known);
  if (table == nullptr) {
    table = static_cast<type_record*>(os::reserve(most * sizeof(type_record)));
    if (table == nullptr) return 0;
    new (table + used++) type_record(detail::unknown);
    detail::records.store(table, std::memory_order_release);  // pairs with at()
  }
  if (used == most) return 0;
  type_record& record = *new (table + used) type_record;
  if (!fill(record, type)) return 0;
  type.number.store(used, std::memory_order_release);
  return static_cast<std::uint16_t>(used++);
}

}  // namespace gander::gc::types
