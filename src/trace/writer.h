// SPDX-License-Identifier: Apache-2.0
//
// writer: writes the events of one thread into batches. Part of each M; who may use it, and when,
// docs/design/trace.md says.
//
// Times within a thread grow strictly, as readers expect.
#pragma once

#include <atomic>
#include <cstdint>

#include "trace/batch.h"
#include "trace/clock.h"
#include "trace/event.h"
#include "trace/varint.h"

namespace gander::trace {

class writer {
 public:
  constexpr writer() noexcept = default;
  writer(const writer&) = delete;
  writer& operator=(const writer&) = delete;

  // An event now. `thread` is the one whose batch this is.
  template <typename... Args>
  void put(std::uint64_t thread, kind k, Args... args) noexcept {
    put_at(thread, now_ticks(), k, args...);
  }

  // An event at the time of the one before: what follows from it without any code between them.
  template <typename... Args>
  void put_next(std::uint64_t thread, kind k, Args... args) noexcept {
    put_at(thread, at_ != nullptr ? last_ticks_ : now_ticks(), k, args...);
  }

  template <typename... Args>
  [[gnu::always_inline]] void put_at(std::uint64_t thread, std::uint64_t ticks, kind k,
                                     Args... args) noexcept {
    constexpr std::size_t most_bytes = 1 + (1 + sizeof...(args)) * max_varint_bytes;
    if (static_cast<std::size_t>(end_ - at_) < most_bytes) [[unlikely]] {
      if (!refill(thread, ticks)) return;
    }
    if (ticks <= last_ticks_) ticks = last_ticks_ + 1;
    std::uint8_t* at = at_;
    *at++ = static_cast<std::uint8_t>(k);
    at = put_varint(at, ticks - last_ticks_);
    ((at = put_varint(at, static_cast<std::uint64_t>(args))), ...);
    at_ = at;
    last_ticks_ = ticks;
  }

  // The open batch, if any, is complete.
  void close() noexcept;

  // How much of its open batch is written; for the crash reporter. [signal]
  std::uint32_t used_bytes_of(const batch& b) const noexcept {
    const std::uint8_t* const at = at_;
    const bool within = at >= b.payload() && at <= b.payload() + b.capacity_bytes;
    return within ? static_cast<std::uint32_t>(at - b.payload()) : 0;
  }

  // A new generation has begun: the next batch is the first.
  void begin_generation() noexcept {
    close();
    batches_ = 0;
  }

 private:
  bool refill(std::uint64_t thread, std::uint64_t ticks) noexcept;

  std::uint8_t* at_ = nullptr;  // nullptr: no batch is open
  std::uint8_t* end_ = nullptr;
  std::uint64_t last_ticks_ = 0;
  batch* current_ = nullptr;
  unsigned batches_ = 0;  // in this generation
};

// Events were lost, for there was no memory for a batch: this generation is torn.
extern std::atomic<bool> events_lost;

}  // namespace gander::trace
