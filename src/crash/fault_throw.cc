// SPDX-License-Identifier: Apache-2.0
#include "crash/fault_throw.h"

#include <gander/panic.h>

#include <string_view>

#include "arch/regs.h"
#include "crash/report.h"
#include "crash/signal_words.h"
#include "os/code_map.h"
#include "sched/current.h"
#include "stack/stack.h"

namespace gander::crash {
namespace {

// By their names, which they all have of old. In a program linked with -static they are part of it,
// and not told apart: a walk to look for malloc among the callers would miss the other locks.
constexpr std::string_view language_libraries[] = {"libc.so",     "ld-linux",  "libstdc++.so",
                                                   "libgcc_s.so", "libc++.so", "libc++abi.so",
                                                   "libunwind.so"};

bool in_language_library(std::uintptr_t pc) noexcept {
  os::code_object in;
  if (!os::find_code_object(pc, in) || in.path == nullptr) return false;
  std::string_view name = in.path;
  name = name.substr(name.rfind('/') + 1);  // npos + 1 is 0
  for (const std::string_view library : language_libraries)
    if (name.starts_with(library)) return true;
  return false;
}

bool raised_by_instruction(int number, int code) noexcept {
  switch (number) {
    case SIGSEGV:
    case SIGFPE:
      return code > 0;
    case SIGBUS:
      return code > 0 && code != BUS_MCEERR_AO;  // found by the hardware, read by nobody
    default:
      return false;
  }
}

// Called as though by the instruction that faulted.
void throw_fault(const fault_call& f) {
  throw fault_error(fault_words(f.signal_number, f.signal_code), f.signal_number, f.signal_code,
                    reinterpret_cast<const void*>(f.address),
                    reinterpret_cast<const void*>(f.fault_pc));
}

}  // namespace

bool throws_fault(int number, const siginfo_t& info, void* ucontext) noexcept {
  if (!raised_by_instruction(number, info.si_code) || is_dying()) return false;
  const M* const m = current_m();
  const G* const g = m != nullptr ? static_cast<G*>(m->curg) : nullptr;
  // Relaxed: written by this thread, whose code was interrupted.
  if (g == nullptr || g->foreign || !g->panics_on_fault || m->scheduling ||
      m->in_runtime.load(std::memory_order_relaxed) != 0)
    return false;
  const std::uintptr_t sp = regs::from_ucontext(ucontext).sp();
  const auto address = reinterpret_cast<std::uintptr_t>(info.si_addr);
  if (sp < g->stack_low + fault_call_room || sp >= g->stack_high) return false;
  if (address - g->guard_low < stack::guard_size) return false;  // an overflow
  fault_call call = fault_call_at(ucontext);
  if (in_language_library(call.pc)) return false;
  call.body = throw_fault;
  call.address = address;
  call.signal_number = number;
  call.signal_code = info.si_code;
  call_from_fault(ucontext, call);
  return true;
}

}  // namespace gander::crash
