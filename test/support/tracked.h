// SPDX-License-Identifier: Apache-2.0
//
// A value whose moves are user code: it counts its live objects, and one chosen move throws.
#pragma once

#include <atomic>
#include <chrono>
#include <thread>
#include <utility>

namespace gander::testing {

struct boom {};

struct tracked {
  static inline std::atomic<int> live{0};
  static inline std::atomic<int> fuse{-1};  // the move that finds 0 throws; negative: none does
  static constexpr int moved_from = -1;

  int value;

  explicit tracked(int v) : value(v) { ++live; }
  // Throws before it changes anything, as a decent move constructor does.
  tracked(tracked&& other) : value(other.value) {
    if (fuse.fetch_sub(1) == 0) throw boom{};
    other.value = moved_from;
    ++live;
  }
  tracked& operator=(tracked&&) = delete;
  ~tracked() { --live; }
};

// Checks that every tracked value is gone at the end of the scope, and disarms the fuse.
struct no_leaks {
  const int before = tracked::live;
  int left() const { return tracked::live - before; }
  ~no_leaks() { tracked::fuse = -1; }
};

// Takes its time to go, then says so: held by a goroutine's function, it shows who waits for that.
class slow_to_go {
 public:
  explicit slow_to_go(bool& gone) noexcept : gone_(&gone) {}
  slow_to_go(slow_to_go&& other) noexcept : gone_(std::exchange(other.gone_, nullptr)) {}
  slow_to_go& operator=(slow_to_go&&) = delete;
  ~slow_to_go() {
    if (gone_ == nullptr) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    *gone_ = true;
  }

 private:
  bool* gone_;
};

}  // namespace gander::testing
