// SPDX-License-Identifier: Apache-2.0
//
// Gives back the pages of stacks that were used deeply once and no longer are: those of dead
// goroutines, and those of goroutines that have been parked for 10 s. Each keeps 8 pages below what
// it uses.
//
// The danger is a goroutine that comes to life while its pages go. Whoever revives one, and
// sysmon, which scavenges, are a Dekker pair on the goroutine's record, as at the border:
//
//   revive:    status = running, or idle;  light fence;  scavenge != unseen ? wait, clear it
//   scavenge:  scavenge = claimed;  heavy fence;  status is dead, or waiting ? discard
//              scavenge = seen (release)
//
// One of the two sees the other's store, so either the pages stay or the goroutine waits, for
// microseconds. Transitions of g_record::scavenge:
//     unseen → claimed   sysmon
//     claimed → seen     sysmon
//     unseen → seen      sysmon: nothing to give back. (A goroutine that is just being revived may
//                        be marked so by mistake; it is looked at again after its next revival.)
//     seen → unseen      whoever revives
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/relaxed.h"
#include "sched/border.h"

namespace gander {

// How often a pass over all goroutines begins, and how long one must have been parked for it to
// count; tests are less patient.
extern relaxed<std::int64_t> scavenge_period_ns;
extern relaxed<std::int64_t> scavenge_parked_ns;

// One bounded part of a pass over all goroutines, if one is due. False when there is nothing more
// to do at this time. sysmon only.
bool scavenge(std::int64_t now_ns) noexcept;

void await_scavenger(g_record& record) noexcept;

// Before the first use of a stack whose owner was dead or parked. `status` says that it lives.
inline void revive(g_record& record, g_status status) noexcept {
  record.status.store(status, std::memory_order_relaxed);  // relaxed: the fence orders it
  light_fence();
  // acquire: pairs with the scavenger's release; the pages are gone before we write to them.
  if (record.scavenge.load(std::memory_order_acquire) != scavenge_state::unseen) [[unlikely]]
    await_scavenger(record);
}

}  // namespace gander
