// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ctime>

namespace gander::os {

// The kernel's encoding of "the CPU clock of thread tid" (CPUCLOCK_PERTHREAD | CPUCLOCK_SCHED), as
// pthread_getcpuclockid() computes it; that call wants a pthread_t, and we know only the tid.
constexpr clockid_t cpu_clock_of(int tid) {
  return static_cast<clockid_t>((~static_cast<unsigned>(tid) << 3) | 6U);
}

}  // namespace gander::os
