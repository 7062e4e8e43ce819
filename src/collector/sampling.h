// SPDX-License-Identifier: Apache-2.0
//
// sampling: which objects are remembered with where they were allocated (heap/sites.h): one for
// each 512 KiB, as in Go's memory profile; GODEBUG=memprofilerate=N: for each N bytes, 0 none, 1
// every object.
//
// Bytes are counted where a word of a span is loaded, so it is most often a word's first object
// that is taken, with the bytes of all of them.
//
// On the stack of who allocates, inside of the runtime, by the cache's owner.
#pragma once

#include <cstddef>

#include "heap/cache.h"
#include "sched/m.h"

namespace gander::collector::sampling {

// Of $GODEBUG.
bool takes_every_object() noexcept;

namespace detail {
[[gnu::noinline, gnu::cold]] void take(M& m, heap::cache& in, void* object) noexcept;
}

// `in` has just given it.
inline void look_at(M& m, heap::cache& in, void* object) noexcept {
  if (in.bytes_to_sample <= 0 && object != nullptr) [[unlikely]]
    detail::take(m, in, object);
}

}  // namespace gander::collector::sampling
