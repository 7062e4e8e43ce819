// SPDX-License-Identifier: Apache-2.0
//
// sites: of some objects, where they were allocated; also of those that are gone, until their place
// is used again. For the report that says what an address is.
//
// Which objects that are decides who adds them (collector/sampling.h). Each span has a list of its
// own, newest first:
//     lives → freed       sweep() of its span
//     freed → forgotten   the next sweep() after its place was given out again; or forget(), when
//                         the span's record becomes another span's
//
// Who owns a span (its cache, or who sweeps it) changes its list. A lock, a leaf, for the records
// that are no span's. find() takes none and believes nothing: records are never unmapped, and know
// each other by number; a list that changes meanwhile may end early, or go on as another's.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "heap/span.h"

namespace gander::heap::sites {

inline constexpr std::size_t most_frames = 24;

struct site {
  std::uint64_t goid = 0;      // 0: no goroutine
  std::uint32_t freed_in = 0;  // the collection's number; 0: it lives
  std::uint32_t count = 0;
  std::array<std::uintptr_t, most_frames> pcs{};  // return addresses, innermost first

  std::span<const std::uintptr_t> frames() const noexcept { return {pcs.data(), count}; }
};

// The caller's span. Forgotten where there is no room for more. REQUIRES: the object is allocated.
void add(span& s, std::uint32_t index, std::uint64_t goid,
         std::span<const std::uintptr_t> pcs) noexcept;

// The caller's span is about to be swept.
void sweep(span& s, std::uint32_t collection) noexcept;

void forget(span& s) noexcept;

// Of the object that lives at that index, or of the last one that did. False: nothing is known.
// [signal]
bool find(const span& s, std::uint32_t index, bool lives, site& out) noexcept;

}  // namespace gander::heap::sites
