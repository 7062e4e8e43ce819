// SPDX-License-Identifier: Apache-2.0
//
// How this was compiled: tests scale their numbers by it.
#pragma once

namespace gander::testing {

#if defined(__SANITIZE_THREAD__)
inline constexpr bool under_tsan = true;
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
inline constexpr bool under_tsan = true;
#else
inline constexpr bool under_tsan = false;
#endif
#else
inline constexpr bool under_tsan = false;
#endif

#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool under_asan = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
inline constexpr bool under_asan = true;
#else
inline constexpr bool under_asan = false;
#endif
#else
inline constexpr bool under_asan = false;
#endif

inline constexpr bool under_sanitizer = under_tsan || under_asan;

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
