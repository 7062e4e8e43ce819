// SPDX-License-Identifier: Apache-2.0
//
// glibc 2.35 made _dl_find_object for exactly this use: lock-free and async-signal-safe, it knows
// every module, the vdso included. libgcc's own unwinder relies on it.
#include "os/code_map.h"

#include <dlfcn.h>
#include <link.h>
#include <sys/auxv.h>
#include <unistd.h>

#include <algorithm>

namespace gander::os {
namespace {

// Of a program linked with -static glibc tells where its code is, and nothing of the rest. The
// kernel has told where its headers are, which say so.
void take_all_of_program(code_object& out) noexcept {
  const auto* const headers = reinterpret_cast<const ElfW(Phdr)*>(::getauxval(AT_PHDR));
  const std::size_t count = headers != nullptr ? ::getauxval(AT_PHNUM) : 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (headers[i].p_type != PT_LOAD) continue;
    const std::uintptr_t start = out.load_bias + headers[i].p_vaddr;
    out.map_start = std::min(out.map_start, start);
    out.map_end = std::max<std::uintptr_t>(out.map_end, start + headers[i].p_memsz);
  }
}

}  // namespace

bool find_code_object(std::uintptr_t pc, code_object& out) noexcept {
  dl_find_object found;
  if (_dl_find_object(reinterpret_cast<void*>(pc), &found) != 0) return false;
  out.map_start = reinterpret_cast<std::uintptr_t>(found.dlfo_map_start);
  out.map_end = reinterpret_cast<std::uintptr_t>(found.dlfo_map_end);
  out.eh_frame_hdr = reinterpret_cast<std::uintptr_t>(found.dlfo_eh_frame);
  out.handle = found.dlfo_link_map;
  if (const auto* map = found.dlfo_link_map; map != nullptr) {
    out.load_bias = map->l_addr;
    out.path = map->l_name;
  }
  if (out.eh_frame_hdr != 0 && out.eh_frame_hdr - out.map_start >= out.map_end - out.map_start)
    take_all_of_program(out);
  return true;
}

void for_each_code_object(void (*visit)(const code_object&)) noexcept {
  auto each = [](dl_phdr_info* info, std::size_t, void* to) {
    for (unsigned i = 0; i < info->dlpi_phnum; ++i) {
      const auto& segment = info->dlpi_phdr[i];
      code_object object;
      if (segment.p_type != PT_LOAD || !find_code_object(info->dlpi_addr + segment.p_vaddr, object))
        continue;
      (*static_cast<void (**)(const code_object&)>(to))(object);
      break;
    }
    return 0;
  };
  ::dl_iterate_phdr(each, &visit);
}

std::size_t executable_path(char* out, std::size_t bytes) noexcept {
  ssize_t n = ::readlink(executable_file, out, bytes - 1);
  std::size_t length = n > 0 ? static_cast<std::size_t>(n) : 0;
  out[length] = 0;
  return length;
}

}  // namespace gander::os
