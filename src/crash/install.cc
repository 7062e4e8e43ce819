// SPDX-License-Identifier: Apache-2.0
#include "crash/install.h"

#include <mutex>

#include "base/check.h"
#include "crash/module_table.h"
#include "crash/report.h"
#include "crash/signal_stack.h"
#include "crash/signals.h"
#include "crash/symbolizer.h"
#include "crash/terminate.h"
#include "crash/throw_record.h"
#include "crash/traceback_level.h"
#include "sched/sched.h"

namespace gander::crash {
namespace {

struct fatal_text {
  const char* text;
};

void fatal_lines(text_writer& out, const death& d) {
  out.text("fatal error: ").text(static_cast<const fatal_text*>(d.details)->text).text("\n");
}

// What check.h's throw_ and fatal do from now on.
void on_fatal(const char* text, bool runtime_fault) {
  static fatal_text details;
  death d;
  if (may_report()) details.text = text;
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
    if (!prepare_reports()) return;
    load_modules();
    start_symbolizer();
    set_thread_hook(signal_stack);
    install_signal_handlers();
    install_terminate_handler();
    set_fatal_hook(on_fatal);
    try_recording();
  });
}

}  // namespace gander::crash
