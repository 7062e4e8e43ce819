// SPDX-License-Identifier: Apache-2.0
//
// Stacks of goroutines that do not run when marking begins. They are as many as there are
// goroutines: the stop only notes them, and each is looked at behind it, by the collector's thread
// or by the M that is about to run it, whoever comes first.
//
// Until then it is what it was in the stop, but for what others do to it: who puts something there
// holds that himself, and who moves something off it tells (internal::gc_moved_off_stack()). What
// comes to be parked later has been looked at where it ran, or made of what had been.
//
// Transitions of g_record::look:
//     none → due     put_off(), in the stop
//     due → busy     whoever looks, by compare-and-swap
//     busy → none    when he has; release, and who waits for it acquires
#pragma once

#include <cstddef>

#include "gc/marker.h"

namespace gander::collector::parked_stacks {

// REQUIRES: the stop that begins a marking, all threads looked at.
void put_off() noexcept;

// All that are due. The collector's thread, while the program goes on.
void look_at_all(gc::marker& to) noexcept;

// How much has been looked through since put_off().
std::size_t bytes() noexcept;

}  // namespace gander::collector::parked_stacks
