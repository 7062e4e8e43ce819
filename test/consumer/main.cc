// SPDX-License-Identifier: Apache-2.0
//
// The smallest outside program that uses the whole runtime: what it prints is checked by run.cmake.
#include <gander/gander.h>

#include <cstdio>

int main() {
  return gander::run([] {
    auto versions = gander::make_chan<const char*>();
    gander::go([=] { versions.send(gander::version()); });
    std::printf("consumer: gander %s\n", *versions.recv());
  });
}
