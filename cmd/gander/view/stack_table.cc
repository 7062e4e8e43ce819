// SPDX-License-Identifier: Apache-2.0
#include "view/stack_table.h"

namespace gander::tool {

std::uint32_t stack_table::number_of(std::uint64_t id, const generation& tables, names& all) {
  if (id == 0) return 0;
  const auto [found, added] = of_generation_.try_emplace(id);
  if (added) found->second = add(tables.stack(id), tables, all);
  return found->second;
}

std::uint32_t stack_table::add(const std::vector<tool::frame>& stack, const generation& tables,
                               names& all) {
  std::vector<std::uint32_t> numbers;
  numbers.reserve(stack.size());
  for (const tool::frame& f : stack) {
    const call_site site{all.number_of(tables.string(f.function)),
                         all.number_of(tables.string(f.file)), f.line};
    const auto [found, added] = frame_numbers_.try_emplace(
        {site.function, site.file, site.line}, static_cast<std::uint32_t>(frames_.size()));
    if (added) frames_.push_back(site);
    numbers.push_back(found->second);
  }
  const auto [found, added] =
      numbers_.try_emplace(std::move(numbers), static_cast<std::uint32_t>(stacks_.size()));
  if (added) {
    stacks_.push_back(&found->first);
    sites_.push_back(site_of(stack, tables, all));
  }
  return found->second;
}

}  // namespace gander::tool
