// SPDX-License-Identifier: Apache-2.0
#include "crash/install.h"

#include <gander/internal/place.h>

#include <mutex>

#include "base/check.h"
#include "base/godebug.h"
#include "crash/module_table.h"
#include "crash/process_report.h"
#include "crash/report.h"
#include "crash/reserves.h"
#include "crash/signal_stack.h"
#include "crash/signals.h"
#include "crash/stack_groups.h"
#include "crash/symbolizer.h"
#include "crash/terminate.h"
#include "crash/thread_start.h"
#include "crash/throw_record.h"
#include "crash/traceback_level.h"
#include "crash/waits_for.h"
#include "sched/sched.h"

namespace gander::crash {
namespace {

struct fatal_text {
  const char* text;
  internal::past about;
};

void fatal_lines(text_writer& out, const death& d) {
  const auto& said = *static_cast<const fatal_text*>(d.details);
  out.text("fatal error: ").text(said.text).text("\n");
  out.flush();  // what follows reads debug information
  print_past(out, said.about);
}

// What check.h's throw_ and fatal do from now on.
void on_fatal(const char* text, bool runtime_fault, const internal::past* about) {
  static fatal_text details;
  death d;
  if (may_report()) details = {text, about != nullptr ? *about : internal::past()};
  d.first_lines = fatal_lines;
  d.details = &details;
  d.forces_all = runtime_fault;
  const M* const m = current_m();
  d.of_no_goroutine = m != nullptr && m->is_sysmon;  // the deadlock: nobody runs
  die(d);
}

}  // namespace

void install() noexcept {
  static std::once_flag once;
  std::call_once(once, [] {
    read_traceback_environment();
    read_godebug();
    if (godebug.tracebackgroup) prepare_groups();
    if (!prepare_reports()) return;
    start_process_report();
    keep_reserves();
    load_modules();
    start_symbolizer();
    set_thread_hook(signal_stack);
    give_signal_stacks_to_threads();
    install_signal_handlers();
    install_terminate_handler();
    set_fatal_hook(on_fatal);
    try_recording();
  });
}

}  // namespace gander::crash
