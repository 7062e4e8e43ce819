// SPDX-License-Identifier: Apache-2.0
//
// How a failed check ends the process before, or without, the crash layer.
#include "base/check.h"

#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <cstring>

namespace gander {
namespace {

std::atomic<fatal_hook> hook{nullptr};

void write_text(const char* text) {
  [[maybe_unused]] auto written = ::write(2, text, std::strlen(text));
}

[[noreturn]] void die(const char* text, bool runtime_fault, const internal::past* about) {
  if (fatal_hook installed = hook.load()) installed(text, runtime_fault, about);
  write_text("fatal error: ");
  write_text(text);
  write_text("\n");
  ::_exit(2);
}

}  // namespace

void set_fatal_hook(fatal_hook installed) noexcept { hook.store(installed); }
void throw_(const char* text) noexcept { die(text, true, nullptr); }
void fatal(const char* text, const internal::past* about) noexcept { die(text, false, about); }

}  // namespace gander
