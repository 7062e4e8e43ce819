// SPDX-License-Identifier: Apache-2.0
//
// prime_sieve [COUNT]: the first COUNT primes (default: 20), one a line.
//
// A goroutine counts, and behind it stands a row of others, one for each prime found, that let only
// those numbers through that it does not divide. What comes out at the end of the row is the next
// prime, and lengthens the row. When main returns, the rest ends with it.
#include <gander/gander.h>

#include <cstdio>
#include <cstdlib>

namespace {

void count_up(const gander::send_chan<int>& out) {
  for (int n = 2;; ++n) out.send(n);
}

void sift(const gander::recv_chan<int>& in, const gander::send_chan<int>& out, int prime) {
  for (const int n : in)
    if (n % prime != 0) out.send(n);
}

void print_primes(int count) {
  auto candidates = gander::make_chan<int>();
  gander::go(count_up, candidates);
  for (int i = 0; i < count; ++i) {
    const int prime = *candidates.recv();
    std::printf("%d\n", prime);
    const auto sifted = gander::make_chan<int>();
    gander::go(sift, candidates, sifted, prime);
    candidates = sifted;
  }
}

}  // namespace

int main(int argc, char** argv) {
  const int count = argc > 1 ? std::atoi(argv[1]) : 20;
  return gander::run([=] { print_primes(count); });
}
