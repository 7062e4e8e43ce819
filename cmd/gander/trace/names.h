// SPDX-License-Identifier: Apache-2.0
//
// Names that outlive the generation whose tables have them; and which frame of a stack is the one
// to show.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>

#include "trace/generation.h"

namespace gander::tool {

// Each text once; number 0 is the empty one.
class names {
 public:
  names() { number_of(""); }

  std::uint32_t number_of(std::string_view text) {
    const auto found = numbers_.find(text);
    if (found != numbers_.end()) return found->second;
    texts_.emplace_back(text);
    const auto number = static_cast<std::uint32_t>(texts_.size() - 1);
    numbers_.emplace(texts_.back(), number);
    return number;
  }
  const std::string& operator[](std::uint32_t number) const { return texts_[number]; }
  std::size_t size() const { return texts_.size(); }

 private:
  std::deque<std::string> texts_;  // they stay where they are
  std::unordered_map<std::string_view, std::uint32_t> numbers_;
};

struct call_site {
  std::uint32_t function = 0;
  std::uint32_t file = 0;
  std::uint64_t line = 0;
  bool operator==(const call_site&) const = default;
};

// Where user code called what blocks: the innermost frame that is of neither runtime, nor of Go's
// own packages around them. If all are, the outermost, which says whose goroutine it is.
call_site site_of(const std::vector<frame>& stack, const generation& tables, names& all);

// The function that a goroutine began with; 0: not known.
std::uint32_t entry_of(const std::vector<frame>& stack, const generation& tables, names& all);

}  // namespace gander::tool
