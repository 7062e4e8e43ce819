// SPDX-License-Identifier: Apache-2.0
//
// The policy for goroutines that compute: how much CPU time one may use before it loses its P.
// Those that have lost theirs go on on threads of their own, so the slice grows with their number:
// with a constant one nearly all of a crowd would have a thread each. docs/design/scheduler.md says
// what comes of it.
#pragma once

#include <algorithm>
#include <cstdint>

namespace gander {

inline constexpr std::int64_t slice_ns = 10'000'000;

constexpr std::int64_t computing_slice_ns(std::int64_t without_p, std::int64_t procs) noexcept {
  return slice_ns * std::max<std::int64_t>(1, without_p / procs);
}

}  // namespace gander
