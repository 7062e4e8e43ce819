// SPDX-License-Identifier: Apache-2.0
//
// The collected heap at its limits, and what it says of itself.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <iterator>
#include <regex>
#include <string>
#include <vector>

#include "support/build.h"
#include "support/child.h"

namespace {

using gander::testing::child_result;
using gander::testing::run_program;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::StartsWith;
using environment = std::vector<std::pair<std::string, std::string>>;

child_result collected(const std::vector<std::string>& how, const environment& with = {},
                       const std::vector<std::string>& wrapper = {}) {
  return run_program("collected", how,
                     {.environment = with,
                      .limit = std::chrono::seconds(60),
                      .wrapper = wrapper,
                      .sanitizer = gander::testing::faults_are_ours});
}

void expect_good(const child_result& child) {
  EXPECT_EQ(child.exit_status, 0) << "signal " << child.signal << "\n" << child.err;
}

TEST(collected, a_report_says_which_object_an_address_is_in) {
  const child_result child = collected({"executes"});
  EXPECT_THAT(child.err, ContainsRegex("\nruntime: execution at 0x[0-9a-f]+: the collected heap, "
                                       "0x0 bytes into an object of .*node "
                                       "\\([0-9]+ bytes at 0x[0-9a-f]+\\)\n"));
}

const environment every_place = {{"GODEBUG", "memprofilerate=1"}};

TEST(collected, a_report_says_where_an_object_was_allocated) {
  EXPECT_THAT(collected({"executes"}, every_place).err,
              ContainsRegex("an object of .*node \\([0-9]+ bytes at 0x[0-9a-f]+\\), allocated by "
                            "goroutine 1 at [^ ]*collected.cc:[0-9]+ \\(.*executes\\), called from "
                            "[^ ]*collected.cc:[0-9]+ \\(.*main"));
  // By itself only of one in many bytes.
  EXPECT_THAT(
      collected({"executes_large"}).err,
      ContainsRegex("0x0 bytes into an object of .*char.* \\([0-9]+ bytes at 0x[0-9a-f]+\\), "
                    "allocated by goroutine 1 at [^ ]*collected.cc:[0-9]+ "
                    "\\(.*executes_large\\)"));
  EXPECT_THAT(
      collected({"executes_large"}, {{"GODEBUG", "memprofilerate=0"}}).err,
      ContainsRegex("0x0 bytes into an object of .*char.* \\([0-9]+ bytes at 0x[0-9a-f]+\\)\n"));
}

TEST(collected, a_report_says_when_an_object_was_freed) {
  EXPECT_THAT(
      collected({"executes_freed"}).err,
      ContainsRegex("\nruntime: execution at (0x[0-9a-f]+): the collected heap, 0x0 bytes "
                    "into a freed object of .*node \\([0-9]+ bytes at 0x[0-9a-f]+\\), freed "
                    "in collection [12]\n"));
  EXPECT_THAT(collected({"executes_freed"}, every_place).err,
              ContainsRegex("freed in collection [12], allocated by goroutine [0-9]+ at "
                            "[^ ]*collected.cc:[0-9]+ \\(.*executes_freed"));
}

TEST(collected, a_report_says_which_registers_hold_what_is_gone) {
  EXPECT_THAT(
      collected({"stores_freed"}).err,
      ContainsRegex("\nruntime: write to 0x8: 0x8 bytes into the null page\n(runtime: .*\n)*"
                    "runtime: [a-z0-9]+ holds 0x[0-9a-f]+: the collected heap, 0x10 bytes "
                    "into a freed object of .*node \\([0-9]+ bytes at 0x[0-9a-f]+\\), freed "
                    "in collection [12]\n"));
}

TEST(collected, a_report_knows_what_freed_objects_are_filled_with) {
  const child_result child = collected({"uses_freed"}, {{"GODEBUG", "clobberfree=1"}});
  EXPECT_EQ(child.exit_status, 2);
#if !defined(__i386__)  // there the pattern is an address like others
  EXPECT_THAT(child.err, ContainsRegex("\nruntime: r[a-z0-9]+ holds 0xdbdbdbdbdb[0-9a-f]+, which "
                                       "is what clobberfree puts into freed objects\n"));
#endif
}

TEST(collected, a_pointer_that_outlived_its_object_is_found_with_who_holds_it) {
  const child_result child = collected({"keeps_outside"});
  EXPECT_EQ(child.exit_status, 2);
  EXPECT_THAT(child.err, ContainsRegex("runtime: pointer 0x[0-9a-f]+ to .*\n"
                                       "runtime: found in object at 0x[0-9a-f]+ \\+ 0x8 "
                                       "\\(.*book, [0-9]+ bytes\\)\n"
                                       "fatal error: found bad pointer in the collected heap "));
  EXPECT_THAT(
      collected({"keeps_outside"}, every_place).err,
      ContainsRegex("\nruntime: 0x[0-9a-f]+: the collected heap, 0x0 bytes into a freed "
                    "object of .*page \\([0-9]+ bytes at 0x[0-9a-f]+\\), freed in collection "
                    "[12], allocated by goroutine [0-9]+ at [^ ]*collected.cc:[0-9]+ .*\n"
                    "runtime: 0x[0-9a-f]+: the collected heap, 0x8 bytes into an object of "
                    ".*book \\([0-9]+ bytes at 0x[0-9a-f]+\\), allocated by goroutine 1 at "
                    "[^ ]*collected.cc:[0-9]+ "));
  EXPECT_EQ(collected({"keeps_outside"}, {{"GODEBUG", "invalidptr=0"}}).out, "goes on\n");
}

TEST(collected, a_pointer_to_the_end_of_an_object_is_no_mistake) {
  const child_result child = collected({"keeps_end"});
  expect_good(child);
  EXPECT_EQ(child.out, "goes on\n");
}

TEST(collected, gctrace_prints_gos_line) {
  const child_result child = collected({"churns"}, {{"GODEBUG", "gctrace=1"}});
  expect_good(child);
  const std::string ms = "[0-9.]+";
  EXPECT_THAT(child.err,
              ContainsRegex("gc [0-9]+ @" + ms + "s [0-9]+%: " + ms + "\\+" + ms + "\\+" + ms +
                            " ms clock, " + ms + "\\+" + ms + "/" + ms + "/" + ms + "\\+" + ms +
                            " ms cpu, [0-9]+->[0-9]+->[0-9]+ MB, [0-9]+ MB goal, [0-9]+ MB stacks, "
                            "[0-9]+ MB globals, [0-9]+ P\n"));
}

TEST(collected, gogc_off_collects_nothing) {
  const child_result child = collected({"churns"}, {{"GODEBUG", "gctrace=1"}, {"GOGC", "off"}});
  expect_good(child);
  EXPECT_EQ(child.err, "");
}

TEST(collected, a_memory_limit_holds_with_gogc_off) {
  const child_result child =
      collected({"lives", "8000000", "64"}, {{"GOGC", "off"}, {"GOMEMLIMIT", "32MiB"}});
  expect_good(child);
  EXPECT_EQ(child.figure("lost"), 0);
  EXPECT_LT(child.figure("most"), 48 << 20);
}

TEST(collected, a_limit_below_what_lives_takes_nothing) {
  const child_result child = collected({"lives", "32000000", "64"}, {{"GOMEMLIMIT", "8MiB"}});
  expect_good(child);
  EXPECT_EQ(child.figure("lost"), 0);
}

TEST(collected, says_which_settings_make_no_sense) {
  const child_result child = collected(
      {"churns"}, {{"GOGC", "much"}, {"GOMEMLIMIT", "1 GB"}, {"GODEBUG", "gcbarrier=none"}});
  expect_good(child);
  EXPECT_THAT(child.err, HasSubstr("gander: GOGC=much is not a percentage, or off, ignored\n"));
  EXPECT_THAT(child.err,
              HasSubstr("gander: GOMEMLIMIT=1 GB is not a size like 512MiB, or off, ignored\n"));
  EXPECT_THAT(child.err, HasSubstr("gander: GODEBUG=gcbarrier=none is not hybrid or dijkstra"));
}

#if !UNDER_TSAN && !UNDER_ASAN  // those need the address space for themselves
TEST(collected, what_there_is_no_memory_for_is_refused) {
  const child_result child =
      collected({"refused"}, {{"GOMAXPROCS", "1"}}, {"prlimit", "--as=1500000000", "--"});
  expect_good(child);
  for (const char* kind : {"array", "length", "objects"}) EXPECT_EQ(child.figure(kind), 1) << kind;
}
#endif

TEST(collected, an_array_of_ten_gigabytes) {
  const child_result child = collected({"huge"});
  expect_good(child);
  EXPECT_EQ(child.figure("there"), 1);
  // A sanitizer's shadow lies where arenas are wanted: elsewhere some number always points into ten
  // gigabytes.
  if constexpr (!gander::testing::under_sanitizer) {
    EXPECT_EQ(child.figure("gone"), 1);
  }
}

TEST(collected, cleanups_may_allocate_block_and_add_others) {
  const child_result child = collected({"cleanups"});
  expect_good(child);
  EXPECT_EQ(child.figure("first"), 100);
  EXPECT_EQ(child.figure("second"), 100);
}

TEST(collected, an_exception_that_leaves_a_cleanup_ends_the_process) {
  const child_result child = collected({"throws"});
  EXPECT_EQ(child.exit_status, 2);
  EXPECT_THAT(child.err, HasSubstr("panic: std::runtime_error: in a cleanup"));
}

TEST(collected, is_no_hope_in_a_deadlock_and_no_goroutine_in_a_report) {
  for (const char* procs : {"1", "16"}) {  // with 16 it has four threads
    const child_result child = collected({"deadlock"}, {{"GOMAXPROCS", procs}});
    EXPECT_EQ(child.exit_status, 2);
    EXPECT_THAT(child.err, StartsWith("fatal error: all goroutines are asleep - deadlock!\n\n"
                                      "goroutine 1 [chan receive]:\n"));
    EXPECT_EQ(child.err.find("\n\ngoroutine ", child.err.find("goroutine 1 [")), child.err.npos);
  }
}

TEST(collected, has_threads_that_a_report_knows) {
  const child_result child =
      collected({"deadlock"}, {{"GOMAXPROCS", "16"}, {"GOTRACEBACK", "crash"}});
  EXPECT_EQ(child.signal, SIGABRT);
  const auto count = [&](const char* expression) {
    const std::regex line(expression);
    return std::distance(std::sregex_iterator(child.err.begin(), child.err.end(), line),
                         std::sregex_iterator());
  };
  EXPECT_EQ(count("runtime: thread [0-9]+ \"gander gc\", m=[0-9]+, the collector's\n"), 1);
  EXPECT_EQ(count("runtime: thread [0-9]+ \"gander marker\", m=[0-9]+, the collector's\n"), 3);
}

TEST(collected, works_at_every_allocation_and_with_either_barrier) {
  for (const char* knobs : {"gcstress=1,gccheckmark=1", "gccheckmark=1,gcstoptheworld=1",
                            "gccheckmark=1,gcbarrier=dijkstra,clobberfree=1"}) {
    const child_result child =
        collected({"lives", "100000", "2"}, {{"GODEBUG", knobs}, {"GOGC", "1"}});
    expect_good(child);
    EXPECT_EQ(child.figure("lost"), 0) << knobs;
  }
}

}  // namespace
