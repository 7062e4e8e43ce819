// SPDX-License-Identifier: Apache-2.0
#include "trace/json_writer.h"

#include <array>

#include "trace/text.h"

namespace gander::tool {

void json_writer::flush() {
  break_line();
  std::fwrite(buffer_.data(), 1, buffer_.size(), out_);
  buffer_.clear();
}

void json_writer::comma() {
  if (!first_ && !after_key_) buffer_ += ',';
  first_ = after_key_ = false;
  break_line();
  if (buffer_.size() > 64 * 1024) flush();
}

json_writer& json_writer::open(char bracket) {
  comma();
  buffer_ += bracket;
  first_ = true;
  return *this;
}

json_writer& json_writer::close(char bracket) {
  break_line();
  buffer_ += bracket;
  first_ = false;
  return *this;
}

json_writer& json_writer::key(std::string_view name) {
  value(name);
  buffer_ += ':';
  after_key_ = true;
  return *this;
}

json_writer& json_writer::value(std::string_view of) {
  comma();
  text(of);
  return *this;
}

json_writer& json_writer::value(std::uint64_t number) {
  comma();
  buffer_ += std::to_string(number);
  return *this;
}

json_writer& json_writer::value(std::int64_t number) {
  comma();
  buffer_ += std::to_string(number);
  return *this;
}

json_writer& json_writer::value(bool truth) {
  comma();
  buffer_ += truth ? "true" : "false";
  return *this;
}

json_writer& json_writer::microseconds(std::int64_t ns) {
  comma();
  const std::int64_t part = ns % 1000;
  buffer_ += std::to_string(ns / 1000);
  buffer_ += '.';
  buffer_ += static_cast<char>('0' + part / 100);
  buffer_ += static_cast<char>('0' + part / 10 % 10);
  buffer_ += static_cast<char>('0' + part % 10);
  return *this;
}

json_writer& json_writer::line() {
  line_ = true;
  return *this;
}

void json_writer::break_line() {
  if (line_) buffer_ += '\n';
  line_ = false;
}

void json_writer::text(std::string_view text) {
  buffer_ += '"';
  while (!text.empty()) {
    const auto byte = static_cast<unsigned char>(text[0]);
    const std::size_t length = utf8_length(text);
    if (length == 0) {
      buffer_ += "\\ufffd";
    } else if (byte == '"' || byte == '\\') {
      buffer_ += '\\';
      buffer_ += text[0];
    } else if (byte < 0x20) {
      std::array<char, 8> escape{};
      std::snprintf(escape.data(), escape.size(), "\\u%04x", byte);
      buffer_ += escape.data();
    } else {
      buffer_ += text.substr(0, length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  buffer_ += '"';
}

}  // namespace gander::tool
