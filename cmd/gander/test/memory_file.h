// SPDX-License-Identifier: Apache-2.0
//
// A FILE in memory, for what writes to one.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>

namespace gander::tool::testing {

class memory_file {
 public:
  memory_file() : file_(::open_memstream(&data_, &size_)) {}
  ~memory_file() {
    std::fclose(file_);
    std::free(data_);
  }
  memory_file(const memory_file&) = delete;

  std::FILE* file() const { return file_; }
  std::string text() const {
    std::fflush(file_);
    return std::string(data_, size_);
  }

 private:
  char* data_ = nullptr;
  std::size_t size_ = 0;
  std::FILE* file_;
};

}  // namespace gander::tool::testing
