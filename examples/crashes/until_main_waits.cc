// SPDX-License-Identifier: Apache-2.0

// A program that asks its own report where a goroutine is.
#include <gander/gander.h>

#include <initializer_list>
#include <string>
#include <string_view>

#include "crashes.h"

namespace crashes {

static bool main_waits() {
  constexpr std::string_view header = "goroutine 1 [";
  const std::string report = gander::debug::stack(true);
  const std::size_t at = report.find(header);
  if (at == std::string::npos) return false;
  const std::string_view state = std::string_view(report).substr(at + header.size());
  for (std::string_view busy : {"running", "runnable", "syscall"})
    if (state.starts_with(busy)) return false;
  return true;
}

void until_main_waits() {
  while (!main_waits()) gander::yield();
}

}  // namespace crashes
