// SPDX-License-Identifier: Apache-2.0
//
// report_parts HOW STEP WHO: dies of an illegal instruction with two goroutines parked, and spoils
// one step of its own report. HOW: whole, fault, hang, deaf (hangs with all signals blocked), or
// quit (every step sends SIGQUIT). STEP: its number, see crash/report.cc; the last two are a
// goroutine and a thread by themselves, of which the first is spoilt. WHO:
// thread, or alone (no crash thread answers). Prints the name of the thread that each step runs on.
#include <gander/gander.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "crash/part.h"
#include "crash/report.h"
#include "support/await.h"

namespace {

std::string_view how;
std::size_t spoilt_step = 0;

void say_who(std::size_t step) {
  char thread[16] = {};
  ::prctl(PR_GET_NAME, thread);
  char line[64];
  const int length = std::snprintf(line, sizeof line, "step %zu: %s\n", step, thread);
  [[maybe_unused]] auto written = ::write(STDOUT_FILENO, line, static_cast<std::size_t>(length));
}

void at_step(std::size_t step) {
  say_who(step);
  if (how == "quit") ::kill(::getpid(), SIGQUIT);
  static bool spoilt = false;
  if (step != spoilt_step || spoilt || how == "whole" || how == "quit") return;
  spoilt = true;
  volatile int* volatile nowhere = reinterpret_cast<int*>(16);
  if (how == "fault") *nowhere = 1;
  if (how == "deaf") {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, nullptr);
  }
  gander::crash::use_up_time();
  for (volatile bool for_ever = true; for_ever;) {
  }
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 4) return 64;
  how = arguments[1];
  spoilt_step = static_cast<std::size_t>(std::atoi(arguments[2]));
  gander::crash::seam.no_crash_thread = arguments[3] == std::string_view("alone");
  return gander::run([] {
    const auto c = gander::make_chan<void>();
    for (int i = 0; i < 2; ++i) gander::go([c] { c.recv(); });
    gander::testing::await_waiting(2, "chan receive");
    gander::crash::seam.at_step = at_step;  // not of the reports that this wait makes
    __builtin_trap();
  });
}
