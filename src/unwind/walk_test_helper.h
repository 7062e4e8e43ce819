// SPDX-License-Identifier: Apache-2.0
//
// What tests of walks share: a fault handler as the crash layer's is, and walks that collect pcs.
#pragma once

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdint>
#include <functional>
#include <span>

#include "unwind/unwinder.h"

// A function that stays one, under its own address, and a point in it that no tail call can skip.
#if __has_attribute(noipa)
#define NOINLINE [[gnu::noipa]]
#else
#define NOINLINE [[gnu::noinline]]
#endif
#define KEEP_FRAME() asm volatile("" ::: "memory")

namespace gander::unwind {

// Handles SIGSEGV and SIGBUS for the life of the object: recoverable loads are recovered, any other
// fault goes to `otherwise` (which may siglongjmp), or ends the process.
class fault_handler {
 public:
  using function = void (*)(int, void* ucontext);
  explicit fault_handler(function otherwise = nullptr) {
    other_ = otherwise;
    struct sigaction action {};
    action.sa_sigaction = handle;
    action.sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK;
    sigemptyset(&action.sa_mask);
    sigaction(SIGSEGV, &action, &old_segv_);
    sigaction(SIGBUS, &action, &old_bus_);
    set_fault_recovery(true);
  }
  ~fault_handler() {
    set_fault_recovery(false);
    sigaction(SIGSEGV, &old_segv_, nullptr);
    sigaction(SIGBUS, &old_bus_, nullptr);
  }
  fault_handler(const fault_handler&) = delete;

 private:
  static void handle(int signal, siginfo_t*, void* context) {
    if (recover_fault(context)) return;
    if (other_ != nullptr) return other_(signal, context);
    ::signal(signal, SIG_DFL);
  }
  static inline function other_ = nullptr;
  struct sigaction old_segv_, old_bus_;
};

struct walked {
  std::array<std::uintptr_t, 512> pcs;  // lookup pcs: within the call
  std::array<std::uintptr_t, 512> raw;  // return addresses, as they are
  std::size_t count = 0;
  unwinder::state why = unwinder::state::walking;

  bool has_return_to(std::uintptr_t address) const {
    return std::find(raw.begin(), raw.begin() + count, address) != raw.begin() + count;
  }
  bool has_function(const void* f) const {
    memory_reader reader;
    for (std::size_t i = 0; i < count; ++i) {
      fde found;
      if (find_fde(pcs[i], reader, found) && found.pc_begin == reinterpret_cast<std::uintptr_t>(f))
        return true;
    }
    return false;
  }
};

inline void walk(const regs& from, memory_reader& reader, walked& w) {
  unwinder u(from, reader);
  w.count = 0;
  do {
    if (w.count == w.pcs.size()) break;
    w.pcs[w.count] = u.lookup_pc();
    w.raw[w.count++] = u.current().pc();
  } while (u.step());
  w.why = u.why();
}

}  // namespace gander::unwind
