// SPDX-License-Identifier: Apache-2.0
#include "tracer/reading.h"

#include <fcntl.h>
#include <gander/internal/lock.h>
#include <unistd.h>

#include <cerrno>
#include <mutex>

#include "tracer/fd_sink.h"

namespace gander::tracer::reading {
namespace {

// Who reads holds it while he blocks; hence not one of ours, which spin.
constinit std::mutex readers;
constinit internal::lock guard;  // taken after readers
int read_end = -1;               // under guard; closed by who has readers, too

void close_write_end(void* self) {
  ::close(static_cast<int>(reinterpret_cast<std::intptr_t>(self)));
}

}  // namespace

outcome start(start_request request) noexcept {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return outcome::no_descriptor;
  request.to = fd_sink(ends[1]);
  request.to.end = close_write_end;
  request.to.waits_for_user = true;
  bool is_free;
  {
    const internal::lock_scope held(guard);
    is_free = read_end < 0;
    if (is_free) read_end = ends[0];
  }
  const outcome o = is_free ? tracer::start(request) : outcome::already_on;
  if (o == outcome::good) return o;
  ::close(ends[1]);
  if (is_free) {
    // Somebody may read already: he finds the end, and closes it.
    std::byte none[1];
    read(none, sizeof none);
  } else {
    ::close(ends[0]);
  }
  return o;
}

std::size_t read(void* to, std::size_t most) noexcept {
  const std::lock_guard alone(readers);
  int fd;
  {
    const internal::lock_scope held(guard);
    fd = read_end;
  }
  if (fd < 0 || most == 0) return 0;
  ssize_t got;
  do got = ::read(fd, to, most);
  while (got < 0 && errno == EINTR);
  if (got > 0) return static_cast<std::size_t>(got);
  {
    const internal::lock_scope held(guard);
    read_end = -1;
  }
  ::close(fd);
  return 0;
}

}  // namespace gander::tracer::reading
