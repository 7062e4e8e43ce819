// SPDX-License-Identifier: Apache-2.0
//
// Where the collector's own memory cannot be had: either it does without, or the process ends and
// says so. Nothing is lost in silence.
#include "support/build.h"
#if !UNDER_ASAN && !UNDER_TSAN  // those need the address space for themselves
#include <gander/internal/gc_runtime.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "base/godebug.h"
#include "collector/cycle.h"
#include "gc/exceptions.h"

namespace gander::gc {
namespace {

void allow_no_more_memory() {
  const rlimit none{4096, 4096};
  ::setrlimit(RLIMIT_AS, &none);
}

TEST(no_memory_DeathTest, for_what_the_barrier_tells) {
  EXPECT_DEATH(
      {
        static char objects[1'000'000];  // what has been told lately takes no room
        internal::gc_shade(objects, objects);
        allow_no_more_memory();
        for (const char& each : objects) internal::gc_shade(&each, &each);
      },
      "fatal error: no memory for the write barrier");
}

// A few are remembered all the same: among them are those that tell that there is no memory.
TEST(no_memory_DeathTest, for_exceptions) {
  EXPECT_DEATH(
      {
        exceptions::watch();
        exceptions::begin();
        allow_no_more_memory();
        int entered = 0;
        for (std::uintptr_t object = 64; entered < 100'000; object += 64) {
          exceptions::enter(reinterpret_cast<void*>(object), 64);
          if (++entered == 100) std::fputs("a hundred are entered\n", stderr);
        }
      },
      "a hundred are entered\n(.|\n)*fatal error: no memory to keep what an exception holds");
}

std::size_t count_exceptions() {
  std::size_t count = 0;
  exceptions::for_each([&](std::uintptr_t, std::uintptr_t) { ++count; });
  return count;
}

// Before there are collected objects none can be lost: it goes on without.
TEST(no_memory_DeathTest, for_exceptions_when_there_are_no_objects_yet) {
  EXPECT_EXIT(
      {
        exceptions::watch();
        allow_no_more_memory();
        std::uintptr_t object = 64;
        for (int i = 0; i < 100'000; ++i, object += 64)  // until no part has room left
          exceptions::enter(reinterpret_cast<void*>(object), 64);
        const std::size_t before = count_exceptions();
        const exceptions::destroyer destroy = [](void*) {};
        void* const one_more = reinterpret_cast<void*>(object);
        exceptions::enter(one_more, 64);
        const bool is_left_alone = exceptions::enter_thrown(one_more, destroy) == destroy;
        exceptions::leave(one_more);
        std::_Exit(is_left_alone && count_exceptions() == before ? 0 : 1);
      },
      ::testing::ExitedWithCode(0), "");
}

TEST(no_memory_DeathTest, to_check_marks_with) {
  EXPECT_DEATH(
      {
        collector::collect_now();
        godebug.gccheckmark = true;
        allow_no_more_memory();
        collector::collect_now();
      },
      "fatal error: no memory to check marks with");
}

}  // namespace
}  // namespace gander::gc
#endif
