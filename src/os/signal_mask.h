// SPDX-License-Identifier: Apache-2.0
//
// Which signals a thread of ours hears: those of faults always, for the kernel ends a process whose
// thread blocks one that it has caused; and what else its caller says. Async-signal-safe.
#pragma once

#include <signal.h>

#include <initializer_list>

namespace gander::os {

inline sigset_t all_signals_but_faults(std::initializer_list<int> heard = {}) noexcept {
  sigset_t set;
  ::sigfillset(&set);
  for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL}) ::sigdelset(&set, fault);
  for (const int number : heard) ::sigdelset(&set, number);
  return set;
}

// The calling thread hears nothing else from now on.
inline void hear_only_faults(std::initializer_list<int> and_these = {}) noexcept {
  const sigset_t blocked = all_signals_but_faults(and_these);
  ::pthread_sigmask(SIG_SETMASK, &blocked, nullptr);
}

}  // namespace gander::os
