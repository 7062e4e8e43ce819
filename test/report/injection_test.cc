// SPDX-License-Identifier: Apache-2.0
//
// Injected faults (test/injection/): whatever is broken when the process dies, it ends within five
// seconds, by the signal that GOTRACEBACK=crash asks for, and its report has the lines that were
// written down here by hand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <ostream>
#include <regex>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "report/report.h"
#include "support/build.h"
#include "support/child.h"
#include "support/core.h"

// What is injected here, the address and thread sanitizers find first, or cannot live with.
#if !UNDER_ASAN && !UNDER_TSAN
namespace {

using gander::testing::child_options;
using gander::testing::child_result;
using gander::testing::run_program;
using namespace std::chrono_literals;

struct fault_case {
  std::string name;
  std::vector<std::string> lines;        // expressions for whole lines, each there at least once
  std::vector<std::string> calls = {};   // in this order among the frames of the first stack
  std::vector<std::string> others = {};  // lines of somebody else's that may stand in between
  bool to_stdout = false;                // where the copy goes
  bool bystander = true;                 // the goroutine that has nothing to do with it is shown
  bool opens_files = true;
  std::string forbidden = {};  // system calls, for test/preload/forbid.cc; or "malloc"
};
void PrintTo(const fault_case& c, std::ostream* out) { *out << c.name << c.forbidden; }

const std::string own = "injection::(anonymous namespace)::";
const std::string nil_panic =
    "panic: runtime error: invalid memory address or nil pointer dereference";
const std::string touched =
    "\\[signal SIGSEGV: segmentation violation code=0x1 addr=0x8 pc=0x[0-9a-f]+\\]";
const std::string null_line = "runtime: write to 0x8: 0x8 bytes into the null page";
const std::string overflow = "fatal error: stack overflow";

// Died in touch_null().
fault_case touching(std::string name, std::vector<std::string> calls = {},
                    std::vector<std::string> more_lines = {}) {
  std::vector<std::string> lines = {nil_panic, touched, null_line};
  lines.insert(lines.end(), more_lines.begin(), more_lines.end());
  calls.insert(calls.begin(), "injection::touch_null");
  return {.name = std::move(name), .lines = std::move(lines), .calls = std::move(calls)};
}
fault_case sandboxed(const std::string& forbidden) {
  fault_case c = touching("plain");
  c.forbidden = forbidden;
  return c;
}
// No file can be opened: pc, module and build id.
fault_case unreadable(std::string name, std::string forbidden = {}) {
  return {.name = std::move(name),
          .lines = {nil_panic, touched, null_line, "\t.*/injected:0 \\+0x[0-9a-f]+ fp=.*",
                    "runtime: module .* [0-9a-f]{40} .*/injected"},
          .calls = {"?"},
          .bystander = false,
          .opens_files = false,
          .forbidden = std::move(forbidden)};
}
fault_case heard_by_libc(fault_case c, std::string line) {
  c.others.push_back(std::move(line));
  return c;
}
fault_case told_on_stdout(fault_case c) {
  c.to_stdout = true;
  return c;
}

std::string thread_line(const std::string& name) {
  return "runtime: thread [0-9]+ \"" + name + "\", not the runtime's";
}
std::string no_answer(const std::string& why) {
  return "runtime: no answer from the thread: " + why;
}

const fault_case fault_cases[] = {
    touching("plain"),
    // --- the C library's locks
    touching("malloc_1", {"injection::(anonymous namespace)::allocate"}),
    touching("malloc_2", {"injection::(anonymous namespace)::allocate"}),
    touching("malloc_3", {"injection::(anonymous namespace)::allocate"}),
    touching("malloc_4", {"injection::(anonymous namespace)::allocate"}),
    touching("malloc_6", {"injection::(anonymous namespace)::allocate"}),
    touching("malloc_7", {"injection::(anonymous namespace)::allocate"}),
    heard_by_libc({.name = "smashed_heap",
                   .lines = {"SIGABRT: abort", "PC=0x[0-9a-f]+ m=[0-9]+ sigcode=[0-9]+",
                             "runtime: sent by this process"},
                   .calls = {"abort"}},
                  "malloc\\(\\): .*"),
    heard_by_libc({.name = "double_free",
                   .lines = {"SIGABRT: abort"},
                   .calls = {"abort", own + "free_twice"}},
                  "(double free or corruption|free\\(\\): ).*"),
    {.name = "dlopen",
     .lines = {nil_panic, touched},
     .calls = {"injected_module_dies", own + "load_module"}},
    touching("beside_dlopen", {}, {"injected_constructor\\(\\.\\.\\.\\)"}),
    {.name = "module",
     .lines = {nil_panic, touched, "\t.*module\\.cc:[0-9]+ \\+0x[0-9a-f]+ fp=.*"},
     .calls = {"injected_module_dies", own + "call_module"}},
    touching("printf", {own + "stream_write"}),
    touching("beside_printf"),
    touching("mutex", {own + "holds_mutex"},
             {"goroutine [0-9]+ gp=0x[0-9a-f]+ m=nil \\[sync\\.Mutex\\.Lock\\]:",
              "injection::\\(anonymous namespace\\)::wants_mutex\\(\\.\\.\\.\\)"}),
    // --- stacks
    {.name = "overflow_goroutine",
     .lines = {"runtime: goroutine stack exceeds [0-9]+-byte limit", overflow,
               "runtime: write to 0x[0-9a-f]+: the guard below the stack of goroutine [0-9]+, .*",
               "\\.\\.\\.[0-9]+ frames elided\\.\\.\\."},
     .calls = {own + "recurse", own + "recurse"}},
    {.name = "overflow_main_goroutine",
     .lines = {"runtime: goroutine stack exceeds [0-9]+-byte limit", overflow},
     .calls = {own + "recurse", own + "recurse"}},
    {.name = "overflow_thread",
     .lines = {"runtime: thread stack exceeds [0-9]+-byte limit", overflow},
     .calls = {own + "recurse", own + "recurse"}},
    {.name = "overflow_scheduler",
     .lines = {"runtime: thread stack exceeds [0-9]+-byte limit", overflow, "runtime stack:"},
     .calls = {own + "recurse", own + "recurse", "gander::stop_m"}},
    {.name = "jump_null",
     .lines = {nil_panic, "runtime: execution at 0x0: 0x0 bytes into the null page"},
     .calls = {"?", own + "jump_to"}},
    {.name = "jump_unmapped",
     .lines = {"unexpected fault address 0x12345678", "fatal error: fault",
               "runtime: execution at 0x12345678: unmapped, .*"},
     .calls = {"?", own + "jump_to"}},
    {.name = "jump_data",
     .lines = {"fatal error: fault", "runtime: execution at 0x[0-9a-f]+: data(: | of ).* rw- .*"},
     .calls = {own + "jump_to"}},
    {.name = "jump_impossible", .lines = {"\\[signal SIGSEGV: .*"}},
    {.name = "smashed_return_address",
     .lines = {nil_panic, "runtime: execution at 0x41: 0x41 bytes into the null page"}},
    touching("smashed_frames", {},
             {"runtime: goroutine 1 cannot be walked above sp=0x[0-9a-f]+; what may be return "
              "addresses there:",
              "runtime:   0x[0-9a-f]+ .* at .*/(injection/main|sched/goroutine)\\.cc:[0-9]+"}),
    touching("smashed_parked_stack"),
    touching("smashed_parked_goroutine", {},
             {"goroutine [0-9]+ gp=0x[0-9a-f]+ m=nil \\[chan receive\\]:"}),
    // --- handlers, and several at once
    touching("handler", {own + "on_usr1", "raise", own + "interrupted"}),
    touching("second_handler", {own + "on_usr1", "raise", own + "on_usr2", "raise"}),
    {.name = "sigquit_from_outside",
     .lines = {"SIGQUIT: quit", "runtime: sent by process [0-9]+ of user [0-9]+",
               "(rip|eip) +0x[0-9a-f]+"}},
    {.name = "sigabrt_from_outside",
     .lines = {"SIGABRT: abort", "runtime: sent by process [0-9]+ of user [0-9]+"}},
    touching("two_faults"),
    touching("eight_faults"),
    touching("two_goroutines_fault"),
    // --- the end of the process, and forks
    touching("beside_exit"),
    touching("beside_static_destructor"),
    touching("static_destructor", {own + "dies::~dies", "exit"}),
    touching("beside_fork"),
    touching("forked_child"),
    touching("parent_of_fork"),
    // --- threads that do not answer
    touching("blocked_signals", {},
             {thread_line("blocks-all"), no_answer("it blocks the signal"),
              "runtime: system call [0-9]+: (clock_)?nanosleep(_time64)?\\(.*\\)",
              "goroutine 0 gp=0x0 m=nil \\[syscall, locked to thread\\]:"}),
    touching("blocked_signals_spinning", {},
             {thread_line("blocks-spins"), no_answer("it blocks the signal"),
              "goroutine 0 gp=0x0 m=nil \\[running, locked to thread\\]:",
              "\tgoroutine running on other thread; stack unavailable"}),
    touching("blocked_goroutine", {},
             {"runtime: thread [0-9]+ \"g-blocks\", m=[0-9]+, runs goroutine [0-9]+",
              no_answer("it blocks the signal"),
              "goroutine [0-9]+ gp=0x[0-9a-f]+ m=[0-9]+ mp=0x[0-9a-f]+ \\[syscall\\]:"}),
    touching("uninterruptible", {},
             {thread_line("vforks"), no_answer("it is in an uninterruptible system call"),
              "runtime: system call [0-9]+: (vfork|clone)\\(.*\\)"}),
    touching("long_system_call", {},
             {thread_line("reads"), "runtime: system call [0-9]+: read\\(0x[0-9a-f]+, .*\\)",
              "injection::\\(anonymous namespace\\)::reads_for_ever\\(\\.\\.\\.\\)"}),
    touching("stopped", {}, {thread_line("is-stopped"), no_answer("it is stopped")}),
    // --- nothing left
    touching("no_address_space"),
    touching("no_descriptors"),
    touching("greedy_for_descriptors"),
    told_on_stdout(touching("closed_stderr")),
    told_on_stdout(touching("full_stderr")),
    touching("huge_name"),
    // --- system calls that a sandbox refuses
    sandboxed("malloc"),  // from the fault on
    sandboxed("membarrier=EPERM"),
    sandboxed("tgkill=EPERM"),
    sandboxed("poll=EPERM"),
    unreadable("plain", "openat=EACCES"),
    unreadable("no_descriptors_allowed"),
};

class injected_fault : public testing::TestWithParam<fault_case> {};

INSTANTIATE_TEST_SUITE_P(, injected_fault, testing::ValuesIn(fault_cases), [](const auto& value) {
  const fault_case& c = value.param;
  return c.name +
         (c.forbidden.empty() ? "" : "_without_" + c.forbidden.substr(0, c.forbidden.find('=')));
});

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

bool has_line(const std::vector<std::string>& lines, const std::string& expression) {
  const std::regex line_like(expression);
  for (const std::string& line : lines)
    if (line.size() < 5000 && std::regex_match(line, line_like)) return true;
  return false;
}

std::string without(const std::string& text, const std::vector<std::string>& expressions) {
  std::string rest;
  for (const std::string& line : lines_of(text)) {
    bool left_out = false;
    for (const std::string& expression : expressions) left_out |= has_line({line}, expression);
    if (!left_out) rest += line + '\n';
  }
  return rest;
}

TEST_P(injected_fault, ends_with_its_report) {
  const fault_case& wanted = GetParam();
  child_options options{.environment = {{"GOTRACEBACK", "crash"}},
                        .sanitizer = gander::testing::faults_are_ours};
  if (wanted.forbidden == "malloc") {
    options.environment.emplace_back("LD_PRELOAD", GANDER_TESTPROG_DIR "/libno_malloc.so");
  } else if (!wanted.forbidden.empty()) {
    options.environment.emplace_back("LD_PRELOAD", GANDER_TESTPROG_DIR "/libforbid.so");
    options.environment.emplace_back("FORBID", wanted.forbidden);
  }
  const auto start = std::chrono::steady_clock::now();
  const child_result child = run_program("injected", {wanted.name}, options);
  EXPECT_LT(std::chrono::steady_clock::now() - start, 5s);
  EXPECT_EQ(child.signal, SIGABRT) << "exit status " << child.exit_status;

  const std::string text = without(wanted.to_stdout ? child.out : child.err, wanted.others);
  SCOPED_TRACE("the report:\n" + text);
  const report::report parsed = report::parse(text);
  EXPECT_EQ(parsed.unknown, std::vector<std::string>());
  const std::vector<std::string> lines = lines_of(text);
  for (const std::string& line : wanted.lines) EXPECT_TRUE(has_line(lines, line)) << line;
  EXPECT_THAT(text, testing::Not(testing::HasSubstr("could not be told")));
  EXPECT_THAT(text, testing::Not(testing::HasSubstr("panic during panic")));

  ASSERT_FALSE(parsed.goroutines.empty());
  auto call = wanted.calls.begin();
  for (const report::frame& f : parsed.goroutines[0].frames)
    if (call != wanted.calls.end() && f.function == *call) ++call;
  EXPECT_TRUE(call == wanted.calls.end()) << "not on the stack, or not in this order: " << *call;
  bool bystander = false;
  for (const report::goroutine& g : parsed.goroutines) bystander |= g.calls(own + "bystander");
  EXPECT_EQ(bystander, wanted.bystander);
  EXPECT_TRUE(has_line(lines, "runtime: module .* [0-9a-f]{40} .*/injected"));
}

#ifdef GANDER_COMMAND
// ---- with the flight recorder on

// What a line of a report says that a goroutine did, as `gander trace --events` has it.
std::string event_of(const std::string& deed) {
  std::smatch m;
  if (std::regex_match(deed, m, std::regex("blocked \\((.*?)\\).*")))
    return "GoBlock reason=\"" + m[1].str() + "\"";
  if (std::regex_match(deed, m, std::regex("stopped \\((.*?)\\).*")))
    return "GoStop reason=\"" + m[1].str() + "\"";
  if (deed.starts_with("began to run")) return "GoStart ";
  if (deed.starts_with("unblocked")) return "GoUnblock ";
  if (deed.starts_with("started")) return "GoCreate ";
  if (deed.starts_with("lost its P")) return "GoSyscallBegin ";
  if (deed.starts_with("came back")) return "GoSyscallEndBlocked";
  return deed;
}

// The last line of each goroutine that has any: "goroutine 7", what it did.
std::vector<std::pair<std::string, std::string>> last_deeds(const std::vector<std::string>& lines) {
  std::vector<std::pair<std::string, std::string>> last;
  std::string goroutine;
  std::smatch m;
  for (const std::string& line : lines) {
    if (line.size() > 5000) continue;
    if (std::regex_search(line, m, std::regex("^(goroutine [0-9]+) .*:$"))) goroutine = m[1];
    if (!std::regex_match(line, m, std::regex("runtime: [0-9.]+(us|ms|s) ago: (.*)"))) continue;
    if (last.empty() || last.back().first != goroutine) last.emplace_back(goroutine, "");
    last.back().second = m[2];
  }
  return last;
}

TEST_P(injected_fault, leaves_a_trace_that_agrees_with_its_report) {
  const fault_case& wanted = GetParam();
  if (!wanted.forbidden.empty() || !wanted.opens_files) return;  // nothing to tell, or none
  const gander::testing::temporary_folder folder;
  const std::string path = folder.path() / "trace";
  const child_result child =
      run_program("injected", {wanted.name},
                  {.environment = {{"GOTRACEBACK", "crash"},
                                   {"GANDER_CRASH_TRACE", path},
                                   {"GODEBUG", "traceadvanceperiod=20000000"}},
                   .sanitizer = gander::testing::faults_are_ours});
  EXPECT_EQ(child.signal, SIGABRT) << "exit status " << child.exit_status;
  const child_result check = run_program(GANDER_COMMAND, {"trace", "--check", path});
  EXPECT_EQ(check.exit_status, 0) << check.out << check.err << child.err;

  const std::vector<std::string> events =
      lines_of(run_program(GANDER_COMMAND, {"trace", "--events", path}).out);
  const auto deeds = last_deeds(lines_of(wanted.to_stdout ? child.out : child.err));
  EXPECT_GE(deeds.size(), 1u) << child.err;
  for (const auto& [goroutine, deed] : deeds) {
    std::string last;
    for (const std::string& event : events)
      if (event.find(" " + goroutine + ": ") != event.npos && event.find("GoStatus") == event.npos)
        last = event;
    EXPECT_NE(last.find(event_of(deed)), last.npos)
        << goroutine << ": " << deed << "\nbut in the trace: " << last;
  }
}
#endif

// ---- under full load, over and over; by hand with GANDER_QUITS=1000

TEST(sigquit, under_full_load_is_answered_every_time) {
  const char* const wished = std::getenv("GANDER_QUITS");
  const int times = wished != nullptr ? std::atoi(wished) : 20;
  for (int i = 0; i < times; ++i) {
    const auto start = std::chrono::steady_clock::now();
    const child_result child = run_program("loaded", {});
    EXPECT_LT(std::chrono::steady_clock::now() - start, 5s);
    ASSERT_EQ(child.exit_status, 2) << i << ": signal " << child.signal << child.err;
    const report::report parsed = report::parse(child.err);
    ASSERT_EQ(parsed.unknown, std::vector<std::string>()) << i << child.err;
    ASSERT_GE(parsed.goroutines.size(), 100u) << i << child.err;
    EXPECT_EQ(child.err.find("stack unavailable"), child.err.npos) << i << child.err;
    EXPECT_EQ(child.err.find("could not be told"), child.err.npos) << i << child.err;
  }
}

}  // namespace
#endif
