// SPDX-License-Identifier: Apache-2.0
//
// What Go says of deadly signals. Async-signal-safe.
#pragma once

#include <cstdint>

#include "base/print.h"

namespace gander::crash {

struct fatal_signal {
  int number;
  const char* name;
  bool fault;  // raised by an instruction: in the program's own code it is a panic
};

extern const fatal_signal fatal_signals[7];

// nullptr: of another signal.
const fatal_signal* find_fatal_signal(int number) noexcept;

// The text of the panic that a fault is: "runtime error: …".
const char* fault_words(int number, int code) noexcept;

// `[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x…]`
void print_signal_line(text_writer& out, int number, int code, std::uintptr_t address,
                       std::uintptr_t pc) noexcept;

}  // namespace gander::crash
