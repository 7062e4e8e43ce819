// SPDX-License-Identifier: Apache-2.0
//
// The slow half of internal::lock. The figures are Go's: 4 rounds of 30 pauses, one yield, then
// sleep.
#include <gander/internal/lock.h>

#include "arch/arch.h"
#include "os/os.h"

namespace gander::internal {

void lock::acquire_slow() noexcept {
  constexpr int spin_rounds = 4;
  constexpr int pauses_per_round = 30;
  for (int round = os::has_several_cpus() ? 0 : spin_rounds; round < spin_rounds; ++round) {
    for (int i = 0; i < pauses_per_round; ++i) arch::pause();
    if (!held() && try_acquire()) return;
  }
  os::yield_thread();
  // Whoever got here takes the lock as "somebody may sleep": it cannot know that it is the last
  // one.
  while (word_.exchange(2, std::memory_order_acquire) != 0) os::futex_wait(word_, 2);
}

void lock::release_slow() noexcept { os::futex_wake(word_); }

}  // namespace gander::internal
