// SPDX-License-Identifier: Apache-2.0
//
// Batches: pieces of a trace that belong to one thread and one generation, and the pool of memory
// that they come from.
//
//     free → open     take(): somebody writes it
//     open → full     close(): it waits, in order, for its generation to end
//     full → out      take_all(): a generation's batches are handed to whoever writes them out
//     free → own      take() without an owner: the collector's, for tables
//     out, own → free  give_back()
//
// A thread's first batch of a generation is small and later ones are bigger: ten thousand threads
// that come back from a system call once in a second shall not need 64 KiB each.
//
// Lock: one for the pool and the lists, the innermost of all; sched.guard may be held. Any thread.
// What lies in an open batch belongs to its writer.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/relaxed.h"

namespace gander::trace {

class writer;

enum class batch_state : std::uint8_t { free, open, full, out, own };

// The present generation; 0: tracing is off. Written when nobody writes events. Hidden, so that a
// look at it is one load in a shared library, too: a declaration is not so by -fvisibility.
extern relaxed<std::uint32_t> current_generation [[gnu::visibility("hidden")]];

struct batch {
  relaxed<batch_state> state{batch_state::free};  // read by the crash reporter
  std::uint32_t generation = 0;
  batch* next = nullptr;
  batch* previous = nullptr;
  writer* owner = nullptr;       // while it is open
  std::uint64_t thread = 0;      // as events name it: a thread's id, or no_thread
  std::uint64_t time_ticks = 0;  // that its first event's time is counted from
  std::uint32_t used_bytes = 0;  // of payload
  std::uint32_t capacity_bytes = 0;
  std::uint32_t size_class = 0;

  std::uint8_t* payload() noexcept { return reinterpret_cast<std::uint8_t*>(this + 1); }
  const std::uint8_t* payload() const noexcept {
    return reinterpret_cast<const std::uint8_t*>(this + 1);
  }
};

namespace pool {

inline constexpr unsigned size_classes = 3;

// Room for the batches of a session; false when there is no address space. `most_bytes` may grow
// from one session to the next, not shrink.
bool open(std::size_t most_bytes) noexcept;

// An open batch of the class `wanted`, or of a smaller one where memory is short; nullptr when
// there is none: events are lost then. Without an owner it is the caller's alone, and on no list.
batch* take(writer* owner, std::uint64_t thread, unsigned wanted) noexcept;

// `b` is complete.
void close(batch* b) noexcept;

// The writers of all open batches, one after the other, in any order; nullptr at the end. Each call
// must have led to a close(). REQUIRES: nobody writes.
writer* any_writer() noexcept;

// All that is full, in the order in which it became so.
batch* take_all() noexcept;
void give_back(batch* first) noexcept;

// All batches there are, in any state, without the lock: for the crash reporter, which has stopped
// all other threads. [signal]
template <typename Visit>
void for_each_frozen(Visit&& visit) noexcept;
struct frozen_memory {
  char* begin;
  std::size_t bytes;
};
frozen_memory frozen() noexcept;

std::size_t full_bytes() noexcept;  // payload of what take_all() would return

inline constexpr std::size_t block_bytes = 65536;  // holds batches of one class
inline constexpr std::size_t bytes_of_class[size_classes] = {2048, 16384, block_bytes};

template <typename Visit>
void for_each_frozen(Visit&& visit) noexcept {
  const frozen_memory memory = frozen();
  for (std::size_t block = 0; block < memory.bytes; block += block_bytes) {
    char* const begin = memory.begin + block;
    const std::uint32_t size_class = reinterpret_cast<batch*>(begin)->size_class;
    if (size_class >= size_classes) continue;
    for (std::size_t at = 0; at < block_bytes; at += bytes_of_class[size_class])
      visit(*reinterpret_cast<batch*>(begin + at));
  }
}

}  // namespace pool
}  // namespace gander::trace
