// SPDX-License-Identifier: Apache-2.0
#include "gc/work_pool.h"

#include <new>

#include "os/os.h"

namespace gander::gc {

work_chunk* work_pool::take() noexcept {
  if (!has_work()) return nullptr;
  const internal::lock_scope held(guard_);
  work_chunk* const c = full_;
  if (c == nullptr) return nullptr;
  full_ = c->next;
  full_count_.fetch_sub(1, std::memory_order_relaxed);
  return c;
}

work_chunk* work_pool::take_empty() noexcept {
  const internal::lock_scope held(guard_);
  if (empty_ == nullptr) {
    if (chunks_ >= most_chunks_) return nullptr;
    constexpr std::size_t block_bytes = std::size_t{1} << 15;
    char* const block = static_cast<char*>(os::reserve(block_bytes));
    if (block == nullptr) return nullptr;
    for (std::size_t i = 0; i < block_bytes / sizeof(work_chunk) && chunks_ < most_chunks_; ++i) {
      auto* const c = new (block + i * sizeof(work_chunk)) work_chunk;
      c->next = empty_;
      empty_ = c;
      ++chunks_;
    }
  }
  work_chunk* const c = empty_;
  empty_ = c->next;
  return c;
}

void work_pool::put(work_chunk* c) noexcept {
  const internal::lock_scope held(guard_);
  if (c->count == 0) {
    c->next = empty_;
    empty_ = c;
    return;
  }
  c->next = full_;
  full_ = c;
  full_count_.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace gander::gc
