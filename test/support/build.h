// SPDX-License-Identifier: Apache-2.0
//
// How this was compiled: tests scale their numbers by it.
#pragma once

// As macros, too: what cannot be under a sanitizer is no test there, instead of one that passes
// without a look.
#if defined(__has_feature)
#define GANDER_TEST_HAS_FEATURE(x) __has_feature(x)
#else
#define GANDER_TEST_HAS_FEATURE(x) 0
#endif
#if defined(__SANITIZE_THREAD__) || GANDER_TEST_HAS_FEATURE(thread_sanitizer)
#define UNDER_TSAN 1
#else
#define UNDER_TSAN 0
#endif
#if defined(__SANITIZE_ADDRESS__) || GANDER_TEST_HAS_FEATURE(address_sanitizer)
#define UNDER_ASAN 1
#else
#define UNDER_ASAN 0
#endif
#if GANDER_TEST_HAS_FEATURE(undefined_behavior_sanitizer)
#define UNDER_UBSAN 1
#else
#define UNDER_UBSAN 0
#endif

namespace gander::testing {

inline constexpr bool under_tsan = UNDER_TSAN;
inline constexpr bool under_asan = UNDER_ASAN;
inline constexpr bool under_sanitizer = under_tsan || under_asan;

// Else there are 3 or 4 GiB for all of a process.
inline constexpr bool wide_addresses = sizeof(void*) == 8;

#if defined(__OPTIMIZE__)
inline constexpr bool optimized = true;
#else
inline constexpr bool optimized = false;
#endif

// The number that suits this build.
constexpr int scaled(int release, int debug, int sanitized) {
  return under_sanitizer ? sanitized : optimized ? release : debug;
}

}  // namespace gander::testing
