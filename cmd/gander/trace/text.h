// SPDX-License-Identifier: Apache-2.0
//
// Text for people. What a file holds may be anything: nothing of it shall reach a terminal as a
// control character.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace gander::tool {

// Control characters, and bytes that are no UTF-8, as "\x1b".
std::string printable(std::string_view text);
std::string quoted(std::string_view text);

// The length of the well-formed UTF-8 character at the front; 0: it is none.
std::size_t utf8_length(std::string_view text);

// "1.23ms": three digits, a unit.
std::string duration(std::int64_t ns);
std::string byte_count(std::uint64_t count);
// "1,234,567"
std::string grouped(std::uint64_t count);

}  // namespace gander::tool
