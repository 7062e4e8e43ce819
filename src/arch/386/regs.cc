// SPDX-License-Identifier: Apache-2.0
//
// 386/Linux: registers out of a signal's ucontext_t. Reads only what the kernel wrote on the
// signal stack; async-signal-safe.
#include "arch/regs.h"

#include <ucontext.h>

#include <csignal>
#include <cstring>
#include <new>

namespace gander {
namespace {

constexpr unsigned greg_of_column[regs::column_count] = {
    REG_EAX, REG_ECX, REG_EDX, REG_EBX, REG_ESP, REG_EBP, REG_ESI, REG_EDI, REG_EIP};

constexpr std::uintptr_t page_fault_trap = 14;
constexpr std::uintptr_t error_write = 1u << 1;
constexpr std::uintptr_t error_fetch = 1u << 4;

std::uintptr_t greg(const void* ucontext, unsigned index) noexcept {
  return static_cast<std::uintptr_t>(
      static_cast<const ucontext_t*>(ucontext)->uc_mcontext.gregs[index]);
}

extern "C" const char gander_safe_load_access[];
extern "C" const char gander_safe_load_failed[];
extern "C" const char gander_call_from_fault[];

// What fault_call.S finds at esp.
struct fault_frame {
  const fault_call* argument;  // of the body
  std::uintptr_t unused[3];    // aligns what follows as it was
  fault_call call;
};
static_assert(offsetof(fault_frame, argument) == 0 &&
              offsetof(fault_frame, call) + offsetof(fault_call, pc) == 16 &&
              offsetof(fault_frame, call) + offsetof(fault_call, sp) == 20 &&
              offsetof(fault_frame, call) + offsetof(fault_call, body) == 24);

}  // namespace

regs regs::from_ucontext(const void* ucontext) noexcept {
  regs r;
  for (unsigned column = 0; column < column_count; ++column)
    r.set(column, greg(ucontext, greg_of_column[column]));
  r.jump_fault = access_of_fault(ucontext) == fault_access::execute &&
                 static_cast<const ucontext_t*>(ucontext)->uc_mcontext.cr2 == r.pc();
  return r;
}

regs regs::parked(std::uintptr_t pc, std::uintptr_t sp) noexcept {
  regs r;
  r.set(pc_column, pc);
  r.set(sp_column, sp);
  return r;
}

register_dump dump_registers(const void* ucontext) noexcept {
  auto at = [&](unsigned index) { return greg(ucontext, index); };
  constexpr std::uintptr_t selector = 0xffff;  // the kernel leaves the upper half as it was
  return {{{"eax", at(REG_EAX)},
           {"ebx", at(REG_EBX)},
           {"ecx", at(REG_ECX)},
           {"edx", at(REG_EDX)},
           {"edi", at(REG_EDI)},
           {"esi", at(REG_ESI)},
           {"ebp", at(REG_EBP)},
           {"esp", at(REG_ESP)},
           {"eip", at(REG_EIP)},
           {"eflags", at(REG_EFL)},
           {"cs", at(REG_CS) & selector},
           {"fs", at(REG_FS) & selector},
           {"gs", at(REG_GS) & selector}}};
}

fault_access access_of_fault(const void* ucontext) noexcept {
  if (greg(ucontext, REG_TRAPNO) != page_fault_trap) return fault_access::unknown;
  std::uintptr_t error = greg(ucontext, REG_ERR);
  if ((error & error_fetch) != 0) return fault_access::execute;
  return (error & error_write) != 0 ? fault_access::write : fault_access::read;
}

bool recover_fault(void* ucontext) noexcept {
  auto* context = static_cast<ucontext_t*>(ucontext);
  auto access = reinterpret_cast<std::uintptr_t>(gander_safe_load_access);
  if (greg(ucontext, REG_EIP) != access) return false;
  context->uc_mcontext.gregs[REG_EIP] = reinterpret_cast<greg_t>(gander_safe_load_failed);
  return true;
}

fault_call fault_call_at(const void* ucontext) noexcept {
  fault_call call;
  call.pc = call.fault_pc = greg(ucontext, REG_EIP);
  call.sp = greg(ucontext, REG_ESP);
  if (regs::from_ucontext(ucontext).jump_fault) {
    // A call through a wild pointer: it is the caller that throws, from within its call.
    std::memcpy(&call.pc, reinterpret_cast<const void*>(call.sp), sizeof call.pc);
    call.pc -= 1;
    call.sp += sizeof call.pc;
  }
  return call;
}

void call_from_fault(void* ucontext, const fault_call& call) noexcept {
  auto& gregs = static_cast<ucontext_t*>(ucontext)->uc_mcontext.gregs;
  // Below what the interrupted code uses, and aligned as before a call.
  const std::uintptr_t place =
      (greg(ucontext, REG_ESP) - sizeof(fault_frame)) & ~std::uintptr_t{15};
  static_assert(sizeof(fault_frame) + 15 <= fault_call_room);
  auto* const frame = new (reinterpret_cast<void*>(place)) fault_frame{nullptr, {}, call};
  frame->argument = &frame->call;
  gregs[REG_ESP] = static_cast<greg_t>(place);
  gregs[REG_EIP] = reinterpret_cast<greg_t>(gander_call_from_fault);
}

}  // namespace gander
