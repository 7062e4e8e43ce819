// SPDX-License-Identifier: Apache-2.0
#include "trace/text.h"

#include <array>
#include <cmath>
#include <cstdio>

namespace gander::tool {

std::size_t utf8_length(std::string_view text) {
  if (text.empty()) return 0;
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto follows = [&](std::size_t i, unsigned low = 0x80, unsigned high = 0xbf) {
    return i < text.size() && at(i) >= low && at(i) <= high;
  };
  const unsigned first = at(0);
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return follows(1) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    const unsigned low = first == 0xe0 ? 0xa0U : 0x80U, high = first == 0xed ? 0x9fU : 0xbfU;
    return follows(1, low, high) && follows(2) ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    const unsigned low = first == 0xf0 ? 0x90U : 0x80U, high = first == 0xf4 ? 0x8fU : 0xbfU;
    return follows(1, low, high) && follows(2) && follows(3) ? 4 : 0;
  }
  return 0;
}

std::string printable(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const auto byte = static_cast<unsigned char>(text[0]);
    std::size_t length = utf8_length(text);
    // The controls of ISO 8859-1 are two bytes in UTF-8.
    const bool control =
        byte < 0x20 || byte == 0x7f ||
        (byte == 0xc2 && length == 2 && static_cast<unsigned char>(text[1]) < 0xa0);
    if (control || length == 0) {
      std::array<char, 8> escape{};
      std::snprintf(escape.data(), escape.size(), "\\x%02x", byte);
      result += escape.data();
      length = 1;
    } else {
      result += text.substr(0, length);
    }
    text.remove_prefix(length);
  }
  return result;
}

std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (const char c : printable(text)) {
    if (c == '"') result += '\\';
    result += c;
  }
  return result + "\"";
}

namespace {

// Three digits of a number below 1000.
std::string three_digits(double value) {
  std::array<char, 32> text{};
  const int decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
  std::snprintf(text.data(), text.size(), "%.*f", decimals, value);
  return text.data();
}

}  // namespace

std::string duration(std::int64_t ns) {
  const auto value = static_cast<double>(ns);
  if (ns == 0) return "0";
  if (ns < 1000) return std::to_string(ns) + "ns";
  if (value < 999.5e3) return three_digits(value / 1e3) + "us";
  if (value < 999.5e6) return three_digits(value / 1e6) + "ms";
  return value < 999.5e9 ? three_digits(value / 1e9) + "s"
                         : grouped(static_cast<std::uint64_t>(value / 1e9)) + "s";
}

std::string byte_count(std::uint64_t count) {
  const auto value = static_cast<double>(count);
  if (count < 1000) return std::to_string(count) + " B";
  if (value < 999.5e3) return three_digits(value / 1e3) + " kB";
  if (value < 999.5e6) return three_digits(value / 1e6) + " MB";
  return three_digits(value / 1e9) + " GB";
}

std::string grouped(std::uint64_t count) {
  const std::string digits = std::to_string(count);
  std::string result;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i != 0 && (digits.size() - i) % 3 == 0) result += ',';
    result += digits[i];
  }
  return result;
}

}  // namespace gander::tool
