// SPDX-License-Identifier: Apache-2.0
//
// Lines of a table: columns as wide as their widest text, numbers to the right.
#pragma once

#include <string>
#include <vector>

namespace gander::tool {

class table {
 public:
  // '>' for each column that goes to the right, '<' for the others. The last may be of any width.
  explicit table(std::string sides) : sides_(std::move(sides)) {}

  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  bool empty() const { return rows_.empty(); }
  std::string text() const;  // each line behind two spaces

 private:
  std::string sides_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace gander::tool
