// SPDX-License-Identifier: Apache-2.0
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "os/linux/errno_keeper.h"
#include "os/write.h"

namespace gander::os {

std::ptrdiff_t write_unseen(int fd, const void* bytes, std::size_t size) noexcept {
  const errno_keeper keeper;
  const long written = ::syscall(SYS_write, fd, bytes, size);
  return written >= 0 ? written : -errno;
}

}  // namespace gander::os
