// SPDX-License-Identifier: Apache-2.0
//
// Where a process keeps its variables: the writable segments of its modules, and the end of a
// thread's stack.
#include <link.h>
#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>

#include "os/os.h"

// The initial stack's first frame lies below it; glibc's loader and its static start-up set it.
extern "C" {
extern void* __libc_stack_end [[gnu::weak]];
}

namespace gander::os {
namespace {

struct visitor {
  void (*visit)(void* to, std::uintptr_t begin, std::uintptr_t end);
  void* to;
};

int visit_module(dl_phdr_info* module, std::size_t, void* raw) {
  const auto& v = *static_cast<const visitor*>(raw);
  // What is read-only once the module is relocated stands at the beginning of a writable segment.
  std::uintptr_t fixed_begin = 0;
  std::uintptr_t fixed_end = 0;
  for (int i = 0; i < module->dlpi_phnum; ++i)
    if (const auto& h = module->dlpi_phdr[i]; h.p_type == PT_GNU_RELRO) {
      fixed_begin = module->dlpi_addr + h.p_vaddr;
      fixed_end = fixed_begin + h.p_memsz;
    }
  for (int i = 0; i < module->dlpi_phnum; ++i) {
    const auto& h = module->dlpi_phdr[i];
    if (h.p_type != PT_LOAD || (h.p_flags & PF_W) == 0) continue;
    std::uintptr_t begin = module->dlpi_addr + h.p_vaddr;
    const std::uintptr_t end = begin + h.p_memsz;
    if (fixed_begin <= begin && begin < fixed_end) begin = std::min(fixed_end, end);
    if (begin < end) v.visit(v.to, begin, end);
  }
  return 0;
}

}  // namespace

void for_each_data_segment(void (*visit)(void* to, std::uintptr_t begin, std::uintptr_t end),
                           void* to) noexcept {
  visitor v{visit, to};
  ::dl_iterate_phdr(visit_module, &v);
}

// A thread's control block, which its pthread_t points to, lies above its stack.
std::uintptr_t end_of_current_stack() noexcept {
  if (thread_id() != process_id()) return static_cast<std::uintptr_t>(::pthread_self());
  if (&__libc_stack_end != nullptr) return reinterpret_cast<std::uintptr_t>(__libc_stack_end);
  return current_stack().high;
}

}  // namespace gander::os
