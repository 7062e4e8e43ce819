// SPDX-License-Identifier: Apache-2.0
//
// tour [ROUNDS]: a little of everything, in ways that have one right result: channels, select, time
// limits, locks, exceptions, goexit, blocking calls, threads, reports. For tools that watch a
// program from outside. Prints "tour done".
#include <gander/gander.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>

namespace {

using namespace std::chrono_literals;

void expect(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "not so: %s\n", what);
  std::_Exit(1);
}

void channels() {
  const auto c = gander::make_chan<std::string>();
  const auto quit = gander::make_chan<void>();
  gander::go([=] {
    for (int i = 0; i < 10; ++i) c.send(std::to_string(i));
    quit.close();
  });
  std::string all;
  for (bool over = false; !over;)
    gander::select(
        gander::on_recv(c, [&](std::optional<std::string> text) { all += *text; }),
        gander::on_recv(quit, [&](bool) { over = true; }));
  expect(all == "0123456789", "select got all");
  expect(!c.recv_for(2ms), "nothing more came");
}

[[gnu::noinline]] int fall(int depth) {
  if (depth == 0) throw std::runtime_error("fell");
  gander::yield();
  return fall(depth - 1) + 1;
}

void exceptions() {
  gander::wait_group all;
  for (int i = 0; i < 5; ++i)
    all.go([i] {
      try {
        try {
          fall(i);
        } catch (...) {
          gander::yield();
          throw;
        }
      } catch (const std::runtime_error& e) {
        expect(std::string("fell") == e.what(), "the exception is its own");
      }
    });
  all.wait();
  auto ended = gander::spawn([] { gander::goexit(); });
  bool panicked = false;
  try {
    ended.join();
  } catch (const gander::panic_error&) {
    panicked = true;
  }
  expect(panicked, "join of one that called goexit panics");
}

void locks() {
  gander::mutex m;
  long count = 0;
  gander::wait_group all;
  for (int i = 0; i < 5; ++i)
    all.go([&] {
      for (int n = 0; n < 20; ++n) {
        const std::lock_guard held(m);
        ++count;
        if (n % 5 == 0) gander::yield();
      }
    });
  all.wait();
  expect(count == 100, "the lock excludes");
}

void blocking_calls() {
  gander::wait_group all;
  for (int i = 0; i < 3; ++i)
    all.go([] {
      int ends[2];
      expect(::pipe(ends) == 0, "a pipe");
      std::thread writer([&] {
        ::usleep(2000);
        expect(::write(ends[1], "x", 1) == 1, "written");
      });
      char byte = 0;
      expect(::read(ends[0], &byte, 1) == 1 && byte == 'x', "read");
      writer.join();
      ::close(ends[0]);
      ::close(ends[1]);
    });
  all.go([] {
    const gander::pin_thread pinned;
    gander::sleep_for(1ms);
  });
  all.wait();
}

void reports() {
  const auto never = gander::make_chan<void>();
  gander::go([=] { never.recv(); });
  gander::yield();
  const std::string text = gander::debug::stack(true);
  expect(text.find("goroutine 1 [running]:\n") == 0, "a report of all");
  expect(text.find("[chan receive]:\n") != text.npos, "and of who waits");
  never.close();
}

}  // namespace

int main(int count, char** arguments) {
  const int rounds = count > 1 ? std::atoi(arguments[1]) : 1;
  for (int i = 0; i < rounds; ++i)
    gander::run({.gomaxprocs = 1 + i % 3}, [] {
      channels();
      exceptions();
      locks();
      blocking_calls();
      reports();
    });
  std::puts("tour done");
  return 0;
}
