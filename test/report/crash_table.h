// SPDX-License-Identifier: Apache-2.0

// What the report of each crash must and must not have. A rule is a regular expression for a whole
// line, or for the lines of one goroutine's block, and how many may match.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace report {

struct rule {
  std::string line;  // regular expression for a whole line
  int at_least;
  int at_most;
};

constexpr int any_number = 1'000'000;

inline rule must(std::string line) { return {std::move(line), 1, any_number}; }
inline rule exactly(int count, std::string line) { return {std::move(line), count, count}; }
inline rule never(std::string line) { return {std::move(line), 0, 0}; }

struct crash_case {
  std::string name;       // of examples/crashes
  std::string traceback;  // GOTRACEBACK
  std::vector<rule> rules;
  // Lines that must appear in this order, others between them or not.
  std::vector<std::string> order;
};

// How GoogleTest shows a case; the name is its choice.
void PrintTo(const crash_case& c, std::ostream* out);

const std::vector<crash_case>& crash_table();

}  // namespace report
