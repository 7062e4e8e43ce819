// SPDX-License-Identifier: Apache-2.0
#include "trace/names.h"

#include <algorithm>
#include <array>

namespace gander::tool {
namespace {

// Of the packages that programs block in, and of the library.
constexpr std::array<std::string_view, 13> not_the_users = {
    "runtime.", "runtime/", "internal/", "sync.", "sync/",    "time.",   "syscall.",
    "os.",      "net.",     "io.",       "poll.", "gander::", "context."};

bool of_the_user(std::string_view function) {
  return std::none_of(not_the_users.begin(), not_the_users.end(),
                      [&](std::string_view prefix) { return function.starts_with(prefix); });
}

}  // namespace

call_site site_of(const std::vector<frame>& stack, const generation& tables, names& all) {
  if (stack.empty()) return {};
  const auto found = std::find_if(stack.begin(), stack.end(), [&](const frame& f) {
    return of_the_user(tables.string(f.function));
  });
  const frame& shown = found == stack.end() ? stack.back() : *found;
  return {all.number_of(tables.string(shown.function)), all.number_of(tables.string(shown.file)),
          shown.line};
}

std::uint32_t entry_of(const std::vector<frame>& stack, const generation& tables, names& all) {
  if (stack.empty()) return 0;
  const std::string_view function = tables.string(stack.back().function);
  // Gander's word for what was interrupted where its stack could not be walked: the next may tell.
  return function == "user code" ? 0 : all.number_of(function);
}

}  // namespace gander::tool
