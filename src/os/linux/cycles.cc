// SPDX-License-Identifier: Apache-2.0
//
// Whether the processor's cycle counter is a clock: Linux says so by using it as one. It checks
// what a program cannot: that the counters of all processors agree, and go on agreeing.
#include <fcntl.h>
#include <unistd.h>

#include <cstring>

#include "os/linux/errno_keeper.h"
#include "os/os.h"

namespace gander::os {

bool cycles_are_time() noexcept {
  const errno_keeper keeper;
  const int fd = ::open("/sys/devices/system/clocksource/clocksource0/current_clocksource",
                        O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  char name[16] = {};
  const ssize_t length = ::read(fd, name, sizeof name - 1);
  ::close(fd);
  return length >= 3 && std::strncmp(name, "tsc", 3) == 0 && (name[3] == '\n' || name[3] == 0);
}

}  // namespace gander::os
