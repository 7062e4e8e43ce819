// SPDX-License-Identifier: Apache-2.0
//
// Calls of the runtime from where programs rarely call from, by name. Each ends with status 0 when
// all went well.
#include <gander/gander.h>
#include <pthread.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <memory>
#include <string_view>
#include <thread>

#include "support/forbid.h"

namespace {

using gander::run;
using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

void expect(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "not so: %s\n", what);
  std::_Exit(1);
}

// All kinds of calls that work on plain threads.
void use_the_runtime() {
  const auto c = gander::make_chan<int>(1);
  c.send(4);
  expect(c.recv() == 4, "received what was sent");
  gander::mutex m;
  m.lock();
  m.unlock();
  gander::yield();
  expect(!c.recv_for(1ms).has_value(), "nothing came");
  gander::sleep_for(1ms);
  std::thread([&] { c.send(5); }).join();
  expect(c.try_recv() == 5, "received from a thread");
}

// --- ends of threads ---------------------------------------------------------------------------

std::atomic<int> ends{0};

void at_the_end_of_a_thread() {
  use_the_runtime();
  ++ends;
}

template <typename Mark>
int at_ends_of_threads(Mark mark) {
  constexpr int each = 20;
  run({.gomaxprocs = 2}, [=] {
    for (int i = 0; i < each; ++i) {
      std::thread([=] {
        mark();
        use_the_runtime();
      }).join();
      std::thread(mark).join();  // its first call comes at its end
      gander::spawn([=] {
        mark();
        gander::lock_os_thread();  // the thread ends with the goroutine
      }).join();
    }
    while (ends < 3 * each) gander::sleep_for(1ms);
  });
  use_the_runtime();
  return 0;
}

int in_destructors_of_keys() {
  static pthread_key_t key;
  expect(::pthread_key_create(&key, [](void*) { at_the_end_of_a_thread(); }) == 0, "a key");
  return at_ends_of_threads([] { ::pthread_setspecific(key, &key); });
}

struct ends_with_thread {
  bool marked = false;
  ~ends_with_thread() {
    if (marked) at_the_end_of_a_thread();
  }
};

int in_destructors_of_thread_locals() {
  return at_ends_of_threads([] {
    thread_local ends_with_thread here;
    here.marked = true;
  });
}

// --- the end of the process --------------------------------------------------------------------

int in_exit_handlers() {
  std::atexit([] {
    use_the_runtime();
    expect(run([] { return gander::spawn([] { return 3; }).join(); }) == 3, "a run at exit");
    std::puts("at exit");
  });
  static const struct uses_it_when_destroyed {
    gander::chan<int> c = gander::make_chan<int>(1);
    ~uses_it_when_destroyed() {
      use_the_runtime();
      expect(c.try_send(1), "a channel still works");
      std::puts("destroyed");
    }
  } last;
  return run([] { return gander::spawn([] { return 0; }).join(); });
}

// The handlers run on the goroutine, while all others go on. What is still held when the process
// ends has not leaked: here on their stacks, below on that of the caller of run().
int exit_on_a_goroutine() {
  std::atexit([] {
    use_the_runtime();
    std::puts("at exit");
  });
  return run({.gomaxprocs = 3}, [] {
    for (int i = 0; i < 20; ++i) {
      gander::go([] {
        for (;;) gander::yield();
      });
      gander::go([] { gander::make_chan<void>().recv(); });
      gander::go([] {
        for (;;) ::usleep(100);
      });
    }
    gander::spawn([] {
      gander::sleep_for(2ms);
      std::exit(0);
    }).join();
    return 1;
  });
}

int exit_on_the_main_goroutine() {
  const auto held = std::make_unique<int>(7);
  run([] { std::exit(0); });
  return *held;
}

// --- signals -----------------------------------------------------------------------------------

std::atomic<long> alarms{0};

void on_alarm(int) {
  errno = 77;  // as careless handlers do; no call of ours may be confused by it
  ++alarms;
}

// Thread sanitizer speaks of that.
extern "C" const char* __tsan_default_suppressions() { return "signal:on_alarm"; }

// A signal of the program's own, a thousand times a second and without SA_RESTART: no time limit
// comes early, no wakeup is lost.
int under_signals() {
  struct sigaction action {};
  action.sa_handler = on_alarm;
  ::sigaction(SIGALRM, &action, nullptr);
  timer_t timer{};
  sigevent event{};
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = SIGALRM;
  expect(::timer_create(CLOCK_MONOTONIC, &event, &timer) == 0, "a timer");
  const itimerspec every{{0, 1'000'000}, {0, 1'000'000}};
  expect(::timer_settime(timer, 0, &every, nullptr) == 0, "a timer set");
  run({.gomaxprocs = 2}, [] {
    gander::wait_group all;
    for (int i = 0; i < 10; ++i) {
      all.go([] {
        const auto never = gander::make_chan<int>();
        for (int n = 0; n < 20; ++n) {
          const auto start = clock::now();
          expect(!never.recv_for(10ms).has_value(), "nobody sends");
          expect(clock::now() - start >= 10ms, "a time limit holds");
          gander::sleep_for(5ms);
          expect(clock::now() - start >= 15ms, "a sleep is as long as asked for");
        }
      });
      const auto c = gander::make_chan<int>();
      all.go([c] {
        for (int n = 0; n < 2000; ++n) c.send(n);
      });
      all.go([c] {
        for (int n = 0; n < 2000; ++n) expect(c.recv() == n, "all arrives in order");
      });
    }
    all.wait();
    std::thread([] {
      const auto start = clock::now();
      gander::sleep_for(50ms);
      expect(clock::now() - start >= 50ms, "a thread's sleep is as long as asked for");
    }).join();
  });
  expect(alarms > 20, "there were signals");
  return 0;
}

// --- children that share our memory ------------------------------------------------------------

// The handlers of the crash layer are the child's, too.
int a_vforked_child_crashes() {
  return run({.gomaxprocs = 2}, [] {
    for (int i = 0; i < 10; ++i) {
      const pid_t child = ::vfork();
      if (child == 0) {
        static int* volatile nowhere = nullptr;
        *nowhere = 1;
        ::_exit(3);
      }
      expect(child > 0, "a child");
      int status = 0;
      expect(::waitpid(child, &status, 0) == child, "the child's end");
      expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV, "the child died by SIGSEGV");
      use_the_runtime();
    }
    return 0;
  });
}

int many_spawned_programs() {
  return run({.gomaxprocs = 2}, [] {
    gander::wait_group all;
    for (int i = 0; i < 8; ++i)
      all.go([] {
        for (int n = 0; n < 5; ++n) {
          const char* const words[] = {"true", nullptr};
          pid_t child = 0;
          expect(::posix_spawn(&child, "/bin/true", nullptr, nullptr,
                               const_cast<char* const*>(words), environ) == 0,
                 "a program starts");
          int status = 1;
          expect(::waitpid(child, &status, 0) == child && status == 0, "and ends well");
          gander::yield();
        }
      });
    all.wait();
    return 0;
  });
}

// --- what there is not enough of ---------------------------------------------------------------

// Prints whether all of a few hundred goroutines could run. On a plain thread bad_alloc comes out
// of run(), on a goroutine out of go().
int small_address_space() {
  try {
    return run([] {
      const auto c = gander::make_chan<int>();
      constexpr int count = 300;
      int started = 0;
      try {
        for (; started < count; ++started) gander::go([=] { c.send(started); });
      } catch (const std::bad_alloc&) {
      }
      long sum = 0;
      for (int i = 0; i < started; ++i) sum += *c.recv();
      expect(sum == long{started} * (started - 1) / 2, "all arrived");
      std::printf("works=%d\n", started == count);
      return 0;
    });
  } catch (const std::bad_alloc&) {
    std::puts("works=0");
    return 0;
  }
}

int one_goroutine_too_many_for_the_address_space() {
  return run([] {
    const auto never = gander::make_chan<void>();
    long started = 0;
    try {
      for (;; ++started) gander::go([=] { never.recv(); });
    } catch (const std::bad_alloc&) {
    }
    std::printf("started=%ld\n", started);
    gander::sleep_for(1ms);
    return 0;
  });
}

void forbid_threads() {
  const gander::testing::forbidden_call calls[] = {{SYS_clone, EAGAIN}, {SYS_clone3, EAGAIN}};
  expect(gander::testing::forbid(calls, /*all_threads=*/true), "threads can be forbidden");
}

// As many threads as there are at this moment, each blocked for a while in turn: work goes on on
// the others, and when all are blocked, afterwards.
int no_more_threads() {
  return run({.gomaxprocs = 2}, [] {
    static std::atomic<long> turns{0};  // those who count it go on when this function has returned
    for (int i = 0; i < 4; ++i)
      gander::go([] {
        for (;; ++turns) gander::yield();
      });
    gander::sleep_for(5ms);
    forbid_threads();
    bool refused = false;
    try {
      std::thread([] {}).join();
    } catch (const std::system_error&) {
      refused = true;
    }
    expect(refused, "there are no more threads");
    gander::wait_group all;
    for (int i = 0; i < 20; ++i)
      all.go([&] {
        for (int n = 0; n < 5; ++n) {
          ::usleep(10'000);
          gander::sleep_for(1ms);
        }
      });
    all.wait();
    const long before = turns;
    while (turns < before + 100) gander::yield();
    return 0;
  });
}

// Not even one, but that of run() itself and sysmon's.
int no_threads_at_all() {
  run([] {});  // starts sysmon's
  forbid_threads();
  return run({.gomaxprocs = 2}, [] {
    const auto c = gander::make_chan<int>();
    gander::go([=] { c.send(6); });
    return c.recv() == 6 ? 0 : 1;
  });
}

constexpr struct {
  std::string_view name;
  int (*program)();
} places[] = {
    {"in_destructors_of_keys", in_destructors_of_keys},
    {"in_destructors_of_thread_locals", in_destructors_of_thread_locals},
    {"in_exit_handlers", in_exit_handlers},
    {"exit_on_a_goroutine", exit_on_a_goroutine},
    {"exit_on_the_main_goroutine", exit_on_the_main_goroutine},
    {"under_signals", under_signals},
    {"a_vforked_child_crashes", a_vforked_child_crashes},
    {"many_spawned_programs", many_spawned_programs},
    {"small_address_space", small_address_space},
    {"one_goroutine_too_many_for_the_address_space", one_goroutine_too_many_for_the_address_space},
    {"no_more_threads", no_more_threads},
    {"no_threads_at_all", no_threads_at_all},
};

}  // namespace

int main(int count, char** arguments) {
  if (count == 2)
    for (const auto& place : places)
      if (place.name == arguments[1]) return place.program();
  std::fputs("usage: odd_places NAME\n", stderr);
  return 64;
}
