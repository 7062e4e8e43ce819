// SPDX-License-Identifier: Apache-2.0
//
// What 386 and amd64 have in common: how their calls are written.
#pragma once

#include <cstddef>

namespace gander::arch {

inline constexpr std::size_t longest_call_bytes = 7;

// Whether the code in front of an address, of which these are the last bytes, ends with a call: the
// address may then be a return address.
inline bool ends_with_call(const unsigned char (&code)[longest_call_bytes]) noexcept {
  constexpr unsigned char relative = 0xe8;  // and 4 bytes
  constexpr unsigned char indirect = 0xff;  // and a ModRM byte whose middle says 2
  const auto back = [&](std::size_t n) { return code[longest_call_bytes - n]; };
  if (back(5) == relative) return true;
  for (const std::size_t length : {2u, 3u, 4u, 6u, 7u}) {
    if (back(length) != indirect) continue;
    const unsigned mod_rm = back(length - 1);
    if ((mod_rm >> 3 & 7) != 2) continue;
    const unsigned mod = mod_rm >> 6;
    const unsigned rm = mod_rm & 7;
    const bool has_sib = mod != 3 && rm == 4;
    if (length == 2 && has_sib) continue;  // it would stand behind the code
    const unsigned base = has_sib ? back(length - 2) & 7u : rm;
    const unsigned displacement = mod == 1 ? 1 : mod == 2 || (mod == 0 && base == 5) ? 4 : 0;
    if (length == 2u + has_sib + displacement) return true;
  }
  return false;
}

}  // namespace gander::arch
