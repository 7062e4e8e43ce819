// SPDX-License-Identifier: Apache-2.0
//
// Ways for a program to end, to hang or to go on, by name. Those that shall go on print what they
// found.
#include <gander/gander.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <stdexcept>
#include <string_view>
#include <thread>

namespace {

using gander::run;
using namespace std::chrono_literals;

void park_for_ever() { gander::make_chan<void>().recv(); }

// --- goexit and exceptions ---------------------------------------------------------------------

int goexit_swallowed() {
  return run([] {
    gander::go([] {
      try {
        gander::goexit();
      } catch (...) {
      }
    });
    park_for_ever();
  });
}

int goexit_from_main() {
  return run([] {
    gander::go([] { gander::yield(); });
    gander::goexit();
  });
}

// Those that main leaves behind go on, and one of them may end the program.
int goexit_from_main_others_go_on() {
  return run([] {
    gander::go([] {
      for (int i = 0; i < 100; ++i) gander::yield();
      std::puts("the other one");
      std::fflush(stdout);
      ::_exit(7);
    });
    gander::goexit();
  });
}

void ends_here() noexcept { gander::goexit(); }

int goexit_through_noexcept() {
  return run([] { gander::spawn(ends_here).join(); });
}

int exception_leaves_main() {
  return run([] { throw std::runtime_error("left main"); });
}

int exception_leaves_goroutine() {
  return run([] {
    gander::go([] { throw std::runtime_error("left a goroutine"); });
    park_for_ever();
  });
}

int pthread_exit_in_goroutine() {
  return run([] {
    gander::go([] { ::pthread_exit(nullptr); });
    park_for_ever();
  });
}

// --- run ---------------------------------------------------------------------------------------

int print_procs() {
  return run([] { std::printf("procs=%d\n", gander::gomaxprocs()); });
}

// Somebody reads what never comes, and holds the lock of the stream meanwhile.
int quick_exit_beside_a_reader() {
  int ends[2];
  if (::pipe(ends) != 0 || ::dup2(ends[0], STDIN_FILENO) < 0) return 1;
  std::printf("flushed");
  return run({.exit = gander::exit_mode::quick}, [] {
    std::atomic<bool> started{false};
    gander::go([&started] {
      started = true;
      std::getchar();
    });
    while (!started) gander::yield();
    std::this_thread::sleep_for(50ms);
    return 5;
  });
}

int quick_exit() {
  static const struct says_goodbye {
    ~says_goodbye() { std::puts("destructors ran"); }
  } at_exit;
  std::printf("flushed");  // no line end: only a flush shows it in a pipe
  return run({.grace = 1h, .exit = gander::exit_mode::quick}, [] {
    std::atomic<bool> started{false};
    gander::go([&started] {
      started = true;
      std::this_thread::sleep_for(1h);
    });
    while (!started) gander::yield();
    return 5;
  });
}

// --- deadlocks ---------------------------------------------------------------------------------

int all_asleep() {
  return run([] {
    for (int i = 0; i < 10; ++i) gander::go(park_for_ever);
    park_for_ever();
  });
}

int all_asleep_after_work() {
  return run([] {
    const auto c = gander::make_chan<int>();
    gander::go([c] {
      for (int i = 0; i < 1000; ++i) c.send(i);
    });
    for (;;)
      if (!c.recv()) break;
  });
}

int all_asleep_in_second_run() {
  run([] { gander::go(park_for_ever), gander::yield(); });
  return all_asleep();
}

int asleep_beside_foreign_waiter() {
  const auto c = gander::make_chan<void>();
  std::thread waiting([c] { c.recv(); });
  return run([] { park_for_ever(); });
}

int asleep_on_locked_thread() {
  return run([] {
    gander::go([] {
      gander::lock_os_thread();
      park_for_ever();
    });
    gander::lock_os_thread();
    park_for_ever();
  });
}

int asleep_beside_blocked_thread() {
  int ends[2];
  if (::pipe(ends) != 0) return 1;
  std::thread blocked([&ends] {
    char c;
    while (::read(ends[0], &c, 1) > 0) {
    }
  });
  return run([] { park_for_ever(); });
}

int asleep_beside_blocked_goroutine() {
  int ends[2];
  if (::pipe(ends) != 0) return 1;
  return run([&ends] {
    gander::go([&ends] {
      char c;
      while (::read(ends[0], &c, 1) > 0) {
      }
    });
    park_for_ever();
  });
}

int asleep_beside_sleeper() {
  return run([] {
    gander::go([] { static_cast<void>(gander::make_chan<int>().recv_for(1h)); });
    park_for_ever();
  });
}

int asleep_beside_computing_goroutine() {
  return run({.gomaxprocs = 1}, [] {
    gander::go([] {
      for (volatile bool for_ever = true; for_ever;) {
      }
    });
    park_for_ever();
  });
}

// --- fork --------------------------------------------------------------------------------------

// Exit status 0 when the child ended with 2 and the fatal text went to the common stderr.
template <typename F>
int child_ends_with_2(F in_child) {
  const pid_t child = ::fork();
  if (child == 0) {
    in_child();
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 2 ? 0 : 1;
}

int fork_and_yield() {
  return run([] { return child_ends_with_2([] { gander::yield(); }); });
}

int fork_and_go() {
  return run([] { return child_ends_with_2([] { gander::go([] {}); }); });
}

int fork_and_send() {
  const auto c = gander::make_chan<int>(1);
  return run([c] { return child_ends_with_2([c] { c.send(1); }); });
}

int fork_and_return_from_main() {
  bool in_child = false;
  const int status = run([&in_child] {
    const pid_t child = ::fork();
    in_child = child == 0;
    if (in_child) return 0;
    int child_status = 0;
    ::waitpid(child, &child_status, 0);
    return WIFEXITED(child_status) && WEXITSTATUS(child_status) == 2 ? 0 : 1;
  });
  return in_child ? 9 : status;
}

// From a thread that knows the runtime, and from one that has never called it.
int fork_on_thread_and_send() {
  const auto c = gander::make_chan<int>(4);
  return run([c] {
    int status = 1;
    std::thread([c, &status] {
      c.send(1);
      status = child_ends_with_2([c] { c.send(1); });
    }).join();
    if (status != 0) return 1;
    std::thread([c, &status] { status = child_ends_with_2([c] { c.send(1); }); }).join();
    return status;
  });
}

int fork_and_exec() {
  return run([] {
    for (int i = 0; i < 20; ++i) {
      gander::spawn([] {
        const pid_t child = ::fork();
        if (child == 0) {
          ::execl("/bin/true", "true", static_cast<char*>(nullptr));
          ::_exit(1);
        }
        int status = 0;
        ::waitpid(child, &status, 0);
        if (status != 0) ::_exit(3);
      }).join();
    }
    return 0;
  });
}

constexpr struct {
  std::string_view name;
  int (*program)();
} endings[] = {
    {"goexit_swallowed", goexit_swallowed},
    {"goexit_from_main", goexit_from_main},
    {"goexit_from_main_others_go_on", goexit_from_main_others_go_on},
    {"goexit_through_noexcept", goexit_through_noexcept},
    {"exception_leaves_main", exception_leaves_main},
    {"exception_leaves_goroutine", exception_leaves_goroutine},
    {"pthread_exit_in_goroutine", pthread_exit_in_goroutine},
    {"print_procs", print_procs},
    {"quick_exit", quick_exit},
    {"quick_exit_beside_a_reader", quick_exit_beside_a_reader},
    {"all_asleep", all_asleep},
    {"all_asleep_after_work", all_asleep_after_work},
    {"all_asleep_in_second_run", all_asleep_in_second_run},
    {"asleep_beside_foreign_waiter", asleep_beside_foreign_waiter},
    {"asleep_on_locked_thread", asleep_on_locked_thread},
    {"asleep_beside_blocked_thread", asleep_beside_blocked_thread},
    {"asleep_beside_blocked_goroutine", asleep_beside_blocked_goroutine},
    {"asleep_beside_sleeper", asleep_beside_sleeper},
    {"asleep_beside_computing_goroutine", asleep_beside_computing_goroutine},
    {"fork_and_yield", fork_and_yield},
    {"fork_and_go", fork_and_go},
    {"fork_and_send", fork_and_send},
    {"fork_and_return_from_main", fork_and_return_from_main},
    {"fork_on_thread_and_send", fork_on_thread_and_send},
    {"fork_and_exec", fork_and_exec},
};

}  // namespace

int main(int count, char** arguments) {
  if (count == 2)
    for (const auto& ending : endings)
      if (ending.name == arguments[1]) return ending.program();
  std::fputs("usage: endings NAME\n", stderr);
  return 64;
}
