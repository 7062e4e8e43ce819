// SPDX-License-Identifier: Apache-2.0
//
// Which sanitizer this is built with: GANDER_ASAN, GANDER_TSAN, or neither.
//
// GANDER_NOT_INSTRUMENTED marks functions that read other functions' stacks.
//
// GANDER_LEFT_BY_SWITCH marks functions that run on a scheduler's stack and are left by switching
// to another one. ThreadSanitizer keeps a shadow of the calls on each stack; a function that never
// returns would stay on it, and after some ten thousand switches it runs over. What such functions
// call is instrumented as usual: the two are never inlined into each other. For compilers that a
// function never returns means that it is rarely called, and they optimize it for size: hence hot.
#pragma once

#if defined(__SANITIZE_ADDRESS__)
#define GANDER_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define GANDER_ASAN 1
#endif
#endif
#if defined(__SANITIZE_THREAD__)
#define GANDER_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define GANDER_TSAN 1
#endif
#endif

#if defined(__clang__)
#define GANDER_NOT_INSTRUMENTED \
  __attribute__((no_sanitize("address", "thread", "undefined"), disable_sanitizer_instrumentation))
#else
#define GANDER_NOT_INSTRUMENTED __attribute__((no_sanitize("address", "thread", "undefined")))
#endif

#if defined(GANDER_TSAN) && defined(__clang__)
#define GANDER_LEFT_BY_SWITCH \
  __attribute__((noinline, no_sanitize("thread"), disable_sanitizer_instrumentation))
#elif defined(GANDER_TSAN)
#define GANDER_LEFT_BY_SWITCH __attribute__((noinline, no_sanitize_thread))
#else
#define GANDER_LEFT_BY_SWITCH __attribute__((hot))
#endif
