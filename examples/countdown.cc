// SPDX-License-Identifier: Apache-2.0
//
// countdown [MILLISECONDS]: counts from three to zero, a tick of so many milliseconds (default:
// 1000) apart; Return aborts.
//
// The goroutine that waits for Return blocks its thread in read(): nothing says so to the runtime,
// and nothing else waits for it.
#include <gander/gander.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>

int main(int argc, char** argv) {
  const std::chrono::milliseconds period(argc > 1 ? std::atoi(argv[1]) : 1000);
  return gander::run([=] {
    const auto abort = gander::make_chan<void>();
    gander::go([=] {
      char pressed;
      if (::read(STDIN_FILENO, &pressed, 1) == 1) abort.close();
    });

    std::puts("Return aborts the launch.");
    const gander::ticker ticker(period);
    for (int n = 3; n > 0; --n) {
      std::printf("%d\n", n);
      std::fflush(stdout);
      if (gander::select(gander::on_recv(ticker.c(), [](auto) {}), gander::on_recv(abort, [] {})) ==
          1) {
        std::puts("Aborted.");
        return 1;
      }
    }
    std::puts("Lift-off!");
    return 0;
  });
}
