// SPDX-License-Identifier: Apache-2.0
//
// Allocation: from the cache of the caller's P; who has none shares one, under a lock.
//
// Inside of the runtime, so that a scheduler stop finds all caches whole. Whoever allocates beyond
// the goal of the cycle (pacer.h) asks for one; far beyond it he waits for its end, outside of the
// runtime, as in any blocking call.
#pragma once

#include <cstddef>
#include <cstdint>

namespace gander::collector {

// When $GODEBUG has been read.
void begin_allocating() noexcept;

namespace shared_cache {
void hold() noexcept;
void let_go() noexcept;
}  // namespace shared_cache

// In the stop that begins a marking: what is allocated from now on is black.
void blacken_caches() noexcept;

// In a stop: what caches have counted goes to the pacer, and all spans to the shelves.
void flush_caches() noexcept;

}  // namespace gander::collector
