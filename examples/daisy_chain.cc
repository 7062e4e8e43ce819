// SPDX-License-Identifier: Apache-2.0
//
// daisy_chain [LENGTH]: a number is whispered along LENGTH goroutines (default: 100,000), each of
// which adds one to it. Prints what arrives.
//
// All of them exist at the same time. Each has a stack, of which it uses a page or two.
#include <gander/gander.h>

#include <cstdio>
#include <cstdlib>

int main(int argc, char** argv) {
  const int length = argc > 1 ? std::atoi(argv[1]) : 100'000;
  return gander::run([=] {
    const auto last = gander::make_chan<int>();
    auto next = last;
    for (int i = 0; i < length; ++i) {
      const auto from = gander::make_chan<int>();
      gander::go([to = next, from] { to.send(*from.recv() + 1); });
      next = from;
    }
    next.send(0);
    std::printf("%d\n", *last.recv());
  });
}
