// SPDX-License-Identifier: Apache-2.0
#include "os/linux/proc_text.h"

#include <algorithm>
#include <cstring>

namespace gander::os {
namespace {

// Takes words and numbers off the front of a text.
class scanner {
 public:
  explicit scanner(std::string_view text) noexcept : rest_(text) {}

  bool skip(char c) noexcept {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }

  void skip_blanks() noexcept {
    while (skip(' ') || skip('\t')) {
    }
  }

  bool character(char& out) noexcept {
    if (rest_.empty()) return false;
    out = rest_.front();
    rest_.remove_prefix(1);
    return true;
  }

  // At least one digit, and no more than the type holds.
  template <typename T>
  bool number(T& out, unsigned base) noexcept {
    T value = 0;
    std::size_t digits = 0;
    for (; digits < rest_.size(); ++digits) {
      const unsigned digit = value_of(rest_[digits]);
      if (digit >= base) break;
      if (value > (static_cast<T>(-1) - digit) / base) return false;
      value = static_cast<T>(value * base + digit);
    }
    rest_.remove_prefix(digits);
    out = value;
    return digits > 0;
  }

  bool hex_with_prefix(std::uintptr_t& out) noexcept {
    return skip('0') && skip('x') && number(out, 16);
  }

  std::string_view rest() const noexcept { return rest_; }

 private:
  static unsigned value_of(char c) noexcept {
    if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
    if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a') + 10;
    return 99;
  }

  std::string_view rest_;
};

// What stands behind `key`, at the start of a line, up to the line's end.
bool find_line(std::string_view text, std::string_view key, std::string_view& out) noexcept {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    if (line.starts_with(key)) {
      out = line.substr(key.size());
      return true;
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return false;
}

}  // namespace

// 7f12a000-7f12c000 r-xp 00001000 08:01 1234          /usr/lib/libx.so
bool parse_mapping(std::string_view line, mapping& out) noexcept {
  scanner s(line);
  mapping m;
  char read = 0;
  char write = 0;
  char execute = 0;
  char shared = 0;
  std::uint64_t ignored = 0;
  if (!s.number(m.begin, 16) || !s.skip('-') || !s.number(m.end, 16) || !s.skip(' ')) return false;
  if (!s.character(read) || !s.character(write) || !s.character(execute) || !s.character(shared))
    return false;
  if (!s.skip(' ') || !s.number(m.offset, 16) || !s.skip(' ')) return false;
  if (!s.number(ignored, 16) || !s.skip(':') || !s.number(ignored, 16) || !s.skip(' '))
    return false;
  if (!s.number(ignored, 10) || m.end < m.begin) return false;
  s.skip_blanks();
  m.readable = read == 'r';
  m.writable = write == 'w';
  m.executable = execute == 'x';
  m.shared = shared == 's';
  m.name = s.rest();
  out = m;
  return true;
}

bool parse_task_status(std::string_view text, task_status& out) noexcept {
  std::string_view line;
  task_status status;
  if (!find_line(text, "State:", line)) return false;
  scanner state(line);
  state.skip_blanks();
  if (!state.character(status.state)) return false;
  if (find_line(text, "SigBlk:", line)) {
    scanner blocked(line);
    blocked.skip_blanks();
    if (!blocked.number(status.blocked, 16)) status.blocked = 0;
  }
  if (find_line(text, "Name:", line)) {
    scanner name(line);
    name.skip_blanks();
    const std::string_view printed = name.rest().substr(0, sizeof status.name - 1);
    std::transform(printed.begin(), printed.end(), status.name,
                   [](char c) { return c < ' ' || c > '~' || c == '"' ? '?' : c; });
  }
  out = status;
  return true;
}

// "running", "-1 0xSP 0xPC" or "NUMBER 0xA 0xB 0xC 0xD 0xE 0xF 0xSP 0xPC".
bool parse_task_call(std::string_view text, task_call& out) noexcept {
  scanner s(text);
  task_call call;
  if (s.skip('-')) {
    if (!s.skip('1') || !s.skip(' ')) return false;
    call.number = -1;
  } else {
    unsigned number = 0;
    if (!s.number(number, 10) || number > 0x7fffffff || !s.skip(' ')) return false;
    call.number = static_cast<long>(number);
    for (std::uintptr_t& argument : call.arguments)
      if (!s.hex_with_prefix(argument) || !s.skip(' ')) return false;
  }
  if (!s.hex_with_prefix(call.sp) || !s.skip(' ') || !s.hex_with_prefix(call.pc)) return false;
  out = call;
  return true;
}

}  // namespace gander::os
