// SPDX-License-Identifier: Apache-2.0
//
// Deaths in handlers, of several threads at once, beside the process's end and beside forks.
#include <gander/gander.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <thread>

#include "injection/injection.h"

namespace injection {
namespace {

// ---- in handlers

NOINLINE void on_usr1(int) {
  touch_null();
  asm volatile("");
}
void handle(int signal, void (*handler)(int)) {
  struct sigaction action = {};
  action.sa_handler = handler;
  action.sa_flags = SA_ONSTACK;
  ::sigaction(signal, &action, nullptr);
}
NOINLINE void interrupted() {
  ::raise(SIGUSR1);
  asm volatile("");
}
const way_to_die in_handler("handler", [] {
  handle(SIGUSR1, on_usr1);
  interrupted();
});

// A handler in a handler, and a fault there.
NOINLINE void on_usr2(int) {
  ::raise(SIGUSR1);
  asm volatile("");
}
const way_to_die in_second_handler("second_handler", [] {
  handle(SIGUSR1, on_usr1);
  handle(SIGUSR2, on_usr2);
  ::raise(SIGUSR2);
});

// ---- signals that come from outside

void killed_by_child(int signal) {
  if (::fork() == 0) {
    ::kill(::getppid(), signal);
    ::_exit(0);
  }
  for (;;) ::pause();
}
const way_to_die told_to_quit("sigquit_from_outside", [] { killed_by_child(SIGQUIT); });
const way_to_die told_to_abort("sigabrt_from_outside", [] { killed_by_child(SIGABRT); });

// ---- several at once

void all_fault(int count) {
  static std::atomic<int> ready{0};
  static std::atomic<bool> now{false};
  for (int i = 0; i < count; ++i)
    start_thread([] {
      ++ready;
      while (!now) {
      }
      touch_null();
    });
  await([count] { return ready == count; });
  now = true;
  for (;;) ::pause();
}
const way_to_die two("two_faults", [] { all_fault(2); });
const way_to_die eight("eight_faults", [] { all_fault(8); });

const way_to_die goroutines("two_goroutines_fault", [] {
  static std::atomic<int> ready{0};
  for (int i = 0; i < 2; ++i)
    gander::go([] {
      ++ready;
      while (ready != 2) {
      }
      touch_null();
    });
  gander::make_chan<int>().recv();
});

// ---- beside the end of the process

std::atomic<bool> ending{false};
void stay_in_exit() {
  ending = true;
  for (;;) ::pause();
}
const way_to_die beside_exit("beside_exit", [] {
  std::atexit(stay_in_exit);
  start_thread([] { std::exit(0); });
  await([] { return ending.load(); });
  touch_null();
});

struct stays {
  ~stays() { stay_in_exit(); }
};
const way_to_die beside_destructor("beside_static_destructor", [] {
  static const stays object;
  start_thread([] { std::exit(0); });
  await([] { return ending.load(); });
  touch_null();
});

struct dies {
  NOINLINE ~dies() { touch_null(); }
};
const way_to_die in_destructor("static_destructor", [] {
  static const dies object;
  std::exit(0);
});

// ---- beside forks

const way_to_die beside_fork("beside_fork", [] {
  ::pthread_atfork(stay_in_exit, nullptr, nullptr);
  start_thread([] { ::fork(); });
  await([] { return ending.load(); });
  touch_null();
});

// The parent waits for the child, which must end by its signal, and then dies itself.
const way_to_die forked_child("forked_child", [] {
  const pid_t child = ::fork();
  if (child == 0) {
    touch_null();
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV) touch_null();
});

const way_to_die parent_of_fork("parent_of_fork", [] {
  const pid_t child = ::fork();
  if (child == 0) {
    ::sleep(1);
    ::_exit(0);
  }
  touch_null();
});

}  // namespace
}  // namespace injection
