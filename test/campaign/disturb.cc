// SPDX-License-Identifier: Apache-2.0
#include "campaign/disturb.h"

#include <dirent.h>
#include <gander/gander.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <vector>

#include "base/sanitizers.h"

namespace gander::campaign {
namespace {

std::atomic<std::uint64_t> handled{0};

// Uses its stack, and registers, as handlers do.
//
// Not seen by Clang's thread sanitizer: at an atomic of a handler that it has put off it looks for
// the next one, and when that came before the first had blocked all signals they stay blocked for
// good (__tsan::ProcessPendingSignalsImpl keeps the mask for both in one place).
GANDER_NOT_INSTRUMENTED void on_signal(int, siginfo_t*, void*) {
  volatile double numbers[64];
  for (int i = 0; i < 64; ++i) numbers[i] = i * 0.5;
  handled.fetch_add(static_cast<std::uint64_t>(numbers[2]), std::memory_order_relaxed);
}

// Half of the handlers run on the stack of who is interrupted.
void install(bool on_own_stack) {
  struct sigaction action = {};
  action.sa_sigaction = on_signal;
  action.sa_flags = SA_SIGINFO | SA_RESTART | (on_own_stack ? SA_ONSTACK : 0);
  ::sigaction(SIGUSR1, &action, nullptr);
}

std::vector<pid_t> threads() {
  std::vector<pid_t> all;
  DIR* const folder = ::opendir("/proc/self/task");
  if (folder == nullptr) fail("no list of threads");
  while (const dirent* const entry = ::readdir(folder))
    if (const pid_t tid = std::atoi(entry->d_name); tid != 0) all.push_back(tid);
  ::closedir(folder);
  return all;
}

void send_signals(dice d, const std::atomic<bool>& over) {
  const pid_t self = ::gettid();
  while (!over) {
    for (const pid_t tid : threads())
      // SIGURG that the collector has not asked for, too.
      if (tid != self && !d.one_in(3))
        ::syscall(SYS_tgkill, ::getpid(), tid, d.one_in(4) ? SIGURG : SIGUSR1);
    ::usleep(static_cast<useconds_t>(d.below(1'000)));
  }
}

}  // namespace

disturber::disturber(dice d, disturbances what) {
  if (what.collects)
    goroutines_.go([this, d = d.fork()]() mutable {
      while (!over_) {
        gc::collect();
        if (d.one_in(4)) sleep_for(std::chrono::microseconds(d.below(2'000)));
      }
    });
  if (what.changes_procs)
    goroutines_.go([this, d = d.fork()]() mutable {
      while (!over_) {
        constexpr std::size_t most = 8;
        gomaxprocs(static_cast<int>(1 + d.below(most)));
        sleep_for(std::chrono::microseconds(d.below(5'000)));
      }
    });
  if (what.sends_signals) {
    install(d.one_in(2));
    signals_ = std::thread(send_signals, d.fork(), std::cref(over_));
  }
}

disturber::~disturber() {
  over_ = true;
  goroutines_.wait();
  if (signals_.joinable()) blocking([&] { signals_.join(); });
}

std::uint64_t count_signals() noexcept { return handled; }

}  // namespace gander::campaign
