// SPDX-License-Identifier: Apache-2.0
//
// loaded: a hundred goroutines that compute, allocate, send, lock, yield and throw; once all of
// them have begun, somebody else's SIGQUIT comes.
#include <gander/gander.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

std::atomic<int> working{0};
gander::mutex shared;
long sum = 0;

void work(int number, const gander::chan<std::string>& c) {
  ++working;
  for (long round = 0;; ++round) {
    switch ((number + round) % 5) {
      case 0:
        c.try_send(std::string(1000, 'x'));
        break;
      case 1:
        c.try_recv();
        break;
      case 2: {
        const std::lock_guard lock(shared);
        sum += round;
        break;
      }
      case 3:
        try {
          throw std::runtime_error("thrown");
        } catch (const std::exception& e) {
          sum += e.what()[0] == 't';
        }
        break;
      default:
        gander::yield();
    }
  }
}

}  // namespace

int main() {
  std::thread([] {
    while (working < 100) std::this_thread::yield();
    ::kill(::getpid(), SIGQUIT);
  }).detach();
  return gander::run({.gomaxprocs = 4}, [] {
    const auto c = gander::make_chan<std::string>(10);
    for (int i = 0; i < 100; ++i) gander::go(work, i, c);
    gander::make_chan<int>().recv();
  });
}
