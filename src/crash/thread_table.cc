// SPDX-License-Identifier: Apache-2.0
//
// Built without thread sanitizer (cmake/library.cmake), as what the freeze's handler calls.
#include "crash/thread_table.h"

#include <algorithm>

#include "base/left_out.h"

namespace gander::crash {
namespace {

// Three megabytes, of which what is used costs memory: all zero at first.
constinit thread_slot slots[thread_capacity];
const left_out of_slots(slots);
std::atomic<std::uint16_t> order[thread_capacity];  // index + 1; 0: not yet written
std::atomic<std::size_t> taken{0};
std::atomic<std::size_t> refused{0};

std::size_t home_of(int tid) noexcept { return static_cast<std::size_t>(tid) % thread_capacity; }

}  // namespace

thread_slot* find_thread(int tid) noexcept {
  for (std::size_t i = 0; i < thread_capacity; ++i) {
    thread_slot& s = slots[(home_of(tid) + i) % thread_capacity];
    const int there = s.tid.load();
    if (there == tid) return &s;
    if (there == 0) return nullptr;
  }
  return nullptr;
}

thread_slot* take_thread(int tid) noexcept {
  for (std::size_t i = 0; i < thread_capacity; ++i) {
    const std::size_t index = (home_of(tid) + i) % thread_capacity;
    thread_slot& s = slots[index];
    int there = 0;
    if (s.tid.compare_exchange_strong(there, tid)) {
      order[taken.fetch_add(1)].store(static_cast<std::uint16_t>(index + 1));
      return &s;
    }
    if (there == tid) return &s;
  }
  refused.fetch_add(1);
  return nullptr;
}

thread_slot* thread_at(std::size_t index) noexcept {
  if (index >= thread_capacity) return nullptr;
  const std::uint16_t slot = order[index].load();
  return slot != 0 ? &slots[slot - 1] : nullptr;
}

std::size_t threads_without_slot() noexcept { return refused.load(); }

void release_threads() noexcept {
  const std::size_t count = std::min(taken.load(), thread_capacity);
  for (std::size_t i = 0; i < count; ++i) {
    thread_slot* const s = thread_at(i);
    order[i].store(0);
    if (s == nullptr) continue;
    s->word.store(word_of(thread_state::idle));
    s->ucontext = nullptr;
    s->has_call = s->has_status = false;
    s->died_of = 0;
    s->tid.store(0);
  }
  taken.store(0);
  refused.store(0);
}

}  // namespace gander::crash
