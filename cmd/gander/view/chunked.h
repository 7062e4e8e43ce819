// SPDX-License-Identifier: Apache-2.0
//
// A long array that grows without being moved: a std::vector would need three times its memory
// while it does, and blocks of a std::deque are so small that finding them misses the cache.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

namespace gander::tool {

template <class T>
class chunked {
 public:
  void push_back(const T& value) {
    if (size_ % chunk == 0) chunks_.push_back(std::make_unique_for_overwrite<T[]>(chunk));
    ++size_;
    (*this)[size_ - 1] = value;
  }
  std::size_t size() const { return size_; }
  // REQUIRES: i < size()
  T& operator[](std::size_t i) { return chunks_[i / chunk][i % chunk]; }
  const T& operator[](std::size_t i) const { return chunks_[i / chunk][i % chunk]; }
  void clear() {
    chunks_.clear();
    size_ = 0;
  }

 private:
  static constexpr std::size_t chunk = 4096;

  std::vector<std::unique_ptr<T[]>> chunks_;
  std::size_t size_ = 0;
};

}  // namespace gander::tool
