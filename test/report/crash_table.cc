// SPDX-License-Identifier: Apache-2.0

// Written by hand from what Go prints for the same deaths. "frame" and "created" keep the
// expressions short; file names are those of examples/crashes, which may be built anywhere.
#include "report/crash_table.h"

#include <ostream>

#include "processor.h"

namespace report {
namespace {

const std::string address = "0x[0-9a-f]+";
const std::string pc_register = gander::processor::pc_register;
const std::string first_register = std::string(gander::processor::registers.front()) + " .*";
const std::string header = "goroutine [0-9]+( gp=.*)? ";

// A frame of a function in namespace crashes.
std::string frame(const std::string& name) { return "crashes::" + name + "\\(.*\\)"; }
std::string created(const std::string& by) {
  return "created by crashes::" + by + ".* in goroutine 1";
}
// The header of a goroutine in a state; minutes and locks to a thread do not happen in these
// programs.
std::string waits(const std::string& status) { return header + "\\[" + status + "\\]:"; }

// No report has these: they would mean that someone else's handler spoke, or that ours failed.
const std::vector<rule> always = {
    never("terminate called.*"),  never(".*core dumped.*"),
    never("panic during panic"),  never("stack trace unavailable"),
    never(".*stack unavailable"), never("runtime: g [0-9]+.*unknown pc.*"),
    never("\t\\?\\?:.*"),
};

std::vector<rule> rules(std::vector<rule> own) {
  own.insert(own.end(), always.begin(), always.end());
  return own;
}

// A panic prints neither registers nor addresses below GOTRACEBACK=system.
std::vector<rule> panic_rules(std::vector<rule> own) {
  own.insert(own.end(),
             {never("fatal error: .*"), never("SIG[A-Z]+: .*"), never(pc_register + " +0x.*"),
              never(".* fp=0x.*"), never("goroutine [0-9]+ gp=.*")});
  return rules(std::move(own));
}

const std::string nil_panic =
    "panic: runtime error: invalid memory address or nil pointer dereference";

std::vector<rule> nil_rules(std::vector<rule> own) {
  own.insert(
      own.end(),
      {exactly(1, nil_panic), exactly(1, "goroutine [0-9]+ \\[running\\]:"),
       exactly(
           1, "\\[signal SIGSEGV: segmentation violation code=0x1 addr=0x10 pc=" + address + "\\]"),
       exactly(1, frame("read_balance")), exactly(1, frame("worker")),
       must("\t.*/faults\\.cc:[0-9]+ \\+0x[0-9a-f]+"), exactly(1, created("nil_dereference"))});
  return panic_rules(std::move(own));
}

// The deadlock report shows all goroutines whatever GOTRACEBACK says.
std::vector<rule> deadlock_rules(std::vector<rule> own) {
  own.insert(own.end(),
             {exactly(1, "fatal error: all goroutines are asleep - deadlock!"), never("panic: .*"),
              never("\\[signal .*"), never(pc_register + " +0x.*"), never(waits("running"))});
  return rules(std::move(own));
}

// A signal that the handler itself treats as a crash forces all goroutines, addresses and
// registers.
std::vector<rule> signal_rules(const std::string& name, std::vector<rule> own) {
  own.insert(own.end(), {exactly(1, name), exactly(1, "PC=" + address + " m=[0-9]+ sigcode=[0-9]+"),
                         never("panic: .*"), never("fatal error: .*"), never("\\[signal .*")});
  for (const char* each : gander::processor::registers)
    own.push_back(exactly(1, each + (" +" + address)));
  return rules(std::move(own));
}

std::vector<rule> crowd_rules() {
  std::vector<rule> own = {exactly(1, nil_panic),
                           exactly(2, waits("running")),
                           exactly(1, frame("crowd_fault")),
                           exactly(1, frame("crowd_run")),
                           exactly(1, "goroutine 1 \\[running\\]:"),
                           exactly(1001, created("crowd")),
                           never("\t[^ ]*/src/(chan|sched|sync|time)/.*")};  // the runtime's own
  const struct {
    const char* status;
    const char* function;
  } states[] = {
      {"chan send", "crowd_send"},
      {"chan receive", "crowd_recv"},
      {"chan send \\(nil chan\\)", "crowd_nil_send"},
      {"chan receive \\(nil chan\\)", "crowd_nil_recv"},
      {"select", "crowd_select"},
      {"select \\(no cases\\)", "crowd_select_nothing"},
      {"sleep", "crowd_sleep"},
      {"sync\\.Mutex\\.Lock", "crowd_lock"},
      {"sync\\.Cond\\.Wait", "crowd_wait_bell"},
      {"sync\\.WaitGroup\\.Wait", "crowd_wait_group"},
  };
  for (const auto& state : states) {
    own.push_back(exactly(100, waits(state.status)));
    own.push_back(exactly(100, frame(state.function)));
  }
  return panic_rules(std::move(own));
}

std::vector<crash_case> make_table() {
  std::vector<crash_case> table;

  const std::vector<std::string> nil_order = {nil_panic,
                                              "\\[signal SIGSEGV.*",
                                              "",
                                              "goroutine [0-9]+ \\[running\\]:",
                                              frame("read_balance"),
                                              frame("worker"),
                                              created("nil_dereference")};
  table.push_back({"nil-dereference", "single",
                   nil_rules({never("goroutine 1 .*"), exactly(1, "goroutine .*")}), nil_order});
  table.push_back({"nil-dereference", "all",
                   nil_rules({exactly(1, "goroutine 1 \\[sync\\.WaitGroup\\.Wait\\]:"),
                              must(frame("nil_dereference"))}),
                   nil_order});
  table.push_back({"nil-dereference",
                   "none",
                   rules({exactly(1, nil_panic), exactly(1, "\\[signal SIGSEGV: .*"),
                          never("goroutine .*"), never(frame(".*"))}),
                   {}});

  // The stack is that of the throw, not that of a terminate handler.
  const std::vector<rule> uncaught = {exactly(1, "panic: .*no port number: http.*"),
                                      exactly(1, frame("parse_port")),
                                      exactly(1, frame("configure")),
                                      exactly(1, created("uncaught_exception")),
                                      never("\\[signal .*"),
                                      never("std::terminate.*"),
                                      never(".*__cxa_throw.*"),
                                      never("abort\\(.*")};
  const std::vector<std::string> uncaught_order = {
      "panic: .*", "goroutine [0-9]+ \\[running\\]:", frame("parse_port"), frame("configure"),
      created("uncaught_exception")};
  auto uncaught_single = uncaught, uncaught_all = uncaught;
  uncaught_single.push_back(exactly(1, "goroutine .*"));
  uncaught_all.push_back(exactly(1, "goroutine 1 \\[sync\\.WaitGroup\\.Wait\\]:"));
  table.push_back({"uncaught-exception", "single", panic_rules(uncaught_single), uncaught_order});
  table.push_back({"uncaught-exception", "all", panic_rules(uncaught_all), uncaught_order});

  for (const char* traceback : {"single", "all"}) {
    table.push_back(
        {"mutex-deadlock",
         traceback,
         deadlock_rules({exactly(1, header + "\\[sync\\.WaitGroup\\.Wait\\]:"),
                         exactly(2, waits("sync\\.Mutex\\.Lock")), exactly(2, frame("lock_both")),
                         must(frame("mutex_deadlock")), exactly(2, created("mutex_deadlock"))}),
         {"fatal error: .*", "", "goroutine 1 .*", "goroutine .*", "goroutine .*"}});
    table.push_back({"nobody-receives",
                     traceback,
                     deadlock_rules({exactly(1, "goroutine 1 .*\\[chan send\\]:"),
                                     exactly(1, "goroutine .*"), exactly(1, frame("send_answer")),
                                     exactly(1, frame("nobody_receives")), never("created by .*")}),
                     {"fatal error: .*", "", "goroutine 1 .*", frame("send_answer"),
                      frame("nobody_receives")}});

    // A throw: all goroutines, frames with addresses. 50 frames at either end, hence at most 100 of
    // them.
    table.push_back({"stack-overflow",
                     traceback,
                     rules({exactly(1, "runtime: goroutine stack exceeds [0-9]+-byte limit"),
                            exactly(1, "runtime: sp=" + address + " stack=\\[" + address + ", " +
                                           address + "\\]"),
                            exactly(1, "fatal error: stack overflow"),
                            {frame("recurse"), 50, 100},
                            exactly(1, "\\.\\.\\.[0-9]+ frames elided\\.\\.\\."),
                            exactly(1, created("stack_overflow")),
                            exactly(1, "goroutine 1 .*\\[sync\\.WaitGroup\\.Wait\\]:"),
                            never("panic: .*")}),
                     {"runtime: goroutine stack exceeds .*", "runtime: sp=.*",
                      "fatal error: stack overflow", header + "\\[running\\]:", frame("recurse"),
                      "\\.\\.\\.[0-9]+ frames elided\\.\\.\\.", created("stack_overflow")}});

    table.push_back(
        {"busy-loop",
         traceback,
         signal_rules("SIGQUIT: quit",
                      {exactly(1, frame("spin")), exactly(1, created("busy_loop")),
                       exactly(1, "goroutine 1 .*\\[chan receive\\]:"), must(frame("busy_loop"))}),
         {"SIGQUIT: quit", "PC=.*", "", "goroutine .*", first_register, pc_register + " .*"}});
    table.push_back({"abort-in-destructor",
                     traceback,
                     signal_rules("SIGABRT: abort", {exactly(1, "goroutine 1 .*\\[running\\]:"),
                                                     exactly(1, frame("careless::~careless")),
                                                     exactly(1, frame("abort_in_destructor"))}),
                     {"SIGABRT: abort", "PC=.*", "", "goroutine 1 .*", frame("careless::~careless"),
                      frame("abort_in_destructor"), first_register}});
  }

  table.push_back({"crowd",
                   "single",
                   panic_rules({exactly(1, nil_panic), exactly(1, "goroutine .*"),
                                exactly(1, "goroutine 1 \\[running\\]:"),
                                exactly(1, frame("crowd_fault")), never(frame("crowd_send"))}),
                   {nil_panic, "\\[signal SIGSEGV: .* addr=0x0 .*", "", "goroutine 1 .*",
                    frame("crowd_fault"), frame("crowd")}});
  table.push_back(
      {"crowd",
       "all",
       crowd_rules(),
       {nil_panic, "goroutine 1 \\[running\\]:", frame("crowd_fault"), "goroutine .*"}});
  return table;
}

}  // namespace

void PrintTo(const crash_case& c, std::ostream* out) { *out << c.name << " " << c.traceback; }

const std::vector<crash_case>& crash_table() {
  static const std::vector<crash_case> table = make_table();
  return table;
}

}  // namespace report
