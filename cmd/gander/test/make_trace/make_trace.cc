// SPDX-License-Identifier: Apache-2.0
//
// gander_make_trace OUT EVENTS [THREADS [GOROUTINES]]: the trace of a random program, a generation
// for each 100,000 events.
#include <cstdio>
#include <cstdlib>

#include "../random_trace.h"

int main(int argc, char** argv) {
  using namespace gander::tool::testing;
  if (argc < 3 || argc > 5) {
    std::fputs("usage: gander_make_trace OUT EVENTS [THREADS [GOROUTINES]]\n", stderr);
    return 2;
  }
  const auto number = [&](int i, std::size_t missing) {
    return i < argc ? static_cast<std::size_t>(std::strtoull(argv[i], nullptr, 10)) : missing;
  };
  const std::size_t events = number(2, 0);
  const bytes data = random_trace({.seed = 1,
                                   .events = events,
                                   .threads = number(3, 8),
                                   .goroutines = number(4, 300),
                                   .generations = 1 + events / 100'000});
  std::FILE* const out = std::fopen(argv[1], "we");
  if (out == nullptr) {
    std::perror(argv[1]);
    return 1;
  }
  const bool written = std::fwrite(data.data(), 1, data.size(), out) == data.size();
  return std::fclose(out) == 0 && written ? 0 : 1;
}
