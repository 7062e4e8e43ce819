// SPDX-License-Identifier: Apache-2.0
//
// Faults that debug::set_panic_on_fault() has thrown (test/testprog/faults.cc): what is caught, and
// the reports of what is not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "processor.h"
#include "report/report.h"
#include "support/child.h"

namespace {

using gander::testing::child_result;
using gander::testing::run_program;

const std::string nil = "runtime error: invalid memory address or nil pointer dereference";

child_result fault(const std::string& name, const std::string& program = "faults") {
  return run_program(program, {name}, {.environment = {{"GOTRACEBACK", "single"}}});
}

std::string named(const std::string& name) { return "(anonymous namespace)::" + name; }

// --- that are caught

struct caught_case {
  std::string name;
  std::string out;  // all of it
};
void PrintTo(const caught_case& c, std::ostream* out) { *out << c.name; }

class caught_fault : public testing::TestWithParam<caught_case> {};

TEST_P(caught_fault, does_not_end_the_program) {
  const child_result child = fault(GetParam().name);
  EXPECT_EQ(child.exit_status, 0) << child.err;
  EXPECT_EQ(child.out, GetParam().out);
  EXPECT_EQ(child.err, "");
}

std::string told(const std::string& what, int signal, int code, const std::string& words) {
  return what + ": signal " + std::to_string(signal) + ", code " + std::to_string(code) + ", " +
         words + ", address as expected\n";
}

const caught_case caught_cases[] = {
    {"kinds", told("null", 11, 1, nil) + told("member", 11, 1, nil) + told("write", 11, 1, nil) +
                  told("wild", 11, 1, nil) + told("impossible", 11, 128, nil) +
                  told("call", 11, 1, nil) + told("bus", 7, 2, nil) +
                  told("divide", 8, 1, "runtime error: integer divide by zero") +
                  "float: runtime error: floating point error\n"
                  "x87: runtime error: floating point error\nx87 is empty: 1\n"},
    {"destructors",
     "~innermost ~outer ~outer " + nil + ", 0\n~innermost ~outer ~outer " + nil + ", 0\n"},
    {"registers", "same: 1\n"},
    {"yields", "caught=5000\nwrong=0\nall=5000\n"},
    {"setting", "0 1 other:0 next:0 1 0 thread:0 0\n"},
#if !defined(__clang__)
    {"same_frame", "~inner " + told("caught", 11, 1, nil) + "~outer\n"},
#endif
};

INSTANTIATE_TEST_SUITE_P(, caught_fault, testing::ValuesIn(caught_cases),
                         [](const auto& value) { return value.param.name; });

// --- that are not

struct death_case {
  std::string name;
  std::string opening;  // an expression for all that comes before the first goroutine
  std::vector<std::string> functions = {};  // of the goroutine at fault, from the innermost one on
  std::string program = "faults";
};
void PrintTo(const death_case& c, std::ostream* out) { *out << c.name; }

// A lambda's name goes on behind that of its function.
MATCHER(names, "") { return std::get<0>(arg).starts_with(std::get<1>(arg)); }

class fatal_fault : public testing::TestWithParam<death_case> {};

TEST_P(fatal_fault, is_reported_where_it_happened) {
  const death_case& wanted = GetParam();
  const child_result child = fault(wanted.name, wanted.program);
  SCOPED_TRACE("the report:\n" + child.err);
  EXPECT_EQ(child.exit_status, 2) << "signal " << child.signal;
  EXPECT_THAT(child.out, testing::Not(testing::HasSubstr("caught")));
  EXPECT_THAT(child.out, testing::Not(testing::HasSubstr("no fault")));
  const report::report parsed = report::parse(child.err);
  EXPECT_EQ(parsed.unknown, std::vector<std::string>());

  const std::string opening = child.err.substr(0, child.err.find("\n\ngoroutine ") + 1);
  EXPECT_TRUE(std::regex_match(opening, std::regex(wanted.opening))) << opening;
  ASSERT_FALSE(parsed.goroutines.empty());
  std::vector<std::string> innermost;
  for (const report::frame& f : parsed.goroutines[0].frames)
    if (innermost.size() < wanted.functions.size()) innermost.push_back(f.function);
  EXPECT_THAT(innermost, testing::Pointwise(names(), wanted.functions));
}

std::string signal_line(const std::string& name, const std::string& code,
                        const std::string& address, const std::string& pc = "0x[0-9a-f]+") {
  return "\\[signal " + name + " code=" + code + " addr=" + address + " pc=" + pc + "\\]\n";
}
const std::string wild = [] {
  std::ostringstream hex;
  hex << "0x" << std::hex << gander::processor::wild_address;
  return hex.str();
}();
const std::string segv = "SIGSEGV: segmentation violation";
const std::string any_bytes = "instruction bytes:( 0x[0-9a-f]+)+\n";
// An exception does not carry the access.
std::string null_line(const std::string& access, const std::string& offset) {
  return "runtime: " + access + " " + offset + ": " + offset + " bytes into the null page\n";
}
const std::string thrown_at_0 =
    "panic: " + nil + "\n" + signal_line(segv, "0x1", "0x0") + null_line("access to", "0x0");
const std::string died_in_libc =
    "panic: " + nil + "\n" + signal_line(".*", ".*", ".*") + any_bytes + "runtime: read from .*\n";
const std::string died_at_0 = "panic: " + nil + "\n" + signal_line(segv, "0x1", "0x0") + any_bytes +
                              null_line("read from", "0x0");

const death_case death_cases[] = {
    {"uncaught",
     "panic: " + nil + "\n" + signal_line(segv, "0x1", "0x10") + null_line("access to", "0x10"),
     {"faults::read_here", "faults::calls_read_here"}},
    // Where nobody asks for an exception that is a "fatal error: fault".
    {"uncaught_wild",
     "panic: " + nil + "\n" + signal_line(segv, "0x1", wild) +
         "runtime: access to " + wild + ": unmapped, .*\n",
     {"faults::read_here", "faults::calls_read_here"}},
    {"uncaught_divide",
     "panic: runtime error: integer divide by zero\n" +
         signal_line("SIGFPE: floating-point exception", "0x1", "0x[0-9a-f]+"),
     {"faults::divide_here"}},
    {"uncaught_call",
     "panic: " + nil + "\n" + signal_line(segv, "0x1", "0x0", "0x0") +
         null_line("access to", "0x0"),
     {"faults::jump_here"}},
    {"second_phase", thrown_at_0, {"faults::read_here", named("through_destructors")}},
    {"rethrown", thrown_at_0},
    {"without_tables", thrown_at_0, {"?"}},

    {"off", died_at_0, {"faults::read_here"}},
    {"off_again", died_at_0, {"faults::read_here"}},
    {"of_another", died_at_0, {"faults::read_here"}},
    {"on_a_thread", died_at_0, {"faults::read_here"}},

    {"sent", "SIGSEGV: segmentation violation\nPC=.*\nruntime: sent by this process\n"},
    {"overflow",
     "runtime: goroutine stack exceeds .*\nruntime: sp=.*\nfatal error: stack overflow\n" +
         signal_line(segv, "0x[12]", "0x[0-9a-f]+") + any_bytes +
         "runtime: write to 0x[0-9a-f]+: the guard below the stack of goroutine [0-9]+, "
         "0x[0-9a-f]+ "
         "bytes below its end\n",
     {"faults::recurse", "faults::recurse"}},
    {"in_libc", died_in_libc},
    {"in_the_runtime", "unexpected fault address " + wild + "\nfatal error: fault\n" +
                           signal_line(segv, "0x1", wild) + any_bytes +
                           "runtime: write to " + wild + ": unmapped, .*\n"},
    // The handler in the frame of the fault is none for it, and nor is any other: the function has
    // tables, and they do not say that an exception may come from there.
    {"same_frame", thrown_at_0, {named("same_frame")}, "faults_unexpected"},
};

INSTANTIATE_TEST_SUITE_P(, fatal_fault, testing::ValuesIn(death_cases),
                         [](const auto& value) { return value.param.name; });

}  // namespace
