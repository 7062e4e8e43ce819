// SPDX-License-Identifier: Apache-2.0
//
// The stacks of all generations, each once: those of a trace have numbers that hold for one
// generation only, and most of them come again in the next.
#pragma once

#include <cstdint>
#include <map>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "trace/generation.h"
#include "trace/names.h"

namespace gander::tool {

class stack_table {
 public:
  void generation_begins() { of_generation_.clear(); }
  // Of the stack that has this number in the generation; 0: there is none, or it has no frame.
  std::uint32_t number_of(std::uint64_t id, const generation& tables, names& all);

  // REQUIRES: number < size(). The innermost frame first.
  const std::vector<std::uint32_t>& frames(std::uint32_t number) const { return *stacks_[number]; }
  const call_site& frame(std::uint32_t number) const { return frames_[number]; }
  // What to show of it in one line (site_of).
  const call_site& site(std::uint32_t number) const { return sites_[number]; }
  std::size_t size() const { return stacks_.size(); }

 private:
  std::uint32_t add(const std::vector<tool::frame>& stack, const generation& tables, names& all);

  std::unordered_map<std::uint64_t, std::uint32_t> of_generation_;
  std::map<std::tuple<std::uint32_t, std::uint32_t, std::uint64_t>, std::uint32_t> frame_numbers_;
  std::vector<call_site> frames_;
  std::map<std::vector<std::uint32_t>, std::uint32_t> numbers_ = {{{}, 0}};
  std::vector<const std::vector<std::uint32_t>*> stacks_ = {&numbers_.begin()->first};
  std::vector<call_site> sites_ = {{}};
};

}  // namespace gander::tool
