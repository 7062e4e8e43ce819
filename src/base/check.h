// SPDX-License-Identifier: Apache-2.0
//
// Checks of the runtime's own invariants, at three levels:
//   check(c, "text")     always compiled; for what costs a predictable branch
//   dcheck(c, "text")    debug builds only (option GANDER_DEBUG_CHECKS)
//   paranoid(c, "text")  debug builds, for walks over whole structures
// A failed check is a throw in Go's sense: a broken invariant of ours, reported and never
// recoverable.
//
// Any thread, any stack, also a signal handler: nothing here allocates or locks.
#pragma once

namespace gander::internal {
struct past;  // <gander/internal/place.h>
}

namespace gander {

// Reports `fatal error: text` for a broken invariant of the runtime and ends the process.
[[noreturn]] void throw_(const char* text) noexcept;

// Reports `fatal error: text` for a mistake of the user that no code can repair (Go's `fatal`).
// `about` is the object that was used wrongly; nullptr: nothing is known of it.
[[noreturn]] void fatal(const char* text, const internal::past* about = nullptr) noexcept;

// What throw_ and fatal do is installed by the crash layer, which stands above all others; until
// then the text alone is written to stderr.
using fatal_hook = void (*)(const char* text, bool runtime_fault, const internal::past* about);
void set_fatal_hook(fatal_hook) noexcept;

inline void check(bool condition, const char* text) noexcept {
  if (!condition) [[unlikely]]
    throw_(text);
}

// From the target gander_internals. Files with different answers in one program would break the
// rule of one definition, so there is no default.
inline constexpr bool debug_checks = GANDER_DEBUG_CHECKS;

inline void dcheck(bool condition, const char* text) noexcept {
  if constexpr (debug_checks) check(condition, text);
}

template <typename Predicate>
void paranoid(Predicate&& holds, const char* text) noexcept {
  if constexpr (debug_checks) check(holds(), text);
}

}  // namespace gander
