// SPDX-License-Identifier: Apache-2.0
//
// What hangs on single objects: the weak cell, and cleanups. A table by the object's address, in
// which that is no reference.
//
//     cleanup: added → due       its object was not marked; due ones are taken by a goroutine
//              added → stopped   stop_cleanup()
// A weak cell is a collected object itself. When its object was not marked it is emptied; when it
// was not marked itself, nobody asks any more.
//
// One lock; the table's memory is the system's. Any thread.
#pragma once

#include <gander/internal/gc_runtime.h>

#include <cstddef>

#include "gc/marker.h"

namespace gander::collector::specials {

// Between these nothing comes or goes.
void hold() noexcept;
void let_go() noexcept;

// In the stop that ends marking, when all else is marked. Objects whose destructors must run are
// kept for one more cycle, with what they reach: marked here. Weak cells of objects that were not
// marked before that are emptied.
void settle(gc::marker& m) noexcept;

// All due cleanups, in the order in which they came due; nullptr: none. The caller runs them.
internal::gc_cleanup* take_due() noexcept;
bool any_due() noexcept;

}  // namespace gander::collector::specials
