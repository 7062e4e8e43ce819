// SPDX-License-Identifier: Apache-2.0
//
// Deaths beside threads that do not answer.
#include <gander/gander.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <string>

#include "injection/injection.h"

namespace injection {
namespace {

std::atomic<pid_t> thread_id{0};

void name_thread(const char* name) {
  ::pthread_setname_np(::pthread_self(), name);
  thread_id = static_cast<pid_t>(::syscall(SYS_gettid));
}

void block_all() {
  sigset_t all;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, nullptr);
}

char state_of(pid_t thread) {
  std::ifstream stat("/proc/self/task/" + std::to_string(thread) + "/stat");
  std::string text;
  std::getline(stat, text);
  const std::size_t end = text.rfind(')');
  return end != text.npos && end + 2 < text.size() ? text[end + 2] : '?';
}

void await_state(char state) {
  await([state] { return thread_id != 0 && state_of(thread_id) == state; });
}

NOINLINE void sleeps_blocked() {
  block_all();
  name_thread("blocks-all");
  for (;;) ::sleep(100);
}
const way_to_die blocked("blocked_signals", [] {
  start_thread(sleeps_blocked);
  await_state('S');
  touch_null();
});

const way_to_die spinning_blocked("blocked_signals_spinning", [] {
  start_thread([] {
    block_all();
    name_thread("blocks-spins");
    spin();
  });
  await([] { return thread_id != 0; });
  touch_null();
});

// A goroutine's own thread.
NOINLINE void goroutine_blocks() {
  block_all();
  name_thread("g-blocks");
  for (;;) ::sleep(100);
}
const way_to_die blocked_goroutine("blocked_goroutine", [] {
  gander::go(goroutine_blocks);
  await_state('S');
  touch_null();
});

// The parent of vfork waits, and hears no signal.
NOINLINE void waits_for_vfork() {
  name_thread("vforks");
  if (::vfork() == 0) {
    ::sleep(4);
    ::_exit(0);
  }
}
const way_to_die uninterruptible("uninterruptible", [] {
  start_thread(waits_for_vfork);
  await_state('D');
  touch_null();
});

NOINLINE void reads_for_ever() {
  int ends[2];
  char c;
  if (::pipe(ends) != 0) ::_exit(1);
  name_thread("reads");
  [[maybe_unused]] auto got = ::read(ends[0], &c, 1);
}
const way_to_die reading("long_system_call", [] {
  start_thread(reads_for_ever);
  await_state('S');
  touch_null();
});

// A child stops one thread, as a debugger does.
const way_to_die stopped("stopped", [] {
  start_thread([] {
    name_thread("is-stopped");
    spin();
  });
  await([] { return thread_id != 0; });
  int ready[2];
  if (::pipe(ready) != 0) ::_exit(1);
  const pid_t debugger = ::fork();
  if (debugger == 0) {
    char c;
    [[maybe_unused]] auto got = ::read(ready[0], &c, 1);
    ::ptrace(PTRACE_SEIZE, thread_id.load(), nullptr, nullptr);
    ::ptrace(PTRACE_INTERRUPT, thread_id.load(), nullptr, nullptr);
    int status = 0;  // first that it stands still, then its end
    while (::waitpid(thread_id, &status, __WALL) > 0 && WIFSTOPPED(status)) {
    }
    ::_exit(0);
  }
  ::prctl(PR_SET_PTRACER, debugger);
  [[maybe_unused]] auto put = ::write(ready[1], "x", 1);
  await_state('t');
  touch_null();
});

}  // namespace
}  // namespace injection
