// SPDX-License-Identifier: Apache-2.0
//
// The modules (executable, shared libraries, vdso) that addresses of code belong to, kept so that a
// report can name them and their build ids without the loader's lock: dl_iterate_phdr and dladdr
// hang when another thread was stopped inside the loader.
//
// Entries are only ever added, and never change once visible: readers need no lock. A module that
// was loaded after start-up is added when an address in it is first looked up, in a handler too.
// The table is full at `module_capacity`; what comes later has no name.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace gander::crash {

inline constexpr std::size_t module_capacity = 512;

struct module {
  std::uintptr_t begin = 0;  // mapped range
  std::uintptr_t end = 0;
  std::uintptr_t text_begin = 0;  // range of the executable segments
  std::uintptr_t text_end = 0;
  std::uintptr_t load_bias = 0;  // pc - load_bias is the address in the file
  const char* path = nullptr;    // printable
  const char* file = nullptr;    // what to open; "": none (vdso)
  std::array<std::uint8_t, 32> build_id{};
  std::uint8_t build_id_bytes = 0;
  std::uint16_t index = 0;  // its place in the table
};

// Asks for the path of the executable. [signal]
void name_executable() noexcept;

// Fills the table; at start-up, not in a handler. May be called again, after dlopen say.
void load_modules() noexcept;

// nullptr: in no module. Any thread, any stack, also in a handler.
const module* find_module(std::uintptr_t pc) noexcept;

// The modules known so far, by index; nullptr past the end.
const module* module_at(std::size_t index) noexcept;

}  // namespace gander::crash
