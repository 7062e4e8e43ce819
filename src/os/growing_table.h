// SPDX-License-Identifier: Apache-2.0
//
// Memory for a table that grows and never moves: address space for all that it may ever hold, of
// which only what has been asked for is memory. What is not yet counts for nothing where the system
// keeps strict accounts of memory (vm.overcommit_memory=2) or a program has locked all it has
// (mlockall); of limited address space (RLIMIT_AS) it takes no more than a share.
//
// Lock: the owner's. memory() does not change once reserve() has succeeded.
#pragma once

#include <cstddef>

#include "os/os.h"

namespace gander::os {

class growing_table {
 public:
  // `most` bytes of address space, or half of that, and so on down to `least`. Where it is limited,
  // at most `limit / share`.
  bool reserve(std::size_t most, std::size_t least, std::size_t share) noexcept {
    for (capacity_ = most; capacity_ >= least; capacity_ /= 2) {
      if (capacity_ > least && capacity_ > address_space_limit() / share) continue;
      memory_ = static_cast<char*>(reserve_untouchable(capacity_));
      if (memory_ != nullptr) return true;
    }
    capacity_ = 0;
    return false;
  }

  // Makes the first `bytes` usable: zero at first. False when there is no memory, or no room.
  bool grow_to(std::size_t bytes) noexcept {
    if (bytes <= usable_) return true;
    if (bytes > capacity_) return false;
    std::size_t more = (bytes - usable_ + step - 1) / step * step;
    if (more > capacity_ - usable_) more = capacity_ - usable_;
    if (!make_usable(memory_ + usable_, more)) return false;
    usable_ += more;
    return true;
  }

  void* memory() const noexcept { return memory_; }

 private:
  static constexpr std::size_t step = 64 * 1024;

  char* memory_ = nullptr;
  std::size_t capacity_ = 0;
  std::size_t usable_ = 0;
};

}  // namespace gander::os
