// SPDX-License-Identifier: Apache-2.0
#include "os/process.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "os/linux/errno_keeper.h"
#include "os/os.h"

namespace gander::os {
namespace {

std::size_t read_file(const char* path, std::span<char> out) noexcept {
  const int fd = ::open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  ssize_t got;
  do got = ::read(fd, out.data(), out.size());
  while (got < 0 && errno == EINTR);
  ::close(fd);
  return got > 0 ? static_cast<std::size_t>(got) : 0;
}

}  // namespace

const std::string_view system_name = "linux";

void read_command_line(std::span<char> out) noexcept {
  const errno_keeper keeper;
  std::size_t used = read_file("/proc/self/cmdline", out.first(out.size() - 1));
  while (used > 0 && out[used - 1] == '\0') --used;
  for (char& c : out.first(used))
    if (c == '\0')
      c = ' ';
    else if (c < ' ' || c > '~')
      c = '?';
  out[used] = '\0';
}

bool unshare_descriptors() noexcept {
  const errno_keeper keeper;
  return ::unshare(CLONE_FILES) == 0;
}

// A handler behind a pipe gets the core whatever the limit says (core(5)).
const char* why_no_core() noexcept {
  const errno_keeper keeper;
  if (::prctl(PR_GET_DUMPABLE) == 0) return "the process is not dumpable";
  char pattern[256];
  const std::size_t size = read_file("/proc/sys/kernel/core_pattern", pattern);
  if (size > 0 && pattern[0] == '|') return nullptr;
  if (size > 0 && pattern[0] == '\n') return "kernel.core_pattern is empty";
  rlimit limit{};
  if (::getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_cur == 0) return "RLIMIT_CORE is 0";
  return nullptr;
}

void die_of(int signal, const void* info) noexcept {
  struct sigaction action = {};
  action.sa_handler = SIG_DFL;
  ::sigaction(signal, &action, nullptr);
  sigset_t only;
  ::sigemptyset(&only);
  ::sigaddset(&only, signal);
  ::pthread_sigmask(SIG_UNBLOCK, &only, nullptr);
  // One after the other, as the sandbox lets them.
  if (info != nullptr) {
    siginfo_t copy = *static_cast<const siginfo_t*>(info);
    copy.si_signo = signal;
    ::syscall(SYS_rt_tgsigqueueinfo, process_id(), thread_id(), signal, &copy);
  }
  ::syscall(SYS_tgkill, process_id(), thread_id(), signal);
  ::kill(process_id(), signal);
}

bool thread_exists(int tid) noexcept {
  return ::syscall(SYS_tgkill, process_id(), tid, 0) == 0 || errno != ESRCH;
}

void exit_now(int status) noexcept {
  for (;;) ::syscall(SYS_exit_group, status);
}

}  // namespace gander::os
