// SPDX-License-Identifier: Apache-2.0
//
// The files in view/page/, put into the program when it is built (embed.cmake).
#pragma once

#include <span>
#include <string_view>

namespace gander::tool {

struct page_file {
  std::string_view name;
  std::string_view text;
};

std::span<const page_file> page_files();

}  // namespace gander::tool
