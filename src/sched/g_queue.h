// SPDX-License-Identifier: Apache-2.0
//
// A first-in first-out queue of Gs, linked through G::link. No lock of its own: its owner says what
// guards it.
#pragma once

#include <cstdint>

#include "sched/g.h"

namespace gander {

class g_queue {
 public:
  bool empty() const noexcept { return head_ == nullptr; }
  std::uint32_t size() const noexcept { return size_; }

  void push_back(G* g) noexcept {
    g->link = nullptr;
    (tail_ != nullptr ? tail_->link : head_) = g;
    tail_ = g;
    ++size_;
  }

  G* pop_front() noexcept {
    G* g = head_;
    if (g == nullptr) return nullptr;
    head_ = g->link;
    if (head_ == nullptr) tail_ = nullptr;
    g->link = nullptr;
    --size_;
    return g;
  }

  // Moves everything that `other` holds to the end of this queue.
  void append(g_queue& other) noexcept {
    if (other.empty()) return;
    (tail_ != nullptr ? tail_->link : head_) = other.head_;
    tail_ = other.tail_;
    size_ += other.size_;
    other = g_queue{};
  }

 private:
  G* head_ = nullptr;
  G* tail_ = nullptr;
  std::uint32_t size_ = 0;
};

}  // namespace gander
