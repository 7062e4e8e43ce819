// SPDX-License-Identifier: Apache-2.0
//
// Random numbers that a seed determines: splitmix64. Each worker has dice of its own, forked from
// those of the one who started it, so that what a worker does depends on the seed and not on the
// schedule.
#pragma once

#include <cstddef>
#include <cstdint>

namespace gander::stress {

class dice {
 public:
  explicit dice(std::uint64_t seed) noexcept : state_(seed) {}

  std::uint64_t next() noexcept {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

  std::size_t below(std::size_t n) noexcept { return static_cast<std::size_t>(next() % n); }
  bool one_in(std::size_t n) noexcept { return below(n) == 0; }
  dice fork() noexcept { return dice(next()); }

 private:
  std::uint64_t state_;
};

}  // namespace gander::stress
