// SPDX-License-Identifier: Apache-2.0
#include "injection/single_step.h"

#include <csignal>

#include "injection/injection.h"
#include "processor.h"

namespace injection {
namespace {

volatile unsigned long steps = 0;
volatile unsigned long last_step = 0;  // 0: none

// The fault is raised by the code that is interrupted: the handler returns into it.
void on_trap(int, siginfo_t*, void*) {
  steps = steps + 1;
  if (steps == last_step) touch_null();
}

void run_stepping(void (*f)()) {
  struct sigaction action = {};
  struct sigaction before = {};
  action.sa_sigaction = on_trap;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  ::sigaction(SIGTRAP, &action, &before);
  steps = 0;
  gander::processor::start_stepping();
  f();
  gander::processor::stop_stepping();
  ::sigaction(SIGTRAP, &before, nullptr);
}

}  // namespace

unsigned long count_steps(void (*f)()) {
  last_step = 0;
  run_stepping(f);
  return steps;
}

void die_at_step(void (*f)(), unsigned long step) {
  last_step = step;
  run_stepping(f);
}

}  // namespace injection
