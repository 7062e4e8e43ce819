// SPDX-License-Identifier: Apache-2.0
//
// What a report knows of the other threads: one slot for each that was asked where it is, or has
// said so by itself. Filled by the freeze (freeze.h) and by dying threads, read by the report.
//
//     idle → asked          the freeze, which then sends a signal
//     asked → answering     the thread's handler
//     answering → frozen    the handler has published where the thread was, and waits
//     asked → deaf          the freeze: no answer; what is known of the thread is the kernel's
//     idle, asked → frozen  a thread that dies while another one reports
//     any → idle            release_threads(), after a report without a death
// A question carries the number of its freeze, so that nobody answers one that was meant for the
// slot's next thread.
//
// An open hash table by thread id: the kernel gives ids in a row, so nearly every look-up is one
// look. Slots are only ever taken, until all are released at once. No lock; [signal], all of it.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "arch/regs.h"
#include "os/task.h"

namespace gander::crash {

enum class thread_state : std::uint32_t { idle, asked, answering, frozen, deaf };

// States as they stand in a slot.
constexpr std::uint32_t asked_in(std::uint32_t freeze) noexcept {
  return freeze << 3 | static_cast<std::uint32_t>(thread_state::asked);
}
constexpr std::uint32_t word_of(thread_state s) noexcept { return static_cast<std::uint32_t>(s); }

struct thread_slot {
  std::atomic<int> tid{0};  // 0: free
  std::atomic<std::uint32_t> word{0};

  thread_state state() const noexcept { return static_cast<thread_state>(word.load() & 7); }

  // Of a frozen thread, published by its state.
  regs registers;
  const void* ucontext = nullptr;  // of the handler in which it waits
  bool in_system_call = false;
  int died_of = 0;  // the signal, where it was dying itself
  std::uintptr_t fault_address = 0;

  // The reporter's: where it was before it was asked, and what the kernel says of a deaf one.
  bool has_call = false;
  os::task_call call;
  bool has_status = false;
  os::task_status status;
};

inline constexpr std::size_t thread_capacity = 8192;  // threads beyond are not stopped

// The slot of a thread, nullptr when it has none.
thread_slot* find_thread(int tid) noexcept;

// The same, taking one; nullptr when the table is full.
thread_slot* take_thread(int tid) noexcept;

// The slots taken, in the order of the taking; nullptr past the end.
thread_slot* thread_at(std::size_t index) noexcept;

// How many threads found no slot.
std::size_t threads_without_slot() noexcept;

// All slots are free again. REQUIRES: no other thread takes one.
void release_threads() noexcept;

}  // namespace gander::crash
