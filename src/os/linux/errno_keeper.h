// SPDX-License-Identifier: Apache-2.0
//
// Keeps errno as user code left it across system calls that the runtime makes on its behalf.
#pragma once

#include <cerrno>

namespace gander::os {

class errno_keeper {
 public:
  errno_keeper() noexcept : saved_(errno) {}
  ~errno_keeper() { errno = saved_; }
  errno_keeper(const errno_keeper&) = delete;
  errno_keeper& operator=(const errno_keeper&) = delete;

 private:
  const int saved_;
};

}  // namespace gander::os
