// SPDX-License-Identifier: Apache-2.0
//
// A module that dies while it is loaded, or stays in its constructor for ever, or is called.
#include <unistd.h>

#include <cstdlib>
#include <string_view>

extern "C" [[gnu::visibility("default"), gnu::noinline]] void injected_module_dies();
void injected_module_dies() {
  volatile int* volatile nowhere = reinterpret_cast<int*>(8);
  *nowhere = 1;
  asm volatile("");
}

[[gnu::constructor]] static void injected_constructor() {
  const char* const how = std::getenv("INJECTED_MODULE");
  if (how == nullptr) return;
  if (how == std::string_view("die")) injected_module_dies();
  if (how != std::string_view("stay")) return;
  const char* const answer = std::getenv("INJECTED_MODULE_ANSWERS");
  if (answer == nullptr || ::write(std::atoi(answer), "", 1) != 1) return;
  for (;;) ::pause();
}
