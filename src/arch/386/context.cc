// SPDX-License-Identifier: Apache-2.0
#include "arch/arch.h"
#include "arch/regs.h"

extern "C" void gander_goroutine_entry();

namespace gander::arch {

// The layout that gander_resume pops: edi esi ebx ebp, return address. The entry stub finds the
// body in ebx and its argument on top of the stack, which is aligned for the call.
void* make_context(void* stack_top, void (*body)(void*), void* argument) noexcept {
  auto* sp = reinterpret_cast<std::uintptr_t*>(reinterpret_cast<std::uintptr_t>(stack_top) &
                                               ~std::uintptr_t{15});
  sp -= 4;
  sp[1] = sp[2] = sp[3] = 0;
  sp[0] = reinterpret_cast<std::uintptr_t>(argument);
  *--sp = reinterpret_cast<std::uintptr_t>(&gander_goroutine_entry);
  *--sp = 0;                                       // ebp: ends a walk by frame pointers
  *--sp = reinterpret_cast<std::uintptr_t>(body);  // ebx
  *--sp = 0;                                       // esi
  *--sp = 0;                                       // edi
  return sp;
}

// The kernel is entered by `int $0x80`, or in the vdso by whichever of sysenter and syscall the
// processor has; behind those stands an `int $0x80`, behind which the kernel returns, and where a
// call that a signal interrupted starts anew. libc gets there by a call through the thread's base.
bool follows_system_call(std::uintptr_t pc) noexcept {
  constexpr std::uintptr_t int_80 = 0x80cd;               // cd 80
  constexpr std::uintptr_t sysenter = 0x340f;             // 0f 34
  constexpr std::uintptr_t syscall_instruction = 0x050f;  // 0f 05
  constexpr std::uintptr_t call_by_thread = 0x1015ff65;   // 65 ff 15 10 00 00 00
  const auto is_at = [](std::uintptr_t address) {
    const loaded_word word = gander_safe_load(address);
    const std::uintptr_t code = word.value & 0xffff;
    return word.ok != 0 && (code == int_80 || code == sysenter || code == syscall_instruction);
  };
  if (is_at(pc - 2) || is_at(pc)) return true;
  const loaded_word before = gander_safe_load(pc - 4);
  const loaded_word earlier = gander_safe_load(pc - 7);
  return before.ok != 0 && before.value >> 8 == 0 && earlier.ok != 0 &&
         earlier.value == call_by_thread;
}

// A request to valgrind is this sequence, which computes nothing, with the address of the request
// in eax: part of its stable interface to programs. The five instructions stand here so that no
// build depends on whether valgrind's headers were there.
void ask_valgrind(std::uintptr_t what, std::uintptr_t a, std::uintptr_t b) noexcept {
  const volatile std::uintptr_t request[6] = {what, a, b, 0, 0, 0};
  std::uintptr_t answer = 0;
  asm volatile(
      "roll $3, %%edi\n\t"
      "roll $13, %%edi\n\t"
      "roll $29, %%edi\n\t"
      "roll $19, %%edi\n\t"
      "xchgl %%ebx, %%ebx"
      : "+d"(answer)
      : "a"(request)
      : "cc", "memory");
}

}  // namespace gander::arch
