// SPDX-License-Identifier: Apache-2.0
//
// A stand-in for the collector under the types of <gander/gc.h>: it never collects by itself, tells
// what it was asked, and lets tests say which object is gone.
#pragma once

#include <gander/internal/gc_runtime.h>

#include <cstddef>
#include <utility>
#include <vector>

namespace gander::testing {

using shaded = std::vector<std::pair<const void*, const void*>>;

// While it lives, marking is under way, and calls of gc_shade are recorded.
class marking {
 public:
  marking();
  ~marking();
  // The calls since the last look, oldest first.
  shaded seen();
};

struct fake_object {
  std::size_t bytes;
  std::size_t align;
  internal::gc_type* type;
};
fake_object allocated(const void* begin);
std::size_t allocations();  // ever
std::size_t roots();        // taken, and not given back

// The next allocation but n throws std::bad_alloc; negative: none does.
void fail_allocation(int n);

// As if the object had become unreachable: weak cells become null, cleanups run, newest first. The
// memory is never used again.
void lose(void* object);

// Offsets of the words of a type, in order.
std::vector<std::size_t> words_of(internal::gc_type& type);

}  // namespace gander::testing
