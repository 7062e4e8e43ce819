// SPDX-License-Identifier: Apache-2.0
#include "crash/goroutine_report.h"

#include <algorithm>
#include <atomic>
#include <string_view>

#include "arch/arch.h"
#include "crash/freeze.h"
#include "crash/memory_reader.h"
#include "crash/report_stack.h"
#include "crash/runtime_frames.h"
#include "crash/symbolizer.h"
#include "crash/unwinder.h"
#include "os/os.h"
#include "sched/sched.h"
#include "sched/wait_reason.h"

namespace gander::crash {
namespace {

constexpr std::int64_t minute_ns = 60'000'000'000;

// ` labels:{"name": "parser"}`, as Go writes the labels of a goroutine. But Go has them behind all
// else, where gostackparse drops goroutines that wait for minutes or are bound; and it takes no
// comma in what stands before, nor panicparse a bracket. The name is the program's memory: nothing
// about it is believed. Goroutine 1 needs none.
void print_name(text_writer& out, const g_record& record) noexcept {
  constexpr std::size_t most = 64;
  const G* const g = record.g.load();
  if (g == nullptr || record.foreign.load() || record.goid.load() == main_goid) return;
  memory_reader reader;
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

void print_header(text_writer& out, const g_record& record, const char* status, bool waits,
                  const report_style& style) noexcept {
  out.text("goroutine ").dec(record.goid.load());
  if (style.pointers) {
    const G* const g = record.g.load();
    out.text(" gp=").hex(reinterpret_cast<std::uintptr_t>(g));
    const M* const m = g != nullptr ? static_cast<M*>(g->m) : nullptr;
    if (m != nullptr)
      out.text(" m=").dec(m->id).text(" mp=").hex(reinterpret_cast<std::uintptr_t>(m));
    else
      out.text(" m=nil");
  }
  out.text(" [").text(status);
  print_name(out, record);
  if (waits) {
    const std::int64_t waited_ns = os::now_ns() - record.wait_since_ns.load();
    if (waited_ns >= minute_ns)
      out.text(", ").dec(static_cast<std::uint64_t>(waited_ns / minute_ns)).text(" minutes");
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
  print_frame(out.text("created by "), *creator, pc, after_name.view(),
              callable_of_entry(frames.back().function));
}

void print_stack(text_writer& out, const g_record& record, const regs& registers,
                 const report_style& style) noexcept {
  memory_reader reader;
  if (const G* g = record.g.load(); g != nullptr && !g->foreign)
    reader.set_bounds(g->stack_low, g->stack_high);
  print_frames(out, unwinder(registers, reader), style.frames);
  print_creator(out, record);
}

regs parked_registers(std::uintptr_t sp) noexcept {
  return regs::parked(reinterpret_cast<std::uintptr_t>(&gander_resume), sp);
}

bool on_stack(const G& g, std::uintptr_t sp) noexcept {
  return sp - g.guard_low < g.stack_high - g.guard_low;
}

// A goroutine on a processor, or in a system call.
void print_running(text_writer& out, const g_record& record, const G& g,
                   const report_style& style) noexcept {
  const M* const m = g.m;
  regs registers;
  bool in_system_call = false;
  if (m == nullptr || !frozen_registers(*m, registers, in_system_call)) {
    print_header(out, record, "running", false, style);
    out.text("\tgoroutine running on other thread; stack unavailable\n");
    print_creator(out, record);
    return;
  }
  print_header(out, record, in_system_call ? "syscall" : "running", false, style);
  // Between two stacks its context has been saved.
  const std::atomic_ref<void*> sp(const_cast<void*&>(g.sp));  // relaxed: its thread stands still
  const auto saved = reinterpret_cast<std::uintptr_t>(sp.load(std::memory_order_relaxed));
  if (!g.foreign && !on_report_stack(registers.sp()) && !on_stack(g, registers.sp()) &&
      on_stack(g, saved))
    registers = parked_registers(saved);
  print_stack(out, record, registers, style);
}

}  // namespace

void print_goroutine(text_writer& out, const g_record& record, const regs& registers,
                     const char* status, const report_style& style) noexcept {
  print_header(out, record, status, false, style);
  print_stack(out, record, registers, style);
}

void print_goroutine(text_writer& out, const g_record& record, std::span<const std::uintptr_t> pcs,
                     const report_style& style) noexcept {
  print_header(out, record, "running", false, style);
  print_frames(out, pcs, style.frames);
  print_creator(out, record);
}

void print_goroutine(text_writer& out, const g_record& record, const report_style& style) noexcept {
  const g_status status = record.status.load();
  const G* const g = record.g.load();
  if (status == g_status::running || (g != nullptr && g->foreign)) {
    if (status == g_status::waiting) {  // a foreign thread that waits in one of our calls
      regs registers;
      bool in_system_call;
      print_header(out, record, to_string(record.reason.load()), true, style);
      if (g->m != nullptr && frozen_registers(*g->m, registers, in_system_call))
        print_stack(out, record, registers, style);
      return;
    }
    if (g != nullptr) print_running(out, record, *g, style);
    return;
  }
  const bool waits = status == g_status::waiting;
  print_header(out, record, waits ? to_string(record.reason.load()) : "runnable", waits, style);
  print_stack(out, record, parked_registers(record.sp.load()), style);
}

void print_thread(text_writer& out, const regs& registers, const report_style& style) noexcept {
  out.text("goroutine 0 [running, locked to thread]:\n");
  memory_reader reader;
  print_frames(out, unwinder(registers, reader), style.frames);
}

const g_record* current_record() noexcept {
  const M* const m = current_m();
  const G* const g = m != nullptr && !m->is_sysmon ? static_cast<G*>(m->curg) : nullptr;
  return g != nullptr ? g->record : nullptr;
}

bool is_reported(const g_record& record) noexcept {
  const g_status status = record.status.load();
  if (status == g_status::dead || status == g_status::idle || record.goid.load() == 0) return false;
  if (!record.foreign.load()) return record.world.load() == sched.world;
  const G* const g = record.g.load();
  return g == nullptr || g->m == nullptr || !g->m->is_sysmon;
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
