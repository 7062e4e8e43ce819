// SPDX-License-Identifier: Apache-2.0
//
// amd64/Linux: registers out of a signal's ucontext_t. Reads only what the kernel wrote on the
// signal stack; async-signal-safe.
#include "arch/regs.h"

#include <ucontext.h>

#include <csignal>
#include <cstring>
#include <new>

namespace gander {
namespace {

constexpr unsigned greg_of_column[regs::column_count] = {
    REG_RAX, REG_RDX, REG_RCX, REG_RBX, REG_RSI, REG_RDI, REG_RBP, REG_RSP, REG_R8,
    REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15, REG_RIP};

constexpr std::uint64_t page_fault_trap = 14;
constexpr std::uint64_t error_write = 1u << 1;
constexpr std::uint64_t error_fetch = 1u << 4;

std::uint64_t greg(const void* ucontext, unsigned index) noexcept {
  return static_cast<std::uint64_t>(
      static_cast<const ucontext_t*>(ucontext)->uc_mcontext.gregs[index]);
}

extern "C" const char gander_safe_load_access[];
extern "C" const char gander_safe_load_failed[];
extern "C" const char gander_call_from_fault[];

constexpr std::uintptr_t red_zone_bytes = 128;  // below its sp, the code's own
static_assert(offsetof(fault_call, pc) == 0 && offsetof(fault_call, sp) == 8 &&
              offsetof(fault_call, body) == 16);

}  // namespace

regs regs::from_ucontext(const void* ucontext) noexcept {
  regs r;
  for (unsigned column = 0; column < column_count; ++column)
    r.set(column, greg(ucontext, greg_of_column[column]));
  r.jump_fault =
      access_of_fault(ucontext) == fault_access::execute && greg(ucontext, REG_CR2) == r.pc();
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
  std::uint64_t segments = at(REG_CSGSFS);  // cs, gs, fs: 16 bits each, from the low end
  return {{{"rax", at(REG_RAX)},
           {"rbx", at(REG_RBX)},
           {"rcx", at(REG_RCX)},
           {"rdx", at(REG_RDX)},
           {"rdi", at(REG_RDI)},
           {"rsi", at(REG_RSI)},
           {"rbp", at(REG_RBP)},
           {"rsp", at(REG_RSP)},
           {"r8", at(REG_R8)},
           {"r9", at(REG_R9)},
           {"r10", at(REG_R10)},
           {"r11", at(REG_R11)},
           {"r12", at(REG_R12)},
           {"r13", at(REG_R13)},
           {"r14", at(REG_R14)},
           {"r15", at(REG_R15)},
           {"rip", at(REG_RIP)},
           {"rflags", at(REG_EFL)},
           {"cs", segments & 0xffff},
           {"fs", segments >> 32 & 0xffff},
           {"gs", segments >> 16 & 0xffff}}};
}

fault_access access_of_fault(const void* ucontext) noexcept {
  if (greg(ucontext, REG_TRAPNO) != page_fault_trap) return fault_access::unknown;
  std::uint64_t error = greg(ucontext, REG_ERR);
  if ((error & error_fetch) != 0) return fault_access::execute;
  return (error & error_write) != 0 ? fault_access::write : fault_access::read;
}

bool recover_fault(void* ucontext) noexcept {
  auto* context = static_cast<ucontext_t*>(ucontext);
  auto access = reinterpret_cast<std::uintptr_t>(gander_safe_load_access);
  if (greg(ucontext, REG_RIP) != access) return false;
  context->uc_mcontext.gregs[REG_RIP] = reinterpret_cast<greg_t>(gander_safe_load_failed);
  return true;
}

fault_call fault_call_at(const void* ucontext) noexcept {
  fault_call call;
  call.pc = call.fault_pc = greg(ucontext, REG_RIP);
  call.sp = greg(ucontext, REG_RSP);
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
  // Below what the interrupted code may use, and aligned as at a call.
  const std::uintptr_t place =
      (greg(ucontext, REG_RSP) - red_zone_bytes - sizeof call) & ~std::uintptr_t{15};
  static_assert(red_zone_bytes + sizeof call + 15 <= fault_call_room);
  new (reinterpret_cast<void*>(place)) fault_call(call);
  gregs[REG_RSP] = static_cast<greg_t>(place);
  gregs[REG_RIP] = reinterpret_cast<greg_t>(gander_call_from_fault);
}

}  // namespace gander
