// SPDX-License-Identifier: Apache-2.0
#include "crash/signal_stack.h"

#include <signal.h>
#include <sys/auxv.h>

#include "os/os.h"

namespace gander::crash {

std::size_t signal_stack_size() noexcept {
  constexpr std::size_t ours = 64 * 1024;
  const std::size_t least = ::getauxval(AT_MINSIGSTKSZ);
  return ours + (least / 4096 + 1) * 4096;
}

char* new_signal_stack() noexcept {
  const std::size_t guard = os::page_size();
  auto* const memory = static_cast<char*>(os::reserve(guard + signal_stack_size()));
  if (memory == nullptr) return nullptr;
  os::protect(memory, guard);
  return memory + guard;
}

void free_signal_stack(char* lowest) noexcept {
  const std::size_t guard = os::page_size();
  os::release(lowest - guard, guard + signal_stack_size());
}

void release_signal_stack(char* lowest) noexcept {
  stack_t now{};
  if (::sigaltstack(nullptr, &now) != 0) return;
  if (now.ss_sp == lowest) {
    now.ss_flags = SS_DISABLE;
    if (::sigaltstack(&now, nullptr) != 0) return;  // the thread ends on it
  }
  free_signal_stack(lowest);
}

void use_signal_stack(char* lowest) noexcept {
  stack_t stack{};
  stack.ss_sp = lowest;
  stack.ss_size = signal_stack_size();
  ::sigaltstack(&stack, nullptr);
}

void signal_stack(M* m, bool starts) noexcept {
  stack_t now;
  if (starts) {
    if (m->signal_stack == nullptr) {  // else this M's former thread had one
      if (::sigaltstack(nullptr, &now) == 0 && (now.ss_flags & SS_DISABLE) == 0)
        return;  // the program's own
      m->signal_stack = new_signal_stack();
      if (m->signal_stack == nullptr) return;
      m->signal_stack_size = signal_stack_size();
    }
    use_signal_stack(m->signal_stack);
  } else if (m->signal_stack != nullptr) {
    // The main thread goes on after run(), and nobody else gives it one (thread_start.cc).
    static char* const of_main_thread = new_signal_stack();
    if (os::thread_id() == os::process_id() && of_main_thread != nullptr)
      return use_signal_stack(of_main_thread);
    now = {};
    now.ss_flags = SS_DISABLE;
    ::sigaltstack(&now, nullptr);
  }
}

}  // namespace gander::crash
