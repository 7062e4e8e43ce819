// SPDX-License-Identifier: Apache-2.0
//
// The example programs trace_stress and trace_symbolize, and what Go's reader finds in their
// traces.
#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

#include "support/build.h"
#include "support/child.h"
#include "trace/traced.h"

namespace gander::testing {
namespace {

// The events of a dump, each with its stacks.
std::vector<std::string> events_of(const std::string& dump) {
  std::vector<std::string> events;
  std::istringstream lines(dump);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("M="))
      events.push_back(line + "\n");
    else if (!events.empty())
      events.back() += line + "\n";
  }
  return events;
}

struct expectation {
  std::string event;
  std::string reason;  // "-": none
  std::string function;
  std::string line;
  std::string count;  // "one" or "some"
};

// How Go's reader tells of it.
std::string words_of(const expectation& e) {
  const std::string reason = "Reason=\"" + (e.reason == "-" ? "" : e.reason) + "\"";
  if (e.event == "STWBegin") return "RangeBegin";
  if (e.event == "GoCreate") return "NotExist->Runnable";
  if (e.event == "GoUnblock") return "Waiting->Runnable";
  if (e.event == "GoSyscallBegin") return "Running->Syscall";
  return reason;
}

std::vector<expectation> expectations_of(const std::string& out) {
  std::vector<expectation> all;
  std::istringstream lines(out);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    expectation e;
    std::getline(words, e.event, '\t');
    std::getline(words, e.reason, '\t');
    std::getline(words, e.function, '\t');
    std::getline(words, e.line, '\t');
    std::getline(words, e.count, '\t');
    all.push_back(e);
  }
  return all;
}

TEST(trace_programs, each_event_has_the_stack_of_who_made_it) {
  temporary_folder folder;
  const std::string path = folder.path() / "trace";
  const child_result child =
      run_program(GANDER_EXAMPLES_DIR "/trace_symbolize", {path}, {.sanitizer = no_leak_check});
  ASSERT_EQ(child.exit_status, 0) << child.err;
  expect_profiles(path);
  const std::string dump = go_dump(path);
  EXPECT_EQ(count(dump, "\toperator() @"), 0U) << "whose?";
  const std::vector<std::string> events = events_of(dump);
  const std::vector<expectation> expected = expectations_of(child.out);
  EXPECT_GE(expected.size(), 19U);
  for (const expectation& e : expected) {
    // Who blocks is found from the stack pointer alone. The sanitizers' own read(), which stands
    // before libc's, keeps its frame by a register that nobody knows then.
    if (under_sanitizer && e.event == "GoSyscallBegin") continue;
    std::size_t found = 0;
    std::string alike;
    for (const std::string& event : events) {
      if (event.find(words_of(e)) == event.npos) continue;
      const bool there = event.find(e.function) != event.npos &&
                         event.find("trace_symbolize.cc:" + e.line + "\n") != event.npos;
      found += there;
      alike += event;
    }
    EXPECT_TRUE(e.count == "some" ? found > 0 : found == 1)
        << found << " of " << e.count << " " << e.event << " (" << e.reason << ") in " << e.function
        << ", line " << e.line << ", among\n"
        << alike;
  }
}

TEST(trace_programs, everything_at_once) {
  temporary_folder folder;
  const std::string path = folder.path() / "trace";
  for (int i = 0; i < scaled(4, 2, 2); ++i) {
    const child_result child =
        run_program(GANDER_EXAMPLES_DIR "/trace_stress", {path, "1"},
                    {.limit = std::chrono::seconds(60), .sanitizer = no_leak_check});
    EXPECT_EQ(child.exit_status, 0) << child.out << child.err;
    EXPECT_GE(count(go_dump(path), "StateTransition"), 1U);
    expect_profiles(path);
  }
}

}  // namespace
}  // namespace gander::testing
