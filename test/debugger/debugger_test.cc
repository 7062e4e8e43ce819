// SPDX-License-Identifier: Apache-2.0

// What gdb's script says of a program in which one goroutine waits in every way (debugged.cc),
// while it lives and in its core. The numbers of goroutines are those in which run() starts them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "debugger/session.h"

namespace gander::testing {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// A line of the list: of the goroutine with this mark.
std::string line_of(const session& s, const std::string& star, std::size_t mark,
                    const std::string& state, const std::string& function) {
  const std::string id = mark != 0 ? std::to_string(s.ids.at(mark)) : "1";
  return "\n" + star + " " + id + " +\\[" + state + " debugged::" + function +
         " at [^ ]*debugged.cc:[0-9]+\n";
}

void expect_list(const session& s, const std::string& answer) {
  const std::string list = '\n' + answer;
  EXPECT_THAT(list, ContainsRegex(line_of(s, " ", 1, "chan receive]", "receives")));
  EXPECT_THAT(list, ContainsRegex(line_of(s, " ", 2, "select]", "selects")));
  EXPECT_THAT(list, ContainsRegex(line_of(s, " ", 3, "sleep]", "sleeps")));
  EXPECT_THAT(list, ContainsRegex(line_of(s, " ", 4, "sync.Mutex.Lock]", "locks")));
  EXPECT_THAT(list, ContainsRegex(line_of(s, " ", 5, "sync.WaitGroup.Wait]", "waits")));
  EXPECT_THAT(list, ContainsRegex(line_of(s, " ", 6, "chan receive]", "compares_for_ever")));
  EXPECT_THAT(list, ContainsRegex(line_of(s, "\\*", 8, "running] \"spinner\"", "spins")));
  EXPECT_THAT(list, ContainsRegex(line_of(s, "\\*", 9, "syscall]", "reads")));
}

// The frames of a backtrace, innermost first, up to the bottom of the goroutine's stack.
void expect_frames(const std::string& answer, const std::vector<std::string>& functions) {
  std::size_t at = 0;
  for (const std::string& function : functions) {
    const std::size_t next = answer.find(function, at);
    ASSERT_NE(next, std::string::npos) << function << " is missing in\n" << answer;
    at = next + function.size();
  }
}

std::size_t count_of(const std::string& what, const std::string& text) {
  std::size_t count = 0;
  for (std::size_t at = 0; (at = text.find(what, at)) != text.npos; ++at) ++count;
  return count;
}

const std::vector<std::string> questions = {
    "info goroutines",                                       // 0
    "goroutine @1 backtrace",                                // 1
    "goroutine @6 backtrace",                                // 2
    "goroutine @8 backtrace",                                // 3
    "goroutine @9 backtrace",                                // 4
    "goroutine 1 backtrace",                                 // 5
    "goroutine all print mark",                              // 6
    "goroutine @1 info locals",                              // 7
    "goroutine @1 frame",                                    // 8
    "goroutine @1 print numbers",                            // 9
    "goroutine @2 print points",                             // 10
    "print debugged::held",                                  // 11
    "print debugged::group",                                 // 12
    "print debugged::shared",                                // 13
    "goroutine @5 print $goroutine()->goid",                 // 14
    "print $goroutine()->goid * 100 + $goroutine(1)->goid",  // 15
    "goroutine",                                             // 16
    "goroutine 99 backtrace",                                // 17
    "goroutine all backtrace -1",                            // 18
};

void expect_answers(const session& s) {
  SCOPED_TRACE(s.all);
  ASSERT_EQ(s.ids.size(), 11U);
  expect_list(s, s.answers[0]);
  expect_frames(s.answers[1], {"#0  " + s.goroutine(1) + " [chan receive]", "#1 ", "gander::mcall",
                               "debugged::receives", "gander_goroutine_entry"});
  expect_frames(s.answers[2], {"#0  " + s.goroutine(6) + " [chan receive]", "gander::mcall",
                               "debugged::compares_for_ever", "qsort", "debugged::sorts",
                               "gander_goroutine_entry"});
  expect_frames(s.answers[3], {"debugged::spins", "gander_goroutine_entry"});
  expect_frames(s.answers[4], {"read", "debugged::reads", "gander_goroutine_entry"});
  expect_frames(s.answers[5], {"debugged::dies", "debugged::run", "gander_goroutine_entry"});
  for (int mark : {1001, 1002, 1003, 1004, 1005, 1006, 1008, 1009})
    EXPECT_THAT(s.answers[6], HasSubstr(" = " + std::to_string(mark) + "\n"));
  EXPECT_THAT(s.answers[7], HasSubstr("mark = 1001\n"));
  EXPECT_THAT(s.answers[8], AllOf(HasSubstr("debugged::receives"), HasSubstr("numbers.recv();")));
  EXPECT_THAT(s.answers[9], ContainsRegex(": 0 of 0 values, goroutines [0-9]+ and [0-9]+ wait to "
                                          "receive\n"));
  EXPECT_THAT(s.answers[10], HasSubstr(": 2 of 2 values, " + s.goroutine(2) + " waits to send\n"));
  EXPECT_THAT(s.answers[11], HasSubstr("= locked by goroutine 1 in debugged::run(int), " +
                                       s.goroutine(4) + " waits\n"));
  EXPECT_THAT(s.answers[12], HasSubstr("= 3 to be done, " + s.goroutine(5) + " waits\n"));
  EXPECT_THAT(s.answers[13], HasSubstr("= locked by 1 to read\n"));
  EXPECT_THAT(s.answers[14], HasSubstr(" = " + std::to_string(s.ids[5]) + "\n"));
  EXPECT_THAT(s.answers[15], HasSubstr(" = 101\n"));
  EXPECT_THAT(s.answers[16], StartsWith("goroutine 1 [running]\n"));
  EXPECT_THAT(s.answers[17], StartsWith("error: gander: there is no goroutine 99\n"));
  EXPECT_THAT(s.answers[18], HasSubstr("\nGoroutine 1 [running]:\n"));
  EXPECT_THAT(s.answers[18],
              HasSubstr("\nGoroutine " + std::to_string(s.ids[9]) + " [syscall]:\n"));
  EXPECT_EQ(count_of("\nGoroutine ", s.answers[18]), 9U);
  EXPECT_EQ(count_of(" in gander_goroutine_entry ", s.answers[18]), 9U);
}

class debugger : public ::testing::TestWithParam<const char*> {};

TEST_P(debugger, tells_of_all_goroutines_of_a_live_process) {
  const session s = debug(debugged(GetParam()), alive(), questions);
  expect_answers(s);
  EXPECT_THAT('\n' + s.answers[0],
              ContainsRegex(line_of(s, "\\*", 0, "running]", "everything_stands")));
}

TEST_P(debugger, tells_of_all_goroutines_in_a_core) {
  const temporary_folder folder;
  const std::string program = debugged(GetParam());
  const session s = debug(program, dead(core_of(program, "0", folder)), questions);
  expect_answers(s);
  EXPECT_THAT('\n' + s.answers[0], ContainsRegex(line_of(s, "\\*", 0, "running]", "dies")));
  EXPECT_THAT(s.answers[6], HasSubstr(" = 1010\n"));
}

constexpr const char* kinds[] = {"debugged", "debugged_no_pie", "debugged_static",
                                 "debugged_shared"};
INSTANTIATE_TEST_SUITE_P(, debugger, ::testing::ValuesIn(kinds),
                         [](const auto& kind) { return std::string(kind.param); });

// What one walks through the frames with, in a core, where no register can be set.
TEST(debugger_selection, stays_until_another_is_made) {
  const temporary_folder folder;
  const std::string program = debugged("debugged");
  const session s = debug(program, dead(core_of(program, "0", folder)),
                          {
                              "frame 1",                         // 0
                              "goroutine @1 info locals",        // 1
                              "frame",                           // 2
                              "goroutine @6",                    // 3
                              "info locals",                     // 4
                              "frame function debugged::sorts",  // 5
                              "info locals",                     // 6
                              "goroutine @1 print mark",         // 7
                              "print mark",                      // 8
                              "down",                            // 9
                              "up",                              // 10
                              "print mark",                      // 11
                              "goroutine",                       // 12
                              "goroutine @9",                    // 13
                              "print mark",                      // 14
                              "goroutine @6",                    // 15
                              "goroutine off",                   // 16
                              "backtrace -1",                    // 17
                              "thread 1",                        // 18
                              "goroutine @6",                    // 19
                              "thread 2",                        // 20
                              "goroutine @1 print mark",         // 21
                              "goroutine",                       // 22
                              "thread 1",                        // 23
                              "goroutine",                       // 24
                          });
  SCOPED_TRACE(s.all);
  EXPECT_THAT(s.answers[1], HasSubstr("mark = 1001"));
  EXPECT_EQ(s.answers[0], s.answers[2]);  // the thread's frame, as it was
  EXPECT_THAT(s.answers[3],
              AllOf(HasSubstr("[Switching to " + s.goroutine(6) + " [chan receive]]\n"),
                    HasSubstr("debugged::compares_for_ever")));
  EXPECT_THAT(s.answers[4], HasSubstr("mark = 1006"));
  EXPECT_THAT(s.answers[6], AllOf(HasSubstr("mark = 1007"), HasSubstr("numbers = {3, 1, 2}")));
  EXPECT_THAT(s.answers[7], HasSubstr(" = 1001\n"));
  EXPECT_THAT(s.answers[8], HasSubstr(" = 1007\n"));
  EXPECT_THAT(s.answers[9], HasSubstr("qsort"));
  EXPECT_THAT(s.answers[10], HasSubstr("debugged::sorts"));
  EXPECT_THAT(s.answers[11], HasSubstr(" = 1007\n"));
  EXPECT_THAT(s.answers[12], StartsWith(s.goroutine(6) + " [chan receive]\n"));
  EXPECT_THAT(s.answers[14], HasSubstr(" = 1009\n"));  // on another thread
  EXPECT_THAT(s.answers[17], Not(HasSubstr("compares_for_ever")));
  EXPECT_THAT(s.answers[21], HasSubstr(" = 1001\n"));
  EXPECT_THAT(s.answers[22], Not(StartsWith(s.goroutine(6) + " ")));  // of thread 2
  EXPECT_THAT(s.answers[24], StartsWith(s.goroutine(6) + " "));
}

// A selection of what stood still is not one of what runs.
TEST(debugger_selection, ends_when_the_program_goes_on) {
  const session s = debug(debugged("debugged"), alive(),
                          {"goroutine @1", "print mark", "stepi", "goroutine", "backtrace 1"});
  SCOPED_TRACE(s.all);
  EXPECT_THAT(s.answers[1], HasSubstr(" = 1001\n"));
  EXPECT_THAT(s.answers[3], StartsWith("goroutine 1 [running]\n"));
  EXPECT_THAT(s.answers[4], AllOf(StartsWith("#0 "), HasSubstr("debugged::everything_stands")));
}

// The goroutine that parks is on the scheduler's stack, and still `running`.
TEST(debugger_switch, shows_a_goroutine_whose_thread_has_left_its_stack) {
  std::vector<std::string> options = trusting;
  options.insert(options.end(), {"-ex", "break park_on_g0", "-ex", "run"});
  const session s = debug(debugged("debugged"), options,
                          {"backtrace", "goroutine $goroutine()->goid backtrace", "backtrace"});
  SCOPED_TRACE(s.all);
  EXPECT_THAT(s.answers[0], Not(HasSubstr("debugged::")));
  expect_frames(s.answers[1], {"#0  goroutine", "[running]", "gander::mcall", "gander::park",
                               "debugged::", "gander_goroutine_entry"});
  EXPECT_EQ(s.answers[0], s.answers[2]);
}

// Its own function is that of the throw, not of what the throw has called until the end.
TEST(debugger_panic, is_told_where_it_was_thrown) {
  const temporary_folder folder;
  const std::string program = debugged("debugged");
  const session s = debug(program, dead(core_of(program, "-1", folder)),
                          {"info goroutines", "goroutine 1 print mark", "goroutine 1 backtrace"});
  SCOPED_TRACE(s.all);
  // The core is of a thread that sends itself SIGABRT.
  EXPECT_THAT('\n' + s.answers[0], ContainsRegex(line_of(s, "\\*", 0, "syscall]", "dies")));
  EXPECT_THAT(s.answers[1], HasSubstr(" = 1010\n"));
  expect_frames(s.answers[2], {"__cxa_throw", "debugged::dies", "gander_goroutine_entry"});
}

TEST(debugger_crowd, is_listed_at_once) {
  const session s = debug(debugged("debugged"), alive(5000),
                          {"info goroutines", "goroutine debugged::ids[10] backtrace -1"});
  SCOPED_TRACE(s.all.substr(0, 2000));
  EXPECT_EQ(count_of(" [chan receive] debugged::run(int)::{lambda()#1}::operator()() const at ",
                     s.answers[0]),
            5000U);
  EXPECT_THAT(s.answers[1], HasSubstr("gander_goroutine_entry"));
}

}  // namespace
}  // namespace gander::testing
