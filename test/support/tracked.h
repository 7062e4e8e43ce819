// SPDX-License-Identifier: Apache-2.0
//
// A value whose moves are user code: it counts its live objects, and one chosen move throws.
#pragma once

#include <atomic>

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

}  // namespace gander::testing
