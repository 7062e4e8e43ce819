// SPDX-License-Identifier: Apache-2.0
#include "crash/live_report.h"

#include <signal.h>

#include <atomic>
#include <cerrno>

#include "arch/arch.h"
#include "base/sanitizers.h"
#include "crash/freeze.h"
#include "crash/goroutine_report.h"
#include "crash/recoverable.h"
#include "crash/report.h"
#include "crash/report_stack.h"
#include "crash/signal_stack.h"
#include "crash/symbolizer.h"
#include "os/os.h"

namespace gander::crash {
namespace {

std::atomic<std::uint32_t> owner{0};  // the thread that reports; 0: none. Also a futex.

// Waits for other threads only. They never wait for this one for long: whoever does not answer a
// freeze is left out.
bool become_owner() noexcept {
  const auto self = static_cast<std::uint32_t>(os::thread_id());
  for (;;) {
    std::uint32_t now = 0;
    if (owner.compare_exchange_strong(now, self)) return true;
    if (now == self) return false;
    os::futex_wait(owner, now);
  }
}

void end_ownership() noexcept {
  owner.store(0);
  os::futex_wake(owner);
}

struct request {
  text_writer* out;
  bool all;
  regs at;
  void* caller = nullptr;
};

// A part that faults loses what it had not yet written, and says so.
template <typename Part>
void guarded(text_writer& out, Part&& part) noexcept {
  if (recoverable(part) == 0) return;
  end_broken_text(out).text("\nruntime: a goroutine could not be told (fault)\n");
  leave_symbolizer();
}

// On the report stack.
void print_stacks(const request& r) noexcept {
  text_writer& out = *r.out;
  const report_style style;
  const g_record* const record = current_record();
  guarded(out, [&] {
    if (record != nullptr)
      print_goroutine(out, *record, r.at, "running", style);
    else
      print_thread(out, r.at, style);
  });
  if (!r.all) return;
  for_each_reported(record, [&](const g_record& other) {
    out.text("\n");
    guarded(out, [&] { print_goroutine(out, other, style); });
  });
}

GANDER_LEFT_BY_SWITCH void report_live(void* raw) {
  auto& r = *static_cast<request*>(raw);
  stack_t before;
  ::sigaltstack(nullptr, &before);
  use_signal_stack(signal_stack_of(report_stack::live));
  if (r.all) freeze_others();
  print_stacks(r);
  r.out->flush();  // or the end of it could come behind the next one
  if (is_dying()) stay_frozen(nullptr);  // those frozen are another report's now
  if (r.all) thaw_others();
  ::sigaltstack(&before, nullptr);
  gander_gogo(r.caller);
}

}  // namespace

// noinline: its caller's registers are where the walk starts.
[[gnu::noinline]] bool write_stacks(text_writer& out, bool all) noexcept {
  const int saved_errno = errno;
  bool done = false;
  if (map_report_stacks() && become_owner()) {
    request r{&out, all, regs::capture()};
    gander_mcall(&r.caller, report_live, &r, top_of(report_stack::live));
    end_ownership();
    done = true;
  }
  errno = saved_errno;
  return done;
}

}  // namespace gander::crash
