// SPDX-License-Identifier: Apache-2.0
#include <stdio_ext.h>

#include <cstdio>

#include "os/os.h"

namespace gander::os {
namespace {

bool is_free(std::FILE* stream) noexcept {
  constexpr int looks = 100;
  constexpr std::int64_t between_ns = 100'000;
  for (int i = 0; i < looks; ++i) {
    if (::ftrylockfile(stream) == 0) {
      ::funlockfile(stream);
      return true;
    }
    sleep_ns(between_ns);
  }
  return false;
}

}  // namespace

// fflush(nullptr) takes the lock of every stream, readers' too, unless the stream is said to be
// locked by its users.
void flush_stdio() noexcept {
  ::__fsetlocking(stdin, FSETLOCKING_BYCALLER);
  for (std::FILE* stream : {stdout, stderr})
    if (!is_free(stream)) ::__fsetlocking(stream, FSETLOCKING_BYCALLER);
  std::fflush(nullptr);
}

}  // namespace gander::os
