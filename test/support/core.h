// SPDX-License-Identifier: Apache-2.0
//
// Cores of programs that die with GOTRACEBACK=crash, for tests of what debuggers find there.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "support/child.h"

namespace gander::testing {

// Empty, and gone at the end.
class temporary_folder {
 public:
  temporary_folder();
  ~temporary_folder() { std::filesystem::remove_all(path_); }
  temporary_folder(const temporary_folder&) = delete;
  temporary_folder& operator=(const temporary_folder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// Runs gdb on the program, as a batch.
child_result gdb(const std::string& program, const std::vector<std::string>& options);

// The dead process's core, as the kernel wrote it into the folder. Where it hands cores to a
// program instead (a pipe in core_pattern), or none may be written, gdb stops the process at its
// death and writes one.
std::string core_of(const std::string& program, const std::string& argument,
                    const temporary_folder& folder);

}  // namespace gander::testing
