// SPDX-License-Identifier: Apache-2.0
//
// The smallest outside program: what it prints is checked by run.cmake.
#include <gander/version.h>

#include <cstdio>

int main() {
  std::printf("consumer: gander %s\n", gander::version());
  return 0;
}
