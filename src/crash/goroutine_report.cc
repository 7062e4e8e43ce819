// SPDX-License-Identifier: Apache-2.0
#include "crash/goroutine_report.h"

#include <algorithm>
#include <atomic>
#include <string_view>

#include "arch/arch.h"
#include "crash/freeze.h"
#include "crash/report_stack.h"
#include "crash/runtime_frames.h"
#include "crash/stack_scan.h"
#include "crash/symbolizer.h"
#include "crash/trace_hooks.h"
#include "crash/waits_for.h"
#include "os/os.h"
#include "sched/sched.h"
#include "sched/wait_reason.h"
#include "unwind/memory_reader.h"
#include "unwind/unwinder.h"

namespace gander::crash {
namespace {

constexpr std::string_view no_stack = "\tgoroutine running on other thread; stack unavailable\n";
constexpr std::int64_t minute_ns = 60'000'000'000;

// ` labels:{"name": "parser"}`, as Go writes the labels of a goroutine. But Go has them behind all
// else, where gostackparse drops goroutines that wait for minutes or are bound; and it takes no
// comma in what stands before, nor panicparse a bracket. The name is the program's memory: nothing
// about it is believed. Goroutine 1 needs none.
void print_name(text_writer& out, const g_record& record) noexcept {
  constexpr std::size_t most = 64;
  const G* const g = record.g.load();
  if (g == nullptr || record.foreign.load() || record.goid.load() == main_goid) return;
  unwind::memory_reader reader;
  std::uintptr_t at = 0;
  char name[most + 2];  // one more than is shown, and the end
  if (reader.copy(&at, reinterpret_cast<std::uintptr_t>(&g->name), sizeof at) != sizeof at) return;
  const std::size_t length = at != 0 ? reader.copy_string(name, at, sizeof name) : 0;
  if (length == 0) return;
  out.text(" labels:{\"name\": \"");
  constexpr std::string_view digits = "0123456789abcdef";
  for (const char c : std::string_view(name, std::min(length, most))) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\')
      out.character('\\').character(c);
    else if (c == '\n')
      out.text("\\n");
    else if (c < ' ' || c > '~' || c == ',' || c == '[' || c == ']')
      out.text("\\x").character(digits[byte >> 4]).character(digits[byte & 15]);
    else
      out.character(c);
  }
  out.text(length > most ? "...\"}" : "\"}");
}

// The M that runs it; nullptr: none. The G may have been overwritten: only an M is believed to be
// one.
const M* find_m(const G* g) noexcept {
  unwind::memory_reader reader;
  const M* claimed = nullptr;
  if (g == nullptr || reader.copy(&claimed, reinterpret_cast<std::uintptr_t>(&g->m),
                                  sizeof claimed) != sizeof claimed)
    return nullptr;
  for (const M* m = sched.all_ms; m != nullptr; m = m->all_next)
    if (m == claimed) return m;
  return nullptr;
}

void print_header(text_writer& out, const g_record& record, const char* status, bool waits,
                  const report_style& style) noexcept {
  out.text("goroutine ").dec(record.goid.load());
  if (style.pointers) {
    const G* const g = record.g.load();
    out.text(" gp=").hex(reinterpret_cast<std::uintptr_t>(g));
    const M* const m = find_m(g);
    if (m != nullptr)
      out.text(" m=").dec(m->id).text(" mp=").hex(reinterpret_cast<std::uintptr_t>(m));
    else
      out.text(" m=nil");
  }
  out.text(" [").text(status);
  if (waits && record.leaked.load(std::memory_order_relaxed)) out.text(" (leaked)");
  print_name(out, record);
  if (waits) {
    const std::int64_t age_ns = waited_ns(record, os::now_ns());
    if (age_ns >= minute_ns)
      out.text(", ").dec(static_cast<std::uint64_t>(age_ns / minute_ns)).text(" minutes");
  }
  if (record.locked_to_thread.load() || record.foreign.load()) out.text(", locked to thread");
  out.text("]:\n");
}

// The code that called gander::go, and not what of the library was inlined there.
void print_creator(text_writer& out, const g_record& record) noexcept {
  const std::uintptr_t pc = record.creator_pc.load();
  if (pc == 0) return;
  const auto frames = symbolize(pc, true);
  const logical_frame* creator = &frames.back();
  for (const logical_frame& f : frames) {
    const bool bare = f.inlined && is_bare_name(f.function);
    if (f.function.starts_with("gander::") || (bare && is_library_file(f.file))) continue;
    creator = &f;
    break;
  }
  char words[40];
  text_writer after_name(words);
  after_name.text(" in goroutine ").dec(record.creator_goid.load());
  print_frame(out.text("created by "), *creator, pc, after_name.view(), frames.back().callable);
}

void print_stack(text_writer& out, const g_record& record, const regs& registers,
                 const report_style& style) noexcept {
  unwind::memory_reader reader;
  const G* const g = record.foreign.load() ? nullptr : record.g.load();
  if (g != nullptr) reader.set_bounds(g->stack_low, g->stack_high);
  walk_end end;
  print_frames(out, unwind::unwinder(registers, reader), style.frames, &end);
  print_creator(out, record);
  if (end.why != unwind::unwinder::state::end_of_stack)
    print_stack_scan(out, record.goid.load(), end.sp, g != nullptr ? g->stack_high : 0);
}

regs parked_registers(std::uintptr_t sp) noexcept {
  return regs::parked(reinterpret_cast<std::uintptr_t>(&gander_resume), sp);
}

bool on_stack(const G& g, std::uintptr_t sp) noexcept {
  return sp - g.guard_low < g.stack_high - g.guard_low;
}

// Relaxed: its thread stands still.
std::uintptr_t saved_sp(const G& g) noexcept {
  const std::atomic_ref<void*> sp(const_cast<void*&>(g.sp));
  return reinterpret_cast<std::uintptr_t>(sp.load(std::memory_order_relaxed));
}

// From what was traced, if it was.
void print_last_events(text_writer& out, const g_record& record) noexcept {
  if (const trace_hooks* const hooks = the_trace_hooks.load()) hooks->tell_last_events(out, record);
}

// A goroutine on a processor, or in a system call.
void print_running(text_writer& out, const g_record& record, const G& g,
                   const report_style& style) noexcept {
  const M* const m = find_m(&g);
  regs registers;
  bool in_system_call = false;
  if (m == nullptr || !thread_registers(m->tid, registers, in_system_call)) {
    print_header(out, record, "running", false, style);
    out.text(no_stack);
    print_creator(out, record);
    return;
  }
  print_header(out, record, in_system_call ? "syscall" : "running", false, style);
  // Between two stacks its context has been saved.
  const std::uintptr_t saved = saved_sp(g);
  if (!record.foreign.load() && !on_report_stack(registers.sp()) && !on_stack(g, registers.sp()) &&
      on_stack(g, saved))
    registers = parked_registers(saved);
  print_stack(out, record, registers, style);
}

}  // namespace

report_style style_for(const traceback_level& level, bool forced) noexcept {
  report_style style;
  style.pointers = level.level >= 2;
  style.frames.runtime_functions = style.frames.registers = level.level >= 2 || forced;
  return style;
}

void print_goroutine(text_writer& out, const g_record& record, const regs& registers,
                     const char* status, const report_style& style) noexcept {
  print_header(out, record, status, false, style);
  print_stack(out, record, registers, style);
  print_last_events(out, record);
}

void print_goroutine(text_writer& out, const g_record& record, std::span<const std::uintptr_t> pcs,
                     const report_style& style) noexcept {
  print_header(out, record, "running", false, style);
  print_frames(out, pcs, style.frames);
  print_creator(out, record);
  print_last_events(out, record);
}

void print_goroutine(text_writer& out, const g_record& record, const report_style& style) noexcept {
  const g_status status = record.status.load(std::memory_order_relaxed);
  const G* const g = record.g.load();
  if (status == g_status::running || record.foreign.load()) {
    if (status == g_status::waiting) {  // a foreign thread that waits in one of our calls
      regs registers;
      bool in_system_call;
      print_header(out, record, to_string(record.reason.load()), true, style);
      const M* const m = find_m(g);
      if (m != nullptr && thread_registers(m->tid, registers, in_system_call))
        print_stack(out, record, registers, style);
      print_waits_for(out, record, style.lists);
      print_last_events(out, record);
      return;
    }
    if (g != nullptr) print_running(out, record, *g, style);
    print_last_events(out, record);
    return;
  }
  const bool waits = status == g_status::waiting;
  print_header(out, record, waits ? to_string(record.reason.load()) : "runnable", waits, style);
  print_stack(out, record, parked_registers(record.sp.load()), style);
  if (waits) print_waits_for(out, record, style.lists);
  print_last_events(out, record);
}

namespace {

void print_thread_header(text_writer& out, const M* m, const char* status,
                         const report_style& style) noexcept {
  out.text("goroutine 0");
  if (style.pointers) {
    out.text(" gp=0x0");
    if (m != nullptr)
      out.text(" m=").dec(m->id).text(" mp=").hex(reinterpret_cast<std::uintptr_t>(m));
    else
      out.text(" m=nil");
  }
  out.text(" [").text(status).text(", locked to thread]:\n");
}

}  // namespace

void print_thread(text_writer& out, const M* m, const char* status, const regs& registers,
                  const report_style& style) noexcept {
  print_thread_header(out, m, status, style);
  unwind::memory_reader reader;
  print_frames(out, unwind::unwinder(registers, reader), style.frames);
}

void print_unknown_thread(text_writer& out, const M* m, const char* status,
                          const report_style& style) noexcept {
  print_thread_header(out, m, status, style);
  out.text(no_stack);
}

void print_left_goroutine(text_writer& out, const M& m, const report_style& style) noexcept {
  const g_record* const record = record_of(&m);
  const G* const g = record != nullptr ? record->g.load() : nullptr;
  if (find_m(g) != &m) return;
  const bool waits = record->status.load(std::memory_order_relaxed) == g_status::waiting;
  out.text("\n");
  print_header(out, *record, waits ? to_string(record->reason.load()) : "running", waits, style);
  print_stack(out, *record, parked_registers(saved_sp(*g)), style);
}

void print_scheduling_thread(text_writer& out, const M& m, const regs& registers,
                             const report_style& style) noexcept {
  const bool sleeps = arch::follows_system_call(registers.pc());
  print_thread(out, &m, sleeps ? "idle" : "running", registers, style);
  print_left_goroutine(out, m, style);
}

bool is_on_scheduler_stack(const M& m, const regs& registers) noexcept {
  const G* const g = m.curg;
  return m.scheduling && (g == nullptr || !on_stack(*g, registers.sp()));
}

const g_record* record_of(const M* m) noexcept {
  const G* const g = m != nullptr && !m->is_sysmon ? static_cast<G*>(m->curg) : nullptr;
  unwind::memory_reader reader;
  std::uintptr_t claimed = 0;
  if (g == nullptr || reader.copy(&claimed, reinterpret_cast<std::uintptr_t>(&g->record),
                                  sizeof claimed) != sizeof claimed)
    return nullptr;
  // Else the table knows: a G that was overwritten is still where it was.
  const auto scan = [g]() -> const g_record* {
    for (std::uint32_t i = 0; i < g_table::size(); ++i)
      if (g_table::records()[i].g.load() == g) return &g_table::records()[i];
    return nullptr;
  };
  const std::uintptr_t offset = claimed - reinterpret_cast<std::uintptr_t>(g_table::records());
  const std::uintptr_t index = offset / sizeof(g_record);
  const bool plausible = offset % sizeof(g_record) == 0 && index < g_table::size();
  return plausible && g_table::records()[index].g.load() == g ? g_table::records() + index : scan();
}

bool is_parked(const g_record& record) noexcept {
  const g_status status = record.status.load(std::memory_order_relaxed);
  return (status == g_status::waiting || status == g_status::runnable) && !record.foreign.load();
}

regs parked_registers(const g_record& record) noexcept {
  return parked_registers(record.sp.load());
}

bool is_reported(const g_record& record) noexcept {
  const g_status status = record.status.load(std::memory_order_relaxed);
  if (status == g_status::dead || status == g_status::idle || record.goid.load() == 0) return false;
  if (!record.foreign.load()) return record.world.load() == sched.world;
  const G* const g = record.g.load();
  const M* const m = find_m(g);
  return m == nullptr || !(m->is_sysmon || m->is_helper);
}

text_writer& end_broken_text(text_writer& out) noexcept {
  std::string_view text = out.view();
  if (const std::size_t end = text.rfind('\n'); end != text.npos) {
    text = text.substr(0, end + 1);
    const std::size_t last = end != 0 ? text.rfind('\n', end - 1) + 1 : 0;  // npos + 1 is 0
    const std::string_view line = text.substr(last);
    const bool awaits_file = line.ends_with(")\n") || line.starts_with("created by ");
    out.cut(awaits_file ? last : text.size());
  }
  if (!out.at_line_start()) out.text("\n");
  return out;
}

}  // namespace gander::crash
