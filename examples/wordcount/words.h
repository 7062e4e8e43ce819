// SPDX-License-Identifier: Apache-2.0

// What a word is: a maximal run of bytes that are not white space in the C locale. A NUL is a byte
// like any other. Pure functions, shared by wordcount and by its peer on threads
// (bench/peers/threads).
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace wordcount {

// A table instead of std::isspace: that one asks the locale at every byte.
inline constexpr std::array<bool, 256> space_table = [] {
  std::array<bool, 256> table{};
  for (const char c : {' ', '\t', '\n', '\v', '\f', '\r'})
    table[static_cast<unsigned char>(c)] = true;
  return table;
}();

constexpr bool is_space(char c) { return space_table[static_cast<unsigned char>(c)]; }

// Calls visit(word) for each word of text; the end of text ends a word.
template <class Visit>
constexpr void for_each_word(std::string_view text, Visit visit) {
  const char* at = text.data();
  const char* const end = at + text.size();
  for (;;) {
    while (at != end && is_space(*at)) ++at;
    if (at == end) return;
    const char* const begin = at;
    while (at != end && !is_space(*at)) ++at;
    visit(std::string_view(begin, static_cast<std::size_t>(at - begin)));
  }
}

// The length of the longest prefix of text that does not cut a word in two, assuming that text goes
// on: 0 if text is a piece of one word.
constexpr std::size_t whole_words(std::string_view text) {
  std::size_t size = text.size();
  while (size != 0 && !is_space(text[size - 1])) --size;
  return size;
}

}  // namespace wordcount
