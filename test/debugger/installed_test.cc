// SPDX-License-Identifier: Apache-2.0

// How gdb comes by the script: from the program, from the library, from an installation; and what
// it says where it cannot help.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "debugger/session.h"

namespace gander::testing {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

const std::vector<std::string> by_hand = {"-iex", "set auto-load off", "-ex",
                                          "source " GANDER_GDB_SCRIPT};

std::vector<std::string> joined(std::vector<std::string> a, const std::vector<std::string>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

void command(const std::vector<std::string>& words) {
  const child_result r =
      run_program(words.back(), {},
                  {.limit = std::chrono::minutes(2), .wrapper = {words.begin(), words.end() - 1}});
  ASSERT_EQ(r.exit_status, 0) << r.out << r.err;
}

// gdb loads nothing from places that its user has not named, and says how to name them.
TEST(debugger_script, waits_for_the_users_trust) {
  const session s = debug(debugged("debugged"), {}, {"info auto-load python-scripts"});
  EXPECT_THAT(s.answers[0], ContainsRegex("No +gander-gdb.py"));
  EXPECT_THAT(s.all, HasSubstr("add-auto-load-safe-path " + debugged("debugged")));
}

TEST(debugger_script, comes_with_the_program) {
  const session s = debug(debugged("debugged"), trusting, {"info auto-load python-scripts"});
  EXPECT_THAT(s.answers[0], ContainsRegex("Yes +gander-gdb.py"));
}

TEST(debugger_script, comes_from_an_installation) {
  const temporary_folder folder;
  const std::string prefix = folder.path() / "usr";
  command({GANDER_CMAKE, "--install", GANDER_BUILD_DIR, "--prefix", prefix});
  std::string library;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(prefix))
    if (entry.path().filename() == GANDER_SHARED_LIBRARY) library = entry.path();
  ASSERT_NE(library, "");
  const std::string scripts = prefix + "/share/gdb/auto-load";
  const std::string script = scripts + library + "-gdb.py";
  EXPECT_TRUE(std::filesystem::exists(script)) << script;
  EXPECT_TRUE(std::filesystem::exists(prefix + "/share/gander/gander-gdb.py"));
  const session s =
      debug(debugged("debugged_shared"),
            {"-iex", "set auto-load scripts-directory " + scripts, "-iex",
             "set auto-load safe-path " + scripts, "-ex",
             "set environment LD_LIBRARY_PATH " + library.substr(0, library.rfind('/')), "-ex",
             "break debugged::everything_stands", "-ex", "run"},
            {"info auto-load python-scripts", "goroutine @1 print mark"});
  SCOPED_TRACE(s.all);
  EXPECT_THAT(s.answers[0], ContainsRegex("Yes +" + script));
  EXPECT_THAT(s.answers[1], HasSubstr(" = 1001\n"));
}

// Loaded twice, from a library and an installation, it is there once.
TEST(debugger_script, may_be_loaded_again) {
  const session s =
      debug(debugged("debugged"), joined(alive(), {"-ex", "source " GANDER_GDB_SCRIPT}),
            {"goroutine @1 print mark", "goroutine @1 backtrace", "print debugged::held"});
  SCOPED_TRACE(s.all);
  EXPECT_THAT(s.answers[0], HasSubstr(" = 1001\n"));
  EXPECT_THAT(s.answers[1], HasSubstr("gander_goroutine_entry"));
  EXPECT_THAT(s.answers[2], ContainsRegex("= locked by .*, " + s.goroutine(4) + " waits\n"));
}

TEST(debugger_script, says_why_it_cannot_help) {
  const session idle = debug(debugged("debugged"), trusting, {"info goroutines"});
  EXPECT_THAT(idle.answers[0], StartsWith("error: gander: the program is not being run\n"));

  const temporary_folder folder;
  const std::string core = core_of(debugged("debugged"), "0", folder);
  const std::string bare = folder.path() / "bare";
  command({"strip", "-o", bare, debugged("debugged")});
  for (const char* question : {"info goroutines", "goroutine 3 backtrace", "goroutine"}) {
    const session s = debug(bare, joined(by_hand, {"-core", core}), {question});
    EXPECT_THAT(s.answers[0], StartsWith("error: gander: this program has no debug information"));
  }
  // A function of gdb's may not fail otherwise.
  const session s = debug(bare, joined(by_hand, {"-core", core}), {"print $goroutine(1)"});
  EXPECT_THAT(s.answers[0], HasSubstr("this program has no debug information"));
}

TEST(debugger_script, refuses_what_it_does_not_know) {
  const session s = debug(debugged("debugged"), alive(),
                          {"goroutine many backtrace", "goroutine all", "info goroutines 3",
                           "goroutine @1 no_such_command", "print debugged::held"});
  SCOPED_TRACE(s.all);
  EXPECT_THAT(s.answers[0], StartsWith("error: No symbol \"many\""));
  EXPECT_THAT(s.answers[1], StartsWith("error: goroutine all COMMAND"));
  EXPECT_THAT(s.answers[2], StartsWith("error: info goroutines takes no argument"));
  EXPECT_THAT(s.answers[3],
              AllOf(StartsWith("error: "), HasSubstr("no_such_command"), Not(HasSubstr("gander"))));
  EXPECT_THAT(s.answers[4], HasSubstr("= locked"));
}

}  // namespace
}  // namespace gander::testing
