// SPDX-License-Identifier: Apache-2.0
#include "crash/part.h"

#include <signal.h>

#include "crash/freeze.h"
#include "crash/recoverable.h"
#include "os/os.h"

namespace gander::crash {

std::atomic<int> reporter_tid{0};

namespace {

constexpr std::int64_t second_ns = 1'000'000'000;
constexpr std::int64_t between_parts_ns = 5 * second_ns;
constexpr std::int64_t grace_ns = second_ns / 2;  // after a poke
constexpr std::int64_t look_ns = second_ns / 10;
constexpr std::int64_t deaf_ns = 2 * second_ns;

// Written by the reporter, read by its supervisor.
std::atomic<std::int64_t> deadline_ns{INT64_MAX};
std::atomic<const char*> current{nullptr};
unsigned pokes = 0;  // that the current part has got; the reporter's own

void set_deadline(std::int64_t budget_ns) noexcept { deadline_ns.store(os::now_ns() + budget_ns); }

}  // namespace

void become_reporter(bool by_timer) noexcept {
  const int self = os::thread_id();
  set_deadline(between_parts_ns);
  reporter_tid.store(self);
  sigset_t poke;
  ::sigemptyset(&poke);
  ::sigaddset(&poke, freeze_signal());
  ::pthread_sigmask(SIG_UNBLOCK, &poke, nullptr);
  os::signal_periodically(self, freeze_signal(), by_timer ? look_ns : 0);
}

part_end run_part(const char* what, std::int64_t budget_ns, void (*body)(void*),
                  void* argument) noexcept {
  const char* const outer = current.load();
  const std::int64_t outer_deadline_ns = deadline_ns.load();
  const unsigned outer_pokes = pokes;
  pokes = 0;
  set_deadline(budget_ns);
  current.store(what);
  const int signal = run_recoverable(body, argument, recovery::part);
  current.store(outer);
  pokes = outer_pokes;
  if (outer != nullptr)
    deadline_ns.store(outer_deadline_ns);
  else
    set_deadline(between_parts_ns);
  return signal == 0                 ? part_end::done
         : signal == freeze_signal() ? part_end::slow
                                     : part_end::fault;
}

bool part_is_late() noexcept { return os::now_ns() >= deadline_ns.load(); }

const char* current_part() noexcept { return current.load(); }

void answer_poke() noexcept {
  if (current.load() == nullptr || !part_is_late()) return;
  set_deadline(grace_ns);
  if (pokes++ == 0) step_recover(freeze_signal());
  part_recover(freeze_signal());
}

bool supervise(const std::atomic<std::uint32_t>& state, std::uint32_t reporting) noexcept {
  while (state.load() == reporting) {
    const std::int64_t late_ns = os::now_ns() - deadline_ns.load();
    if (late_ns >= deaf_ns) return false;
    if (late_ns >= 0) send_freeze_signal(reporter_tid.load());
    os::futex_wait(state, reporting, os::now_ns() + look_ns);
  }
  return true;
}

void use_up_time() noexcept { set_deadline(0); }

}  // namespace gander::crash
