// SPDX-License-Identifier: Apache-2.0
//
// Whether a text is JSON: one value, well-formed UTF-8, no control character in a string.
#pragma once

#include <string_view>

#include "trace/text.h"

namespace gander::tool::testing {

class json_check {
 public:
  static bool holds(std::string_view text) {
    json_check c(text);
    return c.value(0) && (c.space(), c.rest_.empty());
  }

 private:
  explicit json_check(std::string_view text) : rest_(text) {}

  void space() {
    while (!rest_.empty() && std::string_view(" \n\t\r").find(rest_[0]) != std::string_view::npos)
      rest_.remove_prefix(1);
  }
  bool take(std::string_view what) {
    if (!rest_.starts_with(what)) return false;
    rest_.remove_prefix(what.size());
    return true;
  }
  bool value(int depth) {
    space();
    if (depth > 50 || rest_.empty()) return false;
    if (rest_[0] == '{' || rest_[0] == '[') return inside(depth, rest_[0] == '{');
    if (rest_[0] == '"') return string();
    return take("true") || take("false") || take("null") || number();
  }
  bool inside(int depth, bool object) {
    const std::string_view end = object ? "}" : "]";
    rest_.remove_prefix(1);
    space();
    if (take(end)) return true;
    for (;;) {
      space();
      if (object && (!string() || (space(), !take(":")))) return false;
      if (!value(depth + 1)) return false;
      space();
      if (take(end)) return true;
      if (!take(",")) return false;
    }
  }
  bool string() {
    if (!take("\"")) return false;
    while (!rest_.empty() && rest_[0] != '"') {
      const std::size_t length = utf8_length(rest_);
      if (length == 0 || static_cast<unsigned char>(rest_[0]) < 0x20) return false;
      rest_.remove_prefix(rest_[0] == '\\' && rest_.size() > 1 ? 2 : length);
    }
    return take("\"");
  }
  bool digits() {
    const std::size_t count = rest_.find_first_not_of("0123456789");
    const std::size_t length = count == std::string_view::npos ? rest_.size() : count;
    rest_.remove_prefix(length);
    return length != 0;
  }
  bool number() {
    take("-");
    if (!digits()) return false;
    return !take(".") || digits();
  }

  std::string_view rest_;
};

}  // namespace gander::tool::testing
