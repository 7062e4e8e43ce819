// SPDX-License-Identifier: Apache-2.0

// What a debugger finds in the core of a program that died with GOTRACEBACK=crash, without our
// script.
#include "support/core.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gander::testing {
namespace {

using ::testing::HasSubstr;

TEST(gdb, finds_the_stack_that_overflowed_in_the_core) {
  const std::string program = GANDER_EXAMPLES_DIR "/crashes";
  const temporary_folder folder;
  const std::string core = core_of(program, "stack-overflow", folder);
  const child_result outermost =
      gdb(program, {"-core", core, "-ex", "thread apply all backtrace -16"});
  SCOPED_TRACE(outermost.out + outermost.err);
  EXPECT_THAT(outermost.out, HasSubstr("recurse ("));
  EXPECT_THAT(outermost.out, HasSubstr("crashes::stack_overflow()"));
  EXPECT_THAT(outermost.out, HasSubstr("gander_goroutine_entry ()"));
}

// The thread at fault is the one that a debugger selects, and the first signal's code and address
// are those of the last one.
TEST(gdb, finds_the_fault_and_its_thread_in_the_core) {
  const std::string program = GANDER_EXAMPLES_DIR "/crashes";
  const temporary_folder folder;
  const std::string core = core_of(program, "nil-dereference", folder);
  const child_result told =
      gdb(program, {"-core", core, "-ex", "backtrace", "-ex", "print $_siginfo.si_signo", "-ex",
                    "print $_siginfo.si_code", "-ex",
                    "print (unsigned long)$_siginfo._sifields._sigfault.si_addr < 4096 ? 7 : 8"});
  SCOPED_TRACE(told.out + told.err);
  EXPECT_THAT(told.out, HasSubstr("crashes::read_balance ("));
  EXPECT_THAT(told.out, HasSubstr("\n$1 = 6\n$2 = 1\n$3 = 7\n"));
}

}  // namespace
}  // namespace gander::testing
