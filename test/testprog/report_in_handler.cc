// SPDX-License-Identifier: Apache-2.0
//
// report_in_handler WORK STACK: threads work while a storm of signals has their handlers call
// debug::write_report. WORK: gander (channels, locks, timers, new goroutines), malloc, report
// (debug::write_report and debug::stack themselves), nested (one signal, in the midst of a report
// of the same thread), or bare (a thread that has never called the library, before any run). STACK:
// the handlers' own, or that of what they interrupt (theirs). Reports go to stdout; on stderr: how
// many were written in handlers, and how many refused. `misuse` calls something else in a handler.
#include <fcntl.h>
#include <gander/gander.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;

constexpr int wanted = 100;

std::atomic<bool> over{false};
std::atomic<int> handled{0};
std::atomic<int> written{0};
std::atomic<int> refused{0};

void on_signal(int) {
  ++(gander::debug::write_report(STDOUT_FILENO) ? written : refused);
  ++handled;
}

void handle(int number, void (*handler)(int), std::string_view stack) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART | (stack == "own" ? SA_ONSTACK : 0);
  ::sigaction(number, &action, nullptr);
}

std::vector<int> threads() {
  std::vector<int> all;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task"))
    all.push_back(std::atoi(task.path().filename().c_str()));
  return all;
}

// One signal after the other to each thread but its own, until enough have been handled.
void storm() {
  const int self = static_cast<int>(::syscall(SYS_gettid));
  while (handled < wanted)
    for (const int tid : threads()) {
      if (tid != self) ::syscall(SYS_tgkill, ::getpid(), tid, SIGUSR1);
      std::this_thread::sleep_for(500us);
    }
  over = true;
}

void call_gander() {
  gander::mutex m;
  const auto c = gander::make_chan<int>(2);
  gander::wait_group all;
  for (int i = 0; i < 4; ++i)
    all.go([&, i] {
      while (!over) {
        if (c.try_send(i)) static_cast<void>(c.recv());
        const std::lock_guard<gander::mutex> held(m);
        gander::yield();
        static_cast<void>(gander::make_chan<int>().recv_for(10us));
        gander::go([] { gander::yield(); });
      }
    });
  all.wait();
}

void allocate() {
  std::vector<std::thread> all;
  for (int i = 0; i < 2; ++i)
    all.emplace_back([] {
      for (std::size_t n = 1; !over; n = n * 5 % 5003) {
        void* volatile block = std::malloc(n * 16);
        std::free(block);
      }
    });
  for (auto& t : all) t.join();
}

void report() {
  gander::wait_group all;
  for (int i = 0; i < 2; ++i)
    all.go([] {
      while (!over) {
        gander::debug::write_report(STDOUT_FILENO);
        static_cast<void>(gander::debug::stack(true));
      }
    });
  all.wait();
}

// The reader of a pipe that is too small for a report interrupts its writer, and reads on when the
// handler is through.
void nested() {
  for (int i = 0; i < 60; ++i) gander::go([] { gander::make_chan<void>().recv(); });
  gander::yield();
  const gander::pin_thread here;
  const int writer = static_cast<int>(::syscall(SYS_gettid));
  int ends[2];
  if (::pipe(ends) != 0) ::_exit(1);
  ::fcntl(ends[1], F_SETPIPE_SZ, 4096);
  std::thread reader([&] {
    char text[4096];
    for (ssize_t n; (n = ::read(ends[0], text, sizeof text)) > 0;) {
      [[maybe_unused]] auto shown = ::write(STDOUT_FILENO, text, static_cast<std::size_t>(n));
      if (handled != 0) continue;
      ::syscall(SYS_tgkill, ::getpid(), writer, SIGUSR1);
      while (handled == 0) std::this_thread::sleep_for(1ms);
    }
  });
  gander::debug::write_report(ends[1]);
  ::close(ends[1]);
  reader.join();
}

int bare(std::string_view stack) {
  handle(SIGUSR1, on_signal, stack);
  ::raise(SIGUSR1);
  std::fprintf(stderr, "written=%d\n", written.load());
  return 0;
}

int misuse() {
  return gander::run([] {
    handle(
        SIGUSR1, [](int) { gander::yield(); }, "own");
    ::raise(SIGUSR1);
    return 5;
  });
}

}  // namespace

int main(int count, char** arguments) {
  if (count == 2 && arguments[1] == std::string_view("misuse")) return misuse();
  if (count != 3) return 64;
  const std::string_view work = arguments[1];
  if (work == "bare") return bare(arguments[2]);
  return gander::run([&] {
    handle(SIGUSR1, on_signal, arguments[2]);
    if (work == "nested") {
      nested();
    } else {
      std::thread storming(storm);
      if (work == "gander") call_gander();
      if (work == "malloc") allocate();
      if (work == "report") report();
      storming.join();
    }
    std::fprintf(stderr, "written=%d\nrefused=%d\n", written.load(), refused.load());
  });
}
