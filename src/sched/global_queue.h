// SPDX-License-Identifier: Apache-2.0
//
// The global run queue: first in, first out, in pages of pointers. Not linked through the Gs: a P
// that takes its share of a hundred would wait for the memory of each before it learns of the next.
//
// Pages come from the system, are used again, and are never given back: eight bytes for each
// goroutine that ever waited here at the same time as others.
//
// No lock of its own: its owner says what guards it.
#pragma once

#include <cstdint>
#include <span>

namespace gander {

struct G;

class global_queue {
 public:
  bool empty() const noexcept { return size_ == 0; }
  std::uint32_t size() const noexcept { return size_; }

  void push(std::span<G* const> gs) noexcept;
  G* pop() noexcept;  // nullptr when empty
  void clear() noexcept;

 private:
  struct page;
  page* take_page() noexcept;

  page* first_ = nullptr;
  page* last_ = nullptr;
  page* spare_ = nullptr;
  std::uint32_t head_ = 0;  // next to take, in *first_
  std::uint32_t tail_ = 0;  // next to fill, in *last_
  std::uint32_t size_ = 0;
};

}  // namespace gander
