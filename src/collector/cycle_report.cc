// SPDX-License-Identifier: Apache-2.0
#include "collector/cycle_report.h"

#include <unistd.h>

#include <algorithm>

#include "base/godebug.h"
#include "base/print.h"
#include "collector/assist.h"
#include "collector/pacer.h"
#include "collector/workers.h"
#include "os/os.h"
#include "sched/sched.h"

namespace gander::collector {
namespace {

// As Go prints times: two significant digits, at most three decimals.
void print_ms(text_writer& out, std::int64_t ns) noexcept {
  const auto us = static_cast<std::uint64_t>(std::max<std::int64_t>(ns, 0)) / 1000;
  const std::uint64_t unit = us >= 10'000 ? 1000 : us >= 1000 ? 100 : us >= 100 ? 10 : 1;
  const std::uint64_t rounded = us / unit * unit;
  out.dec(rounded / 1000);
  if (unit == 1000) return;
  char digits[3] = {static_cast<char>('0' + rounded / 100 % 10),
                    static_cast<char>('0' + rounded / 10 % 10),
                    static_cast<char>('0' + rounded % 10)};
  out.character('.').text({digits, unit == 100 ? 1U : unit == 10 ? 2U : 3U});
}

std::uint64_t mb(std::uint64_t bytes) noexcept { return bytes >> 20; }

}  // namespace

void cycle_report::begin() noexcept {
  begin_ns_ = os::now_ns();
  assisted_before_ns_ = assisted_ns();
  workers_before_ns_ = workers::cpu_ns();
  if (number_++ == 0) first_ns_ = begin_ns_;
  stops_ = 0;
  waits_since_ns_ = 0;
}

void cycle_report::marks() noexcept { marks_ns_ = os::now_ns(); }
void cycle_report::ends() noexcept { ends_ns_ = os::now_ns(); }

void cycle_report::stopped(std::int64_t ns) noexcept {
  stops_ns_[stops_ == 0 ? 0 : 1] = ns;
  ++stops_;
  waits_since_ns_ = 0;
}

void cycle_report::waits_for(int tid) noexcept {
  constexpr std::int64_t patience_ns = 2'000'000'000;
  const std::int64_t now_ns = os::now_ns();
  if (waits_since_ns_ == 0) waits_since_ns_ = told_ns_ = now_ns;
  if (now_ns - told_ns_ < patience_ns) return;
  told_ns_ = now_ns;
  char buffer[256];
  text_writer out(buffer, STDERR_FILENO);
  out.text("gander: the collector waits for ");
  if (tid == 0)
    out.text("a report");
  else
    out.text("thread ").dec(static_cast<std::uint64_t>(tid)).text(", which does not answer SIGURG");
  out.text(" (").dec(static_cast<std::uint64_t>(now_ns - waits_since_ns_) / 1'000'000'000);
  out.text(" s)\n");
}

void cycle_report::sweeps(std::size_t stack_bytes, std::size_t global_bytes) noexcept {
  const std::int64_t now_ns = os::now_ns();
  worked_ns_ += now_ns - begin_ns_ + workers::cpu_ns() - workers_before_ns_;
  if (!godebug.gctrace) return;
  const pacer::numbers heap = pacer::count();
  const std::int64_t age_ns = now_ns - first_ns_;
  const std::uint32_t procs = std::max<std::uint32_t>(sched.procs, 1);
  const std::int64_t marking_ns = ends_ns_ - marks_ns_;
  char buffer[512];
  text_writer out(buffer, STDERR_FILENO);
  out.text("gc ").dec(number_).text(" @");
  const auto age_ms = static_cast<std::uint64_t>(age_ns / 1'000'000);
  const char fraction[] = {'.', static_cast<char>('0' + age_ms / 100 % 10),
                           static_cast<char>('0' + age_ms / 10 % 10),
                           static_cast<char>('0' + age_ms % 10)};
  out.dec(age_ms / 1000).text({fraction, sizeof fraction}).text("s ");
  out.dec(static_cast<std::uint64_t>(100 * worked_ns_ / std::max<std::int64_t>(age_ns, 1) / procs));
  out.text("%: ");
  print_ms(out, stops_ns_[0]);
  out.character('+');
  print_ms(out, marking_ns);
  out.character('+');
  print_ms(out, stops_ns_[1]);
  out.text(" ms clock, ");
  print_ms(out, stops_ns_[0] * procs);
  out.character('+');
  print_ms(out, assisted_ns() - assisted_before_ns_);
  out.character('/');
  print_ms(out, marking_ns + workers::cpu_ns() - workers_before_ns_);
  out.text("/0+");
  print_ms(out, stops_ns_[1] * procs);
  out.text(" ms cpu, ").dec(mb(heap.at_begin_bytes)).text("->").dec(mb(heap.at_end_bytes));
  out.text("->").dec(mb(heap.marked_bytes)).text(" MB, ").dec(mb(heap.goal_bytes));
  out.text(" MB goal, ").dec(mb(stack_bytes)).text(" MB stacks, ").dec(mb(global_bytes));
  out.text(" MB globals, ").dec(procs).text(" P\n");
}

}  // namespace gander::collector
