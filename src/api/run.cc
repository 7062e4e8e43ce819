// SPDX-License-Identifier: Apache-2.0
//
// gander::run: options and environment, and the rule of one run at a time.
#include <gander/panic.h>
#include <gander/run.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <stdexcept>
#include <system_error>

#include "api/stack_size.h"
#include "base/godebug.h"
#include "base/print.h"
#include "collector/leaks.h"
#include "crash/install.h"
#include "os/os.h"
#include "sched/goroutine.h"
#include "sched/sched.h"
#include "stack/stack.h"
#include "tracer/environment.h"

namespace gander::internal {
namespace {

std::atomic<bool> running{false};

struct main_call {
  int (*main)(void*);
  void* closure;
  int status;
};

// Goroutine 1. No frame of ours catches: an exception must reach terminate with its frames in
// place.
void call_main(void* raw) {
  auto* const call = static_cast<main_call*>(raw);
  call->status = call->main(call->closure);
  if (godebug.leakcheck) collector::leaks::report();
}

// $GOMAXPROCS, 0 when it is not set. A value that makes no sense is told and ignored.
int procs_from_environment() noexcept {
  const char* const text = std::getenv("GOMAXPROCS");
  if (text == nullptr || *text == '\0') return 0;
  const char* const end = text + std::strlen(text);
  int value = 0;
  const auto [rest, error] = std::from_chars(text, end, value);  // unlike strtol: digits or nothing
  if (error == std::errc{} && rest == end && value > 0 && value <= static_cast<int>(max_procs))
    return value;
  char buffer[256];
  text_writer(buffer, STDERR_FILENO)
      .text("gander: GOMAXPROCS=")
      .text(text)
      .text(" is not a number from 1 to ")
      .dec(max_procs)
      .text(", ignored\n");
  return 0;
}

std::uint32_t procs_for(const run_options& options) {
  if (options.gomaxprocs < 0) throw std::invalid_argument("gander::run: negative gomaxprocs");
  int procs = options.gomaxprocs;
  if (procs == 0) procs = procs_from_environment();
  if (procs == 0) procs = os::usable_cpus();
  return static_cast<std::uint32_t>(procs) < max_procs ? static_cast<std::uint32_t>(procs)
                                                       : max_procs;
}

// Existing main functions move into goroutine 1: it gets what they had.
unsigned main_stack_class() noexcept {
  constexpr std::size_t least = std::size_t{8} << 20;
  const std::size_t limit = os::main_stack_limit();
  return stack::class_for(limit == SIZE_MAX ? least : std::clamp(limit, least, stack::max_size));
}

class one_at_a_time {
 public:
  one_at_a_time() {
    const M* const m = current_m();
    if (m != nullptr && !m->foreign) panic("gander::run inside gander::run");
    if (running.exchange(true)) panic("gander::run while another thread is in gander::run");
  }
  ~one_at_a_time() { running.store(false); }
};

}  // namespace

int run_main(const run_options& options, int (*main)(void*), void* closure) {
  const one_at_a_time guard;
  const std::uint32_t procs = procs_for(options);
  const unsigned stack_class = stack_class_for(options.stack_size);
  if (options.grace < options.grace.zero())
    throw std::invalid_argument("gander::run: negative grace");
  if (options.crash_handlers) crash::install();
  tracer::start_from_environment();
  if (godebug.leakcheck) collector::leaks::watch();
  set_default_stack_class(stack_class != 0 ? stack_class : stack::default_class);
  limit_goroutines(options.max_goroutines);

  main_call call{main, closure, 0};
  const bool quick = options.exit == exit_mode::quick;
  const world_request request{call_main, &call, procs, main_stack_class(),
                              quick ? 0 : options.grace.count()};
  if (!run_world(request)) throw std::bad_alloc();
  if (quick) {
    os::flush_stdio();
    ::_exit(call.status);
  }
  return call.status;
}

}  // namespace gander::internal
