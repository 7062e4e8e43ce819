// SPDX-License-Identifier: Apache-2.0
//
// Which loaded module holds a code address, without any lock: safe in a signal handler even while
// another thread is stopped inside the loader (dl_iterate_phdr and dladdr are not).
#pragma once

#include <cstddef>
#include <cstdint>

namespace gander::os {

struct code_object {
  std::uintptr_t map_start = 0;  // first and one past the last mapped address
  std::uintptr_t map_end = 0;
  std::uintptr_t eh_frame_hdr = 0;  // 0: none
  std::uintptr_t load_bias = 0;     // added to the file's addresses
  const void* handle = nullptr;     // identifies the loaded module while it is loaded
  const char* path = nullptr;       // the loader's own string; "" for the executable
};

bool find_code_object(std::uintptr_t pc, code_object& out) noexcept;

// Calls visit for each loaded module. Takes the loader's lock: never in a signal handler.
void for_each_code_object(void (*visit)(const code_object&)) noexcept;

// The path of the executable, for reading it and for printing it. Asks the system: at start-up.
inline constexpr const char* executable_file = "/proc/self/exe";
std::size_t executable_path(char* out, std::size_t bytes) noexcept;

}  // namespace gander::os
