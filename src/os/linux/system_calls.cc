// SPDX-License-Identifier: Apache-2.0
#include <string_view>

#include "os/task.h"

namespace gander::os {
namespace {

struct numbered {
  long number;
  const char* name;
};

constexpr numbered all[] = {
#define X(number, name) {number, #name},
#include "os/linux/system_call_names.inc"
#undef X
};

struct counted {
  std::string_view name;
  unsigned arguments;
};

// Of those in which threads are found; the registers of the others may hold anything.
constexpr counted known[] = {
    {"read", 3},
    {"write", 3},
    {"readv", 3},
    {"writev", 3},
    {"pread64", 4},
    {"pwrite64", 4},
    {"open", 3},
    {"openat", 4},
    {"close", 1},
    {"fsync", 1},
    {"fdatasync", 1},
    {"flock", 2},
    {"fcntl", 3},
    {"ioctl", 3},
    {"poll", 3},
    {"ppoll", 5},
    {"select", 5},
    {"pselect6", 6},
    {"epoll_wait", 4},
    {"epoll_pwait", 6},
    {"accept", 3},
    {"accept4", 4},
    {"connect", 3},
    {"recvfrom", 6},
    {"recvmsg", 3},
    {"sendto", 6},
    {"sendmsg", 3},
    {"nanosleep", 2},
    {"pause", 0},
    {"sched_yield", 0},
    {"clock_nanosleep", 4},
    {"wait4", 4},
    {"waitid", 5},
    {"vfork", 0},
    {"rt_sigtimedwait", 4},
    {"rt_sigsuspend", 2},
    {"futex", 6},
    {"futex_time64", 6},
    {"madvise", 3},
    {"munmap", 2},
    {"sigsuspend", 1},
    {"restart_syscall", 0},
};

}  // namespace

system_call system_call_of(long number) noexcept {
  system_call call;
  for (const numbered& n : all)
    if (n.number == number) call.name = n.name;
  for (const counted& c : known)
    if (c.name == call.name) call.arguments = c.arguments;
  return call;
}

}  // namespace gander::os
