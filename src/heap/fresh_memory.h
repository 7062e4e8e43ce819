// SPDX-License-Identifier: Apache-2.0
//
// Tells the thread sanitizer that memory of the heap begins anew: what others did there was done to
// objects that are gone. It cannot know, for it sees neither that they are unreachable nor that the
// threads stood still that last used them. (Its interface for Java's heaps is for this.)
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/sanitizers.h"

#if defined(GANDER_TSAN)
extern "C" {
void __tsan_java_init(std::uintptr_t heap, std::uintptr_t bytes);
void __tsan_java_alloc(std::uintptr_t object, std::uintptr_t bytes);
void __tsan_java_free(std::uintptr_t object, std::uintptr_t bytes);
}
#endif

namespace gander::heap {

#if defined(GANDER_TSAN)
inline constexpr bool tells_of_fresh_memory = true;
inline void is_fresh(std::uintptr_t begin, std::size_t bytes) noexcept {
  // It only checks that what it is told of lies between; arenas lie anywhere.
  static const bool once = [] {
    constexpr std::uintptr_t least = 8;
    __tsan_java_init(least, (std::uintptr_t{1} << 47) - 2 * least);
    return true;
  }();
  static_cast<void>(once);
  __tsan_java_free(begin, bytes);  // what was known of atomics and locks there
  __tsan_java_alloc(begin, bytes);
}
#else
inline constexpr bool tells_of_fresh_memory = false;
inline void is_fresh(std::uintptr_t, std::size_t) noexcept {}
#endif

}  // namespace gander::heap
