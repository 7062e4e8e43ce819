// SPDX-License-Identifier: Apache-2.0
#include "view/history.h"

#include <stdexcept>
#include <utility>

namespace gander::tool {

void history::add(std::uint32_t goroutine, const moment& m) {
  // 100 GB of them.
  if (moments_.size() == nobody) throw std::length_error("more than 4,294,967,295 events");
  moments_.push_back(m);
  owners_.push_back(goroutine);
}

// By counting, in place: each goes to where it belongs, and what lies there goes on from there.
void history::sort(std::size_t goroutines) {
  begins_.assign(goroutines + 1, 0);
  for (std::size_t i = 0; i < owners_.size(); ++i) ++begins_[owners_[i] + 1];
  for (std::size_t g = 0; g < goroutines; ++g) begins_[g + 1] += begins_[g];
  std::vector<std::size_t> next = begins_;
  for (std::size_t i = 0; i < owners_.size(); ++i)
    owners_[i] = static_cast<std::uint32_t>(next[owners_[i]]++);
  for (std::size_t i = 0; i < moments_.size(); ++i) {
    while (owners_[i] != i) {
      const std::uint32_t place = owners_[i];
      std::swap(moments_[i], moments_[place]);
      std::swap(owners_[i], owners_[place]);
    }
  }
  owners_.clear();
}

void history::complete(std::size_t goroutines) {
  sort(goroutines);
  change_begins_.reserve(goroutines + 1);
  std::size_t count = 0;
  for (std::size_t i = 0; i < moments_.size(); ++i) count += moments_[i].changes ? 1U : 0U;
  changes_.reserve(count);
  for (std::uint32_t g = 0; g < goroutines; ++g) {
    change_begins_.push_back(changes_.size());
    for (std::size_t i = begin(g); i < end(g); ++i)
      if (moments_[i].changes) changes_.push_back(static_cast<std::uint32_t>(i));
  }
  change_begins_.push_back(changes_.size());
  for (std::size_t i = 0; i < changes_.size(); ++i)
    sums_.add(static_cast<row_kind>(moments_[changes_[i]].state), length(i));
}

// Of the state that it begins. The last of a goroutine begins none, so it does not matter whose the
// next is.
std::int64_t history::length(std::size_t change) const {
  if (change + 1 == changes_.size()) return 0;
  return moments_[changes_[change + 1]].time_ns - moments_[changes_[change]].time_ns;
}

kind_times history::times(std::uint32_t goroutine, std::size_t first, std::size_t last) const {
  const std::size_t begin = change_begins_[goroutine];
  return sums_.between(begin + first, begin + last,
                       [this](std::size_t i, row_kind& kind, std::int64_t& ns) {
                         kind = static_cast<row_kind>(moments_[changes_[i]].state);
                         ns = length(i);
                       });
}

std::size_t history::from(std::uint32_t goroutine, std::int64_t time_ns) const {
  std::size_t low = begin(goroutine), high = end(goroutine);
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    if (moments_[middle].time_ns < time_ns)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

}  // namespace gander::tool
