// SPDX-License-Identifier: Apache-2.0
//
// Writes JSON as it comes, without keeping any of it: commas, escapes, and text that is no UTF-8
// (which JSON has no way to say) with U+FFFD in its place.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace gander::tool {

class json_writer {
 public:
  explicit json_writer(std::FILE* out) : out_(out) {}
  ~json_writer() { flush(); }
  json_writer(const json_writer&) = delete;

  json_writer& begin_object() { return open('{'); }
  json_writer& end_object() { return close('}'); }
  json_writer& begin_array() { return open('['); }
  json_writer& end_array() { return close(']'); }
  json_writer& key(std::string_view name);
  json_writer& value(std::string_view text);
  json_writer& value(const char* text) { return value(std::string_view(text)); }
  json_writer& value(const std::string& text) { return value(std::string_view(text)); }
  json_writer& value(std::uint64_t number);
  json_writer& value(std::int64_t number);
  json_writer& value(bool truth);
  // Nanoseconds as microseconds, with all three decimals.
  json_writer& microseconds(std::int64_t ns);
  json_writer& line();  // a new one for what comes next, for the eye

  template <class Value>
  json_writer& member(std::string_view name, const Value& of) {
    return key(name).value(of);
  }

  void flush();

 private:
  json_writer& open(char bracket);
  json_writer& close(char bracket);
  void comma();
  void break_line();
  void text(std::string_view text);

  std::FILE* out_;
  std::string buffer_;
  bool first_ = true;  // element of what is open
  bool after_key_ = false;
  bool line_ = false;
};

}  // namespace gander::tool
