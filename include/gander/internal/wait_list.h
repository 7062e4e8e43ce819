// SPDX-License-Identifier: Apache-2.0
//
// sudog: one goroutine in one queue. wait_list: a queue of them, first in, first out.
//
// A sudog lives on the stack of the code that blocks, so blocking allocates nothing; whoever takes
// it off its list under the list's lock owns it until it calls ready(), after which it must not be
// touched any more. All fields are guarded by the lock of the list it is queued on.
#pragma once

#include <cstdint>

#pragma GCC visibility push(default)

namespace gander {
struct G;
}

namespace gander::internal {

struct sudog {
  G* g = nullptr;
  sudog* next = nullptr;
  sudog* prev = nullptr;
  void* elem = nullptr;      // what is sent, or where what is received goes
  std::uint32_t index = 0;   // its case in a select
  std::uint32_t ticket = 0;  // free for the primitive that queues it (kind of waiter)
  bool queued = false;       // on a list
  bool is_select = false;    // taking it needs G::select_done to be claimed first
  bool timed_out = false;    // taken off by its deadline
  std::uint8_t result = 0;   // told by the waker; the primitive says what it means
};

struct wait_list {
  sudog* head = nullptr;
  sudog* tail = nullptr;

  bool empty() const noexcept { return head == nullptr; }

  void push_back(sudog& s) noexcept {
    s.next = nullptr;
    s.prev = tail;
    (tail != nullptr ? tail->next : head) = &s;
    tail = &s;
    s.queued = true;
  }

  void push_front(sudog& s) noexcept {
    s.prev = nullptr;
    s.next = head;
    (head != nullptr ? head->prev : tail) = &s;
    head = &s;
    s.queued = true;
  }

  void remove(sudog& s) noexcept {
    (s.prev != nullptr ? s.prev->next : head) = s.next;
    (s.next != nullptr ? s.next->prev : tail) = s.prev;
    s.next = s.prev = nullptr;
    s.queued = false;
  }
};

}  // namespace gander::internal

#pragma GCC visibility pop
