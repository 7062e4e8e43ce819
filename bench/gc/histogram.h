// SPDX-License-Identifier: Apache-2.0

// A histogram of times on a logarithmic scale: eight buckets for each power of two, so that what it
// says of a quantile is at most an eighth too much. The greatest time is exact. gc_measure.go has
// the same.
//
// Any thread may note; it is read when none does.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace gc_bench {

class histogram {
 public:
  void note(std::uint64_t ns) noexcept {
    // relaxed: only sums, and whoever reads them has waited for the threads.
    buckets_[bucket(ns)].fetch_add(1, std::memory_order_relaxed);
    std::uint64_t longest = max_.load(std::memory_order_relaxed);
    while (ns > longest && !max_.compare_exchange_weak(longest, ns, std::memory_order_relaxed)) {
    }
  }

  void add(const histogram& other) noexcept {
    for (std::size_t i = 0; i < size; ++i) buckets_[i] += other.buckets_[i];
    if (other.max_ > max_) max_ = other.max_.load();
  }

  std::uint64_t max() const noexcept { return max_; }

  // No more than 1 in `n` of the times is longer. 0 of none.
  std::uint64_t all_but_one_in(std::uint64_t n) const noexcept {
    std::uint64_t left = 0;
    for (const auto& count : buckets_) left += count;
    const std::uint64_t longer = left / n;
    for (std::size_t i = 0; i < size && left > 0; ++i) {
      left -= buckets_[i];
      if (left <= longer) return upper_end(i) < max_ ? upper_end(i) : max();
    }
    return 0;
  }

 private:
  static constexpr std::size_t size = 62 * 8;

  // Below 8 each number has its own; above, the power of two and the three bits that follow it.
  static std::size_t bucket(std::uint64_t ns) noexcept {
    if (ns < 8) return static_cast<std::size_t>(ns);
    const int power = static_cast<int>(std::bit_width(ns)) - 1;
    return static_cast<std::size_t>(power - 2) * 8 + ((ns >> (power - 3)) & 7);
  }
  static std::uint64_t upper_end(std::size_t bucket) noexcept {
    if (bucket < 8) return bucket;
    return ((std::uint64_t{9} + bucket % 8) << (bucket / 8 - 1)) - 1;
  }

  std::array<std::atomic<std::uint64_t>, size> buckets_{};
  std::atomic<std::uint64_t> max_{0};
};

}  // namespace gc_bench
