// SPDX-License-Identifier: Apache-2.0
#include "arch/arch.h"
#include "arch/regs.h"

extern "C" void gander_goroutine_entry();

namespace gander::arch {

// The layout that gander_resume pops: r15 r14 r13 r12 rbx rbp, return address. The entry stub finds
// the body in rbx and its argument in r12.
void* make_context(void* stack_top, void (*body)(void*), void* argument) noexcept {
  auto* sp = reinterpret_cast<std::uintptr_t*>(reinterpret_cast<std::uintptr_t>(stack_top) &
                                               ~std::uintptr_t{15});
  *--sp = 0;  // where a caller's return address would be: ends walks that know no call-frame
              // information
  *--sp = 0;
  *--sp = reinterpret_cast<std::uintptr_t>(&gander_goroutine_entry);
  *--sp = 0;                                           // rbp: ends a walk by frame pointers
  *--sp = reinterpret_cast<std::uintptr_t>(body);      // rbx
  *--sp = reinterpret_cast<std::uintptr_t>(argument);  // r12
  *--sp = 0;                                           // r13
  *--sp = 0;                                           // r14
  *--sp = 0;                                           // r15
  return sp;
}

bool follows_system_call(std::uintptr_t pc) noexcept {
  constexpr std::uint64_t syscall_instruction = 0x050f;  // 0f 05
  const auto is_at = [](std::uintptr_t address) {
    const loaded_word word = gander_safe_load(address);
    return word.ok != 0 && (word.value & 0xffff) == syscall_instruction;
  };
  return is_at(pc - 2) || is_at(pc);
}

// A request to valgrind is this sequence, which computes nothing, with the address of the request
// in rax: part of its stable interface to programs. The five instructions stand here so that no
// build depends on whether valgrind's headers were there.
void ask_valgrind(std::uintptr_t what, std::uintptr_t a, std::uintptr_t b) noexcept {
  const volatile std::uintptr_t request[6] = {what, a, b, 0, 0, 0};
  std::uintptr_t answer = 0;
  asm volatile(
      "rolq $3, %%rdi\n\t"
      "rolq $13, %%rdi\n\t"
      "rolq $61, %%rdi\n\t"
      "rolq $51, %%rdi\n\t"
      "xchgq %%rbx, %%rbx"
      : "+d"(answer)
      : "a"(request)
      : "cc", "memory");
}

}  // namespace gander::arch
