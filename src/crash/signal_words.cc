// SPDX-License-Identifier: Apache-2.0
#include "crash/signal_words.h"

#include <csignal>

namespace gander::crash {

constexpr fatal_signal fatal_signals[] = {
    {SIGSEGV, "SIGSEGV: segmentation violation", true},
    {SIGBUS, "SIGBUS: bus error", true},
    {SIGFPE, "SIGFPE: floating-point exception", true},
    {SIGILL, "SIGILL: illegal instruction", false},
    {SIGTRAP, "SIGTRAP: trace trap", false},
    {SIGABRT, "SIGABRT: abort", false},
    {SIGQUIT, "SIGQUIT: quit", false},
};

const fatal_signal* find_fatal_signal(int number) noexcept {
  for (const fatal_signal& s : fatal_signals)
    if (s.number == number) return &s;
  return nullptr;
}

const char* fault_words(int number, int code) noexcept {
  if (number != SIGFPE) return "runtime error: invalid memory address or nil pointer dereference";
  switch (code) {
    case FPE_INTDIV:
      return "runtime error: integer divide by zero";
    case FPE_INTOVF:
      return "runtime error: integer overflow";
    default:
      return "runtime error: floating point error";
  }
}

void print_signal_line(text_writer& out, int number, int code, std::uintptr_t address,
                       std::uintptr_t pc) noexcept {
  const fatal_signal* const s = find_fatal_signal(number);
  out.text("[signal ").text(s != nullptr ? s->name : "unknown").text(" code=");
  out.hex(static_cast<std::uint64_t>(static_cast<unsigned>(code)));
  out.text(" addr=").hex(address).text(" pc=").hex(pc).text("]\n");
}

}  // namespace gander::crash
