// SPDX-License-Identifier: Apache-2.0
//
// The books of a round: every message is delivered exactly once, or comes back to its sender
// because its channel was closed. Also the count of all that happens, for the watchdog.
#pragma once

#include <atomic>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>

namespace gander::stress {

inline std::atomic<std::uint64_t> progress{0};

inline void tick() noexcept { progress.fetch_add(1, std::memory_order_relaxed); }

[[noreturn]] inline void fail(const char* what) {
  std::fprintf(stderr, "stress: %s\n", what);
  std::abort();
}

[[noreturn]] inline void fail(const char* what, std::uint64_t number) {
  std::fprintf(stderr, "stress: %s: %" PRIu64 "\n", what, number);
  std::abort();
}

class ledger {
 public:
  explicit ledger(std::size_t capacity)
      : capacity_(capacity), states_(std::make_unique<std::atomic<state>[]>(capacity)) {}

  std::uint64_t write() {
    const std::uint64_t id = used_.fetch_add(1);
    if (id >= capacity_) fail("the ledger is full");
    return id;
  }
  void delivered(std::uint64_t id) { settle(id, state::delivered); }
  void returned(std::uint64_t id) { settle(id, state::returned); }

  // REQUIRES: all workers have ended. Returns how many were delivered.
  std::uint64_t audit() const {
    std::uint64_t count = 0;
    for (std::uint64_t id = 0; id < used_; ++id) {
      if (state_of(id) == state::under_way) fail("a message is lost", id);
      if (state_of(id) == state::delivered) ++count;
    }
    return count;
  }

 private:
  enum class state : std::uint8_t { under_way, delivered, returned };

  void settle(std::uint64_t id, state becomes) {
    tick();
    if (id >= used_) fail("a message was never sent", id);
    if (state_of(id).exchange(becomes) != state::under_way) fail("a message has come twice", id);
  }

  std::atomic<state>& state_of(std::uint64_t id) const {
    return states_[static_cast<std::size_t>(id)];
  }

  const std::uint64_t capacity_;
  std::atomic<std::uint64_t> used_{0};
  std::unique_ptr<std::atomic<state>[]> states_;
};

}  // namespace gander::stress
