// SPDX-License-Identifier: Apache-2.0
//
// What the process takes of memory, as the kernel counts it.
#pragma once

#include <unistd.h>

#include <fstream>
#include <string>

namespace gander::testing {

inline long resident_kb() {
  long pages = 0;
  long resident = 0;
  std::ifstream("/proc/self/statm") >> pages >> resident;
  return resident * (::sysconf(_SC_PAGESIZE) / 1024);
}

inline long mappings() {
  std::ifstream maps("/proc/self/maps");
  long count = 0;
  for (std::string line; std::getline(maps, line);) ++count;
  return count;
}

}  // namespace gander::testing
