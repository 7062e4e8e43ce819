// SPDX-License-Identifier: Apache-2.0
//
// Percentiles of durations in a memory that does not grow: 64 classes to an octave, so that each is
// known to 1.6 %.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

namespace gander::tool {

class histogram {
 public:
  void add(std::int64_t ns) {
    const auto value = static_cast<std::uint64_t>(std::max<std::int64_t>(ns, 0));
    ++counts_[index_of(value)];
    ++count_;
    most_ = std::max(most_, value);
  }

  std::uint64_t count() const { return count_; }
  std::int64_t most() const { return static_cast<std::int64_t>(most_); }

  // At most as much as this share (0 to 1) of all; the upper end of its class.
  std::int64_t percentile(double share) const {
    if (count_ == 0) return 0;
    const auto wanted = std::max<std::uint64_t>(
        1, static_cast<std::uint64_t>(share * static_cast<double>(count_) + 0.999999));
    std::uint64_t below = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      below += counts_[i];
      if (below >= wanted) return static_cast<std::int64_t>(std::min(most_, upper_end(i)));
    }
    return most();
  }

 private:
  static constexpr unsigned bits = 6;
  static constexpr std::uint64_t classes = std::uint64_t{1} << bits;

  static std::size_t index_of(std::uint64_t value) {
    if (value < classes) return static_cast<std::size_t>(value);
    const auto shift = static_cast<unsigned>(std::bit_width(value)) - bits - 1;
    return static_cast<std::size_t>((std::uint64_t{shift} << bits) + (value >> shift));
  }
  static std::uint64_t upper_end(std::size_t index) {
    if (index < 2 * classes) return index;
    const auto shift = static_cast<unsigned>((index >> bits) - 1);
    const std::uint64_t lower = (index & (classes - 1)) + classes;
    return ((lower + 1) << shift) - 1;
  }

  std::array<std::uint64_t, (64 - bits + 1)* classes> counts_ = {};
  std::uint64_t count_ = 0;
  std::uint64_t most_ = 0;
};

}  // namespace gander::tool
