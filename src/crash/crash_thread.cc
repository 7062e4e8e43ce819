// SPDX-License-Identifier: Apache-2.0
#include "crash/crash_thread.h"

#include <signal.h>

#include <atomic>
#include <cstdint>

#include "crash/freeze.h"
#include "crash/part.h"
#include "crash/signal_stack.h"
#include "os/os.h"
#include "os/process.h"
#include "os/signal_mask.h"
#include "sched/sched.h"

namespace gander::crash {
namespace {

enum state : std::uint32_t { idle, asked, reporting, withdrawn, told };

constexpr std::size_t stack_size = std::size_t{1} << 20;
constexpr std::int64_t answer_within_ns = 100'000'000;
constexpr std::int64_t end_within_ns = 2'000'000'000;

std::atomic<std::uint32_t> current{idle};  // a state, and the futex of both
std::atomic<int> thread_tid{0};
int started_pid = 0;
void (*make_report)() = nullptr;  // published by `asked`

void crash_thread(void*) {
  os::hear_only_faults();
  if (char* const stack = new_signal_stack()) use_signal_stack(stack);
  thread_tid.store(os::thread_id());
  leave_out_of_reports(os::thread_id());
  for (;;) {
    std::uint32_t now = current.load();
    if (now != asked || !current.compare_exchange_strong(now, reporting)) {
      os::futex_wait(current, now);
      continue;
    }
    os::futex_wake(current);
    make_report();
    current.store(told);
    os::futex_wake(current);
    os::sleep_ns(end_within_ns);
    os::exit_now(2);  // the dying thread should have done that, and something else
  }
}

}  // namespace

bool start_crash_thread() noexcept {
  started_pid = os::process_id();
  sched.helper_threads.fetch_add(1);
  if (os::start_thread(crash_thread, nullptr, stack_size, "gander-crash")) return true;
  started_pid = 0;
  sched.helper_threads.fetch_sub(1);
  return false;
}

bool hand_to_crash_thread(void (*report)()) noexcept {
  if (started_pid != os::process_id() || thread_tid.load() == os::thread_id()) return false;
  make_report = report;
  current.store(asked);
  os::futex_wake(current);
  hide_from_sanitizer();
  const std::int64_t deadline_ns = os::now_ns() + answer_within_ns;
  while (current.load() == asked && os::futex_wait(current, asked, deadline_ns)) {
  }
  std::uint32_t unanswered = asked;
  return !current.compare_exchange_strong(unanswered, withdrawn);
}

bool await_crash_thread() noexcept { return supervise(current, reporting); }

}  // namespace gander::crash
