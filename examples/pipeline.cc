// SPDX-License-Identifier: Apache-2.0
//
// pipeline [LIMIT]: adds up 1*1 + 2*2 + 3*3 + … until the sum exceeds LIMIT (default: 1,000,000).
//
// Three stages with a channel between each two. The first would count for ever: it is the last who
// knows when it is enough, and cancels the context. A stage that cannot send waits for the
// context's end, too, so all of them return, and the group is empty when wait() comes back.
#include <gander/gander.h>

#include <cstdio>
#include <cstdlib>

namespace {

// False when nobody wants more.
bool send(const gander::context& ctx, const gander::send_chan<long>& out, long n) {
  return gander::select(gander::on_send(out, n), gander::on_recv(ctx.done(), [] {})) == 0;
}

void count(const gander::context& ctx, const gander::send_chan<long>& out) {
  for (long n = 1; send(ctx, out, n); ++n) {
  }
  out.close();
}

void square(const gander::context& ctx, const gander::recv_chan<long>& in,
            const gander::send_chan<long>& out) {
  for (const long n : in)
    if (!send(ctx, out, n * n)) break;
  out.close();
}

void add_up(long limit) {
  gander::task_group stages;
  const auto numbers = gander::make_chan<long>();
  const auto squares = gander::make_chan<long>();
  stages.go([=](const gander::context& ctx) { count(ctx, numbers); });
  stages.go([=](const gander::context& ctx) { square(ctx, numbers, squares); });

  long sum = 0;
  int terms = 0;
  while (sum <= limit) {
    sum += *squares.recv();
    ++terms;
  }
  stages.cancel();
  stages.wait();
  std::printf("%d squares add up to %ld; %zu goroutine is left\n", terms, sum,
              gander::num_goroutine());
}

}  // namespace

int main(int argc, char** argv) {
  const long limit = argc > 1 ? std::atol(argv[1]) : 1'000'000;
  return gander::run([=] { add_up(limit); });
}
