// SPDX-License-Identifier: Apache-2.0
//
// live HOW: programs that tell of themselves and go on, or of which others were in charge before.
//
//   quits          sends itself SIGQUIT three times, and ends by 0 (GODEBUG=dumponquit=1)
//   storm          one thread sends another one 1,000 of them, before it is done with the last
//   wedged         the same from a thread, while the scheduler's own lock is held for ever
//   groups         fifty goroutines of two kinds, and dies
//   handler NUMBER [exit | return | fault]
//                  a handler of the program's stood before run(): it says so, and ends that way
//   terminate      the same for std::terminate
#include <gander/gander.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <stdexcept>
#include <string_view>
#include <thread>

#include "sched/sched.h"
#include "support/await.h"

namespace {

void say(const char* text) {
  [[maybe_unused]] auto written = ::write(STDOUT_FILENO, text, std::strlen(text));
}

[[gnu::noinline]] void receives() { gander::make_chan<int>().recv(); }
[[gnu::noinline]] void receives_too() { gander::make_chan<int>().recv(); }

int quits() {
  return gander::run([] {
    gander::go(receives);
    gander::testing::await_waiting(1, "chan receive");
    for (int i = 0; i < 3; ++i) ::raise(SIGQUIT);
    say("went on\n");
  });
}

int storm() {
  return gander::run([] {
    gander::go(receives);
    gander::testing::await_waiting(1, "chan receive");
    std::atomic<bool> stop{false};
    std::thread target([&] {
      static_cast<void>(gander::goid());  // now it has a stack for handlers
      while (!stop) {
      }
    });
    for (int i = 0; i < 1'000; ++i) {
      ::pthread_kill(target.native_handle(), SIGQUIT);
      std::this_thread::sleep_for(std::chrono::microseconds(i % 100));
    }
    stop = true;
    target.join();
    say("went on\n");
  });
}

int wedged() {
  return gander::run([] {
    gander::go(receives);
    gander::testing::await_waiting(1, "chan receive");
    static std::atomic<bool> held{false};
    std::thread([] {
      gander::sched.guard.acquire();
      held = true;
      for (;;) ::pause();
    }).detach();
    while (!held) {
    }
    ::raise(SIGQUIT);
    say("went on\n");
    ::_exit(0);
  });
}

int groups() {
  return gander::run([] {
    for (int i = 0; i < 50; ++i) gander::go(i % 5 == 4 ? receives_too : receives);
    gander::testing::await_waiting(50, "chan receive");
    gander::panic("enough");
  });
}

// Says so, and ends the process; or faults itself; or puts the default back and returns, as crash
// uploaders do.
std::string_view what_next = "exit";
void on_signal(int number, siginfo_t* info, void*) {
  char text[100];
  std::snprintf(text, sizeof text, "handler: signal %d, code %d, address %p\n", number,
                info->si_code, info->si_addr);
  say(text);
  if (what_next == "exit") ::_exit(33);
  if (what_next == "return") ::signal(number, SIG_DFL);
  volatile int* volatile nowhere = reinterpret_cast<int*>(16);
  if (what_next == "fault") *nowhere = 1;
}

int handler(int number) {
  struct sigaction action = {};
  action.sa_sigaction = on_signal;
  action.sa_flags = SA_SIGINFO;
  ::sigaction(number, &action, nullptr);
  return gander::run([number] {
    if (number == SIGABRT) throw std::runtime_error("uncaught");
    volatile int* volatile nowhere = reinterpret_cast<int*>(8);
    *nowhere = 1;
  });
}

int terminate() {
  std::set_terminate([] {
    say("terminate: ");
    try {
      throw;
    } catch (const std::exception& e) {
      say(e.what());
    }
    say("\n");
    std::abort();
  });
  return gander::run([] { throw std::runtime_error("uncaught"); });
}

}  // namespace

int main(int count, char** arguments) {
  const std::string_view how = count > 1 ? arguments[1] : "";
  if (how == "quits") return quits();
  if (how == "storm") return storm();
  if (how == "wedged") return wedged();
  if (how == "groups") return groups();
  if (count > 3) what_next = arguments[3];
  if (how == "handler" && count > 2) return handler(std::atoi(arguments[2]));
  if (how == "terminate") return terminate();
  return 64;
}
