// SPDX-License-Identifier: Apache-2.0
//
// Surroundings in which the system refuses calls: an older kernel, or a sandbox. What is forbidden
// stays so for the calling thread, and for all that it starts from then on, programs included.
#pragma once

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string>
#include <vector>

namespace gander::testing {

struct forbidden_call {
  long number;
  int error;                // what the caller finds in errno
  int argument = -1;        // refused only when this argument, counted from 0 …
  std::uint32_t value = 0;  // … has this value in its low half
};

// All threads that there are, too, when asked.
inline bool forbid(std::span<const forbidden_call> calls, bool all_threads = false) {
  std::vector<sock_filter> program;
  const auto load = [&](std::size_t offset) {
    program.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset)));
  };
  const auto skip_unless = [&](std::uint32_t value, std::uint8_t skipped) {
    program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, skipped));
  };
  for (const forbidden_call& call : calls) {
    const bool looks_at_argument = call.argument >= 0;
    load(offsetof(seccomp_data, nr));
    skip_unless(static_cast<std::uint32_t>(call.number), looks_at_argument ? 3 : 1);
    if (looks_at_argument) {
      load(offsetof(seccomp_data, args) + 8 * static_cast<std::size_t>(call.argument));
      skip_unless(call.value, 1);
    }
    program.push_back(
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(call.error)));
  }
  program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
                   all_threads ? SECCOMP_FILTER_FLAG_TSYNC : 0UL, &filter) == 0;
}

}  // namespace gander::testing
