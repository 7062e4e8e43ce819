// SPDX-License-Identifier: Apache-2.0
#include "tracer/fd_sink.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>

namespace gander::tracer {
namespace {

int write_all(void* self, const std::uint8_t* bytes, std::size_t size) {
  const int fd = static_cast<int>(reinterpret_cast<std::intptr_t>(self));
  while (size != 0) {
    const ssize_t written = ::write(fd, bytes, size);
    if (written > 0) {
      bytes += written;
      size -= static_cast<std::size_t>(written);
    } else if (written < 0 && errno == EAGAIN) {
      pollfd ready{fd, POLLOUT, 0};
      ::poll(&ready, 1, -1);
    } else if (written == 0 || errno != EINTR) {
      return written == 0 ? EIO : errno;
    }
  }
  return 0;
}

}  // namespace

sink fd_sink(int fd) noexcept {
  return {write_all, reinterpret_cast<void*>(static_cast<std::intptr_t>(fd))};
}

}  // namespace gander::tracer
