// SPDX-License-Identifier: Apache-2.0
//
// See go_name.h. Signatures are taken apart by one scan from the left with a stack of open
// brackets; of the two other ways, a grammar of mangled names is thirty times as long, and a scan
// from the right cannot tell `operator>` from a closing bracket.
#include "crash/go_name.h"

#include <algorithm>
#include <array>
#include <cstring>

// libsupc++'s __gcclibcxx_demangle_callback; 0: demangled. See cmake/report_libraries.cmake.
extern "C" [[gnu::visibility("hidden")]] int gander_demangle_callback(
    const char* mangled, void (*take)(const char*, std::size_t, void*), void* to);

namespace gander::crash {
namespace {

constexpr std::size_t max_mangled = 4096;
constexpr std::size_t max_demangled = 8192;

// A fixed string that is cut when full.
struct text_buffer {
  std::span<char> chars;
  std::size_t used = 0;

  void append(std::string_view s) noexcept {
    std::size_t n = std::min(s.size(), chars.size() - used);
    std::memcpy(chars.data() + used, s.data(), n);
    used += n;
  }
  std::string_view view() const noexcept { return {chars.data(), used}; }
};

bool is_word(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         (static_cast<unsigned char>(c) & 0x80) != 0;
}

// Length of the operator's own symbol behind the word `operator`; npos for a conversion, whose type
// extends to the end of the name.
std::size_t operator_length(std::string_view s) noexcept {
  for (std::string_view symbol :
       {"()", "[]", "<=>", "<<=", ">>=", "->*", "<<", ">>", "<=", ">=", "->", "<", ">", " new[]",
        " delete[]", " new", " delete", " co_await"})
    if (s.starts_with(symbol)) return symbol.size();
  if (s.starts_with("\"\"")) return 3;  // `"" _suffix`
  return s.starts_with(' ') ? std::string_view::npos : 0;
}

class signature_scan {
 public:
  explicit signature_scan(std::string_view s) noexcept : s_(s) {}

  std::string_view name() noexcept {
    for (std::size_t i = 0; i < s_.size(); ++i) i = take(i);
    if (overflow_) return s_;
    if (open_ == std::string_view::npos) return s_.substr(start_);
    return s_.substr(start_of_open_, open_ - start_of_open_);
  }

 private:
  // Takes what begins at i; returns the index of its last character.
  std::size_t take(std::size_t i) noexcept {
    char c = s_[i];
    if (c == 'o' && depth_ == 0 && (i == 0 || !is_word(s_[i - 1])) &&
        s_.substr(i).starts_with("operator")) {
      constexpr std::size_t word = 8;
      std::size_t behind = i + word;
      if (behind < s_.size() && is_word(s_[behind])) return i;
      std::size_t length = operator_length(s_.substr(std::min(behind, s_.size())));
      in_conversion_ = length == std::string_view::npos;
      if (in_conversion_) return behind;
      bool blank =
          s_.substr(std::min(behind + length, s_.size())).starts_with(" <");  // `operator< <int>`
      return behind - 1 + length + (blank ? 1 : 0);
    }
    switch (c) {
      case '(':
        if (depth_ == 0) open_ = i, start_of_open_ = start_;
        push(c);
        break;
      case '<':
      case '[':
      case '{':
        push(c);
        break;
      case '>':
        if (depth_ > 0 && stack_[depth_ - 1] == '<') --depth_;
        break;
      case ')':
        pop_to('(');
        break;
      case ']':
        pop_to('[');
        break;
      case '}':
        pop_to('{');
        break;
      case ' ':
        if (depth_ == 0 && !in_conversion_ && !is_qualifier(s_.substr(i + 1))) start_ = i + 1;
        break;
      default:
        break;
    }
    return i;
  }

  // What may follow a parameter list, before the end or the name of something local to the
  // function.
  static bool is_qualifier(std::string_view s) noexcept {
    for (std::string_view q : {"const", "volatile", "&&", "&", "[clone", "noexcept"})
      if (s.starts_with(q)) {
        s.remove_prefix(q.size());
        return q == "[clone" || s.empty() || s[0] == ' ' || s.starts_with("::");
      }
    return false;
  }

  void push(char c) noexcept {
    if (depth_ == stack_.size())
      overflow_ = true;
    else
      stack_[depth_++] = c;
  }
  // A '<' that is still open within was a less-than.
  void pop_to(char c) noexcept {
    while (depth_ > 0 && stack_[--depth_] != c) {
    }
  }

  std::string_view s_;
  std::size_t depth_ = 0;
  std::size_t start_ = 0;  // behind the last blank that separates a return type
  std::size_t open_ = std::string_view::npos;
  std::size_t start_of_open_ = 0;
  bool in_conversion_ = false;
  bool overflow_ = false;
  std::array<char, 256> stack_;
};

std::string_view without_thunk(std::string_view s) noexcept {
  for (std::string_view thunk :
       {"non-virtual thunk to ", "virtual thunk to ", "covariant return thunk to "})
    if (s.starts_with(thunk)) return s.substr(thunk.size());
  return s;
}

// The plain name of a C symbol: without a clone's suffix, a version, glibc's mark of internal
// calls.
std::string_view plain_symbol(std::string_view symbol) noexcept {
  if (symbol.starts_with("__GI_")) symbol.remove_prefix(5);
  std::size_t cut = symbol.find_first_of(".@", 1);
  return cut == std::string_view::npos ? symbol : symbol.substr(0, cut);
}

// Copies a name so that its line still reads as one; see go_name.h for the rules.
std::string_view printable(std::string_view name, std::span<char> out) noexcept {
  constexpr std::size_t reserve = 8;  // for what one turn, and the end, may add
  text_buffer to{out};
  std::size_t nested = 0;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (to.used + reserve > out.size()) {
      to.append(nested > 0 ? "...)" : "...");
      return to.view();
    }
    char c = name[i];
    if (c == '[' && name.substr(i).starts_with("[abi:")) {
      std::size_t end = name.find(']', i);
      if (end == std::string_view::npos) break;
      i = end;
    } else if (c == '(') {
      to.append(nested++ == 0 ? "(" : "{");
    } else if (c == ')') {
      if (nested > 0) to.append(--nested == 0 ? ")" : "}");
    } else if (c == '%') {
      to.append("%25");
    } else {
      to.append({static_cast<unsigned char>(c) < ' ' ? "?" : &c, 1});
    }
  }
  if (nested > 0) to.append(")");
  return to.used == 0 ? std::string_view("?") : to.view();
}

// Demangles into `to`; false if there is nothing to demangle.
bool demangle(std::string_view symbol, text_buffer& to) noexcept {
  if (!symbol.starts_with("_Z") || symbol.size() >= max_mangled) return false;
  char mangled[max_mangled];
  std::memcpy(mangled, symbol.data(), symbol.size());
  mangled[symbol.size()] = 0;
  auto take = [](const char* s, std::size_t n, void* buffer) {
    static_cast<text_buffer*>(buffer)->append({s, n});
  };
  return gander_demangle_callback(mangled, take, &to) == 0 && to.used != 0;
}

}  // namespace

std::string_view name_of_signature(std::string_view signature) noexcept {
  std::string_view name = signature_scan(without_thunk(signature)).name();
  // `void (*f(int))(char)`: the function stands inside the parentheses of what it returns.
  while (name.starts_with("(*") || name.starts_with("(&")) {
    std::size_t begin = name.find_first_not_of("*&", 1);
    if (begin == std::string_view::npos || !name.ends_with(')')) break;
    name = signature_scan(name.substr(begin, name.size() - begin - 1)).name();
  }
  return name;
}

std::string_view go_function_name(std::string_view symbol, std::span<char> out) noexcept {
  char chars[max_demangled];
  text_buffer signature{chars};
  if (!demangle(symbol, signature)) return printable(plain_symbol(symbol), out);
  return printable(name_of_signature(signature.view()), out);
}

// Behind the prefix of symbols, a type's name demangles by itself.
std::string_view go_type_name(std::string_view mangled, std::span<char> out) noexcept {
  char symbol_chars[max_mangled];
  text_buffer symbol{symbol_chars};
  symbol.append("_Z");
  symbol.append(mangled);
  char chars[max_demangled];
  text_buffer name{chars};
  return printable(demangle(symbol.view(), name) ? name.view() : mangled, out);
}

}  // namespace gander::crash
