// SPDX-License-Identifier: Apache-2.0
#include "crash/process_report.h"

#include <gander/version.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "arch/regs.h"
#include "crash/goroutine_report.h"
#include "crash/module_table.h"
#include "os/os.h"
#include "os/process.h"
#include "os/task.h"
#include "sched/sched.h"
#include "sched/wait_reason.h"

namespace gander::crash {
namespace {

std::int64_t started_ns = 0;
char command[1024];

void print_duration(text_writer& out, std::int64_t ns) noexcept {
  const auto tenths = static_cast<std::uint64_t>(std::max<std::int64_t>(ns, 0) / 100'000'000);
  const std::uint64_t minutes = tenths / 600;
  if (minutes >= 60) out.dec(minutes / 60).text(" h ");
  if (minutes > 0) out.dec(minutes % 60).text(" min ");
  out.dec(tenths / 10 % 60).character('.').dec(tenths % 10).text(" s");
}

std::uint64_t thread_count() noexcept {
  std::uint64_t count = 0;
  os::for_each_task([&](int) { ++count; });
  return count;
}

void print_build_id(text_writer& out, const module& m) noexcept {
  constexpr std::string_view digits = "0123456789abcdef";
  for (std::size_t i = 0; i < m.build_id_bytes; ++i)
    out.character(digits[m.build_id[i] >> 4]).character(digits[m.build_id[i] & 15]);
  if (m.build_id_bytes == 0) out.text("(no build id)");
}

}  // namespace

void start_process_report() noexcept {
  started_ns = os::now_ns();
  os::read_command_line(command);
}

void print_process(text_writer& out) noexcept {
  out.text("runtime: gander ").dec(GANDER_VERSION_MAJOR).character('.').dec(GANDER_VERSION_MINOR);
  out.character('.')
      .dec(GANDER_VERSION_PATCH)
      .text(" on ")
      .text(os::system_name)
      .text("/")
      .text(architecture_name)
      .text(", process ");
  out.dec(static_cast<std::uint64_t>(os::process_id())).text(": ").text(command).text("\n");
  out.text("runtime: up for ");
  print_duration(out, os::now_ns() - started_ns);
  out.text(", GOMAXPROCS=").dec(sched.procs);
  if (const std::uint64_t threads = thread_count(); threads > 0)
    out.text(", ").dec(threads).text(" threads");
  out.text("\n");
}

void print_goroutine_counts(text_writer& out) noexcept {
  std::array<std::uint64_t, 64> waiting{};  // more than there are reasons
  std::uint64_t running = 0;
  std::uint64_t runnable = 0;
  for_each_reported(nullptr, [&](const g_record& record) {
    const g_status status = record.status.load(std::memory_order_relaxed);
    const auto reason = static_cast<std::size_t>(record.reason.load());
    if (status == g_status::running)
      ++running;
    else if (status != g_status::waiting)
      ++runnable;
    else if (reason < waiting.size())
      ++waiting[reason];
  });
  out.text("runtime: goroutines: ").dec(running).text(" running, ").dec(runnable);
  out.text(" runnable");
  for (std::size_t i = 0; i < waiting.size(); ++i)
    if (waiting[i] != 0)
      out.text(", ").dec(waiting[i]).text(" ").text(to_string(static_cast<wait_reason>(i)));
  out.text("\n");
}

void print_modules(text_writer& out) noexcept {
  for (std::size_t i = 0; const module* const m = module_at(i); ++i) {
    out.text("runtime: module ").hex(m->begin).text("-").hex(m->end).text(" ");
    print_build_id(out, *m);
    out.text(" ").text(m->path[0] != '\0' ? m->path : "(vdso)").text("\n");
  }
}

void print_core_prospects(text_writer& out) noexcept {
  if (const char* const why = os::why_no_core())
    out.text("runtime: no core will be written: ").text(why).text("\n");
}

}  // namespace gander::crash
