// SPDX-License-Identifier: Apache-2.0
#include "trace/table.h"

#include <algorithm>

namespace gander::tool {
namespace {

// Characters, not bytes.
std::size_t width(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

}  // namespace

std::string table::text() const {
  std::vector<std::size_t> widths(sides_.size());
  for (const auto& row : rows_)
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width(row[i]));
  std::string result;
  for (const auto& row : rows_) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string space(widths[i] - width(row[i]), ' ');
      line += "  ";
      line += sides_[i] == '>' ? space + row[i] : row[i] + space;
    }
    while (line.ends_with(' ')) line.pop_back();
    result += line + "\n";
  }
  return result;
}

}  // namespace gander::tool
