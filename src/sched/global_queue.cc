// SPDX-License-Identifier: Apache-2.0
#include "sched/global_queue.h"

#include "base/check.h"
#include "os/os.h"

namespace gander {

struct global_queue::page {
  static constexpr std::uint32_t capacity = 4096 / sizeof(void*) - 1;
  page* next;
  G* gs[capacity];
};

global_queue::page* global_queue::take_page() noexcept {
  if (spare_ == nullptr) {
    constexpr std::size_t block = 16;
    auto* const pages = static_cast<page*>(os::reserve(block * sizeof(page)));
    check(pages != nullptr, "no memory for the global run queue");
    for (std::size_t i = block; i-- > 0;) {
      pages[i].next = spare_;
      spare_ = &pages[i];
    }
  }
  page* const taken = spare_;
  spare_ = taken->next;
  taken->next = nullptr;
  return taken;
}

void global_queue::push(std::span<G* const> gs) noexcept {
  for (G* const g : gs) {
    if (last_ == nullptr || tail_ == page::capacity) {
      page* const added = take_page();
      (last_ != nullptr ? last_->next : first_) = added;
      last_ = added;
      tail_ = 0;
    }
    last_->gs[tail_++] = g;
  }
  size_ += static_cast<std::uint32_t>(gs.size());
}

G* global_queue::pop() noexcept {
  if (size_ == 0) return nullptr;
  G* const g = first_->gs[head_++];
  if (--size_ == 0) {
    head_ = tail_ = 0;  // one page is left: this one
  } else if (head_ == page::capacity) {
    page* const used = first_;
    first_ = used->next;
    used->next = spare_;
    spare_ = used;
    head_ = 0;
  }
  return g;
}

void global_queue::clear() noexcept {
  while (pop() != nullptr) {
  }
}

}  // namespace gander
