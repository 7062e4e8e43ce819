// SPDX-License-Identifier: Apache-2.0
//
// glibc 2.35 made _dl_find_object for exactly this use: lock-free and async-signal-safe, it knows every
// module, the vdso included. libgcc's own unwinder relies on it.
#include "os/code_map.h"

#include <dlfcn.h>
#include <link.h>

namespace gander::os {

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
  return true;
}

}  // namespace gander::os
