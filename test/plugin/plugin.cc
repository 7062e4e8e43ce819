// SPDX-License-Identifier: Apache-2.0
//
// A plugin that uses the runtime inside a program that knows nothing of it.
#include <gander/gander.h>

#include <chrono>
#include <stdexcept>
#include <thread>

extern "C" int plugin_work();

int plugin_work() {
  using namespace std::chrono_literals;
  return gander::run({.gomaxprocs = 2}, [] {
    const auto c = gander::make_chan<int>();
    for (int i = 0; i < 10; ++i)
      gander::go([c, i] {
        std::this_thread::sleep_for(1ms);
        try {
          throw std::runtime_error("within the plugin");
        } catch (const std::exception&) {
          c.send(i);
        }
      });
    int sum = 0;
    for (int i = 0; i < 10; ++i) sum += *c.recv();
    return sum;
  });
}
