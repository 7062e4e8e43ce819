// SPDX-License-Identifier: Apache-2.0
//
// Faults of goroutines with debug::set_panic_on_fault(), by name. Compiled with
// gander::fault_exceptions. Those that live on print a line for all that they saw; the others die.
#include <fcntl.h>
#include <gander/gander.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cfenv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <string_view>
#include <thread>

#include "processor.h"

namespace {

using gander::fault_error;
using gander::run;
using gander::debug::set_panic_on_fault;

// Weak: callers must not know what these do. And no sanitizer may speak of the fault first.
#define GANDER_OPAQUE(type, name, ...) \
  type name(__VA_ARGS__);              \
  __attribute__((weak, noinline, no_sanitize("undefined"))) type name(__VA_ARGS__)

int* volatile nobody = nullptr;
void (*volatile no_function)() = nullptr;
volatile int zero = 0;

void stay() { asm volatile(""); }

}  // namespace

namespace faults {

GANDER_OPAQUE(int, read_here, const int* from) { return *from; }
GANDER_OPAQUE(int, read_nowhere) { return gander::processor::read_at_no_address(); }
GANDER_OPAQUE(void, write_here, int* to) { *to = 1; }
GANDER_OPAQUE(int, divide_here, int by) { return 7 / by; }
// The x87 unit, where 386 does both, tells at its next instruction, and would once more.
GANDER_OPAQUE(double, divide_floats_here, double by) { return 1 / by + 1; }
GANDER_OPAQUE(long double, divide_long_here, long double by) { return 1 / by + 1; }
GANDER_OPAQUE(void, jump_here, void (*to)()) {
  to();
  stay();
}

GANDER_OPAQUE(void, calls_read_here, int* from) {
  read_here(from);
  stay();
}

GANDER_OPAQUE(int, recurse, volatile int* depth) {
  volatile char frame[256];
  frame[*depth % 256] = 1;
  *depth = *depth + 1;
  if (*depth < 0) return 0;
  return recurse(depth) + frame[0];
}

}  // namespace faults

namespace {

using namespace faults;

int* wild() { return reinterpret_cast<int*>(gander::processor::wild_address); }

struct tells_end {
  const char* name;
  ~tells_end() { std::printf("~%s", name); }
};

// A page of a file that ends before it.
int* behind_the_end() {
  char path[] = "/tmp/gander_faults_XXXXXX";
  const int fd = ::mkstemp(path);
  ::unlink(path);
  void* const page = ::mmap(nullptr, 4096, PROT_READ, MAP_SHARED, fd, 0);
  ::close(fd);
  return static_cast<int*>(page);
}

void tell(const char* name, const fault_error& e, const void* address) {
  std::printf("%s: signal %d, code %d, %s, %s\n", name, e.signal_number(), e.signal_code(),
              e.what(), e.address() == address ? "address as expected" : "another address");
}

template <typename F>
void expect_fault(const char* name, const void* address, F fault) {
  try {
    fault();
    std::printf("%s: no fault\n", name);
  } catch (const fault_error& e) {
    tell(name, e, address);
  }
}

template <typename F>
int dies_in_spite(F fault) {
  return run([fault] {
    set_panic_on_fault(true);
    try {
      fault();
      std::puts("no fault");
    } catch (...) {
      std::puts("caught");
    }
  });
}

// --- that are caught

// As it has to be wherever a function is called.
bool x87_is_empty() {
  unsigned environment[7] = {};
  asm volatile("fnstenv %0\n\tfldenv %0" : "+m"(environment));
  return (environment[2] & 0xffff) == 0xffff;
}

int kinds() {
  return run([] {
    set_panic_on_fault(true);
    expect_fault("null", nullptr, [] { read_here(nobody); });
    expect_fault("member", nobody + 4, [] { read_here(nobody + 4); });
    expect_fault("write", nullptr, [] { write_here(nobody); });
    expect_fault("wild", wild(), [] { read_here(wild()); });
    expect_fault("impossible", nullptr, [] { read_nowhere(); });
    expect_fault("call", nullptr, [] { jump_here(no_function); });
    int* const behind = behind_the_end();
    expect_fault("bus", behind, [&] { read_here(behind); });
    try {
      divide_here(zero);
    } catch (const fault_error& e) {
      tell("divide", e, e.pc());
    }
    feenableexcept(FE_DIVBYZERO);
    for (const bool is_long : {false, true}) {
      try {
        is_long ? static_cast<void>(divide_long_here(zero))
                : static_cast<void>(divide_floats_here(zero));
        std::puts("no fault");
      } catch (const gander::panic_error& e) {
        std::printf("%s: %s\n", is_long ? "x87" : "float", e.what());
      }
    }
    gander::yield();
    std::printf("x87 is empty: %d\n", x87_is_empty());
  });
}

// In the frame of the fault.
int same_frame() {
  return run([] {
    set_panic_on_fault(true);
    const tells_end outer{"outer\n"};
    try {
      const tells_end inner{"inner "};
      int local = 5;
      asm volatile("" : "+r"(local));
      const int* const from = nobody;
      local += *from;
      std::printf("no fault: %d\n", local);
    } catch (const fault_error& e) {
      tell("caught", e, nullptr);
    }
  });
}

[[gnu::noinline]] void through_destructors(int depth) {
  const tells_end here{depth == 0 ? "innermost " : "outer "};
  if (depth == 0)
    read_here(nobody);
  else
    through_destructors(depth - 1);
  stay();
}
int destructors() {
  return run([] {
    set_panic_on_fault(true);
    for (int i = 0; i < 2; ++i) {
      try {
        through_destructors(2);
      } catch (const std::exception& e) {
        std::printf("%s, %d\n", e.what(), std::uncaught_exceptions());
      }
    }
  });
}

// What the callers of the code keep in registers is still there.
[[gnu::noinline]] long sums_around_a_fault(long a, long b, long c, long d, long e) {
  const long products[] = {a * 3, b * 5, c * 7, d * 11};
  try {
    read_here(nobody);
  } catch (const fault_error&) {
    return a + b + c + d + e + products[0] + products[1] + products[2] + products[3];
  }
  return 0;
}
int registers() {
  return run([] {
    set_panic_on_fault(true);
    bool same = true;
    for (long i = 1; i < 1000; ++i)
      same &= sums_around_a_fault(i, 2 * i, 3 * i, 4 * i, 5 * i) ==
              15 * i + 3 * i + 10 * i + 21 * i + 44 * i;
    std::printf("same: %d\n", same);
  });
}

// With destructors that park while the exception is in flight, on several threads.
[[gnu::noinline]] void fault_over_a_yield(int round) {
  struct yields {
    ~yields() {
      for (int i = 0; i < 3; ++i) gander::yield();
    }
  };
  const yields first;
  gander::yield();
  const yields second;
  read_here(nobody + round);
  stay();
}
int yields() {
  return run({.gomaxprocs = 4}, [] {
    constexpr int crowd = 100;
    constexpr int rounds = 50;
    std::atomic<int> caught{0};
    std::atomic<int> wrong{0};
    gander::wait_group all;
    for (int i = 0; i < crowd; ++i)
      all.go([&] {
        set_panic_on_fault(true);
        for (int round = 1; round <= rounds; ++round) {
          try {
            fault_over_a_yield(round);
          } catch (const fault_error& e) {
            gander::yield();
            wrong += e.address() != nobody + round;
            ++caught;
          }
        }
      });
    all.wait();
    std::printf("caught=%d\nwrong=%d\nall=%d\n", caught.load(), wrong.load(), crowd * rounds);
  });
}

// --- the setting

int setting() {
  return run([] {
    std::printf("%d", set_panic_on_fault(true));
    std::printf(" %d", set_panic_on_fault(true));
    gander::spawn([] { std::printf(" other:%d", set_panic_on_fault(true)); }).join();
    gander::spawn([] { std::printf(" next:%d", set_panic_on_fault(false)); }).join();
    std::printf(" %d", set_panic_on_fault(false));
    std::printf(" %d", set_panic_on_fault(false));
    std::thread([] {
      std::printf(" thread:%d", set_panic_on_fault(true));
      std::printf(" %d\n", set_panic_on_fault(true));
    }).join();
  });
}

int off() {
  return run([] {
    try {
      read_here(nobody);
    } catch (...) {
      std::puts("caught");
    }
  });
}

int off_again() {
  return run([] {
    set_panic_on_fault(true);
    set_panic_on_fault(false);
    try {
      read_here(nobody);
    } catch (...) {
      std::puts("caught");
    }
  });
}

int of_another() {
  return run([] {
    set_panic_on_fault(true);
    gander::spawn([] {
      try {
        read_here(nobody);
      } catch (...) {
        std::puts("caught");
      }
    }).join();
  });
}

int on_a_thread() {
  return run([] {
    set_panic_on_fault(true);
    std::thread([] {
      set_panic_on_fault(true);
      try {
        read_here(nobody);
      } catch (...) {
        std::puts("caught");
      }
    }).join();
  });
}

// --- that are not

int uncaught() {
  return run([] {
    set_panic_on_fault(true);
    calls_read_here(nobody + 4);
  });
}

int uncaught_wild() {
  return run([] {
    set_panic_on_fault(true);
    gander::go([] {
      set_panic_on_fault(true);
      calls_read_here(wild());
    });
    gander::select();
  });
}

int uncaught_divide() {
  return run([] {
    set_panic_on_fault(true);
    divide_here(zero);
  });
}

int uncaught_call() {
  return run([] {
    set_panic_on_fault(true);
    jump_here(no_function);
  });
}

// The frames of the fault are gone when the exception gets to where it must not leave. (One more
// stands between: compilers leave out destructors that end in terminate.)
[[gnu::noinline]] void let_nothing_out() noexcept {
  through_destructors(1);
  stay();
}
int second_phase() { return dies_in_spite(let_nothing_out); }

int rethrown() {
  return run([] {
    set_panic_on_fault(true);
    try {
      calls_read_here(nobody);
    } catch (...) {
      std::puts("rethrown");
      throw;
    }
  });
}

// No row of unwinding tables knows the code: `mov (%rdi), %eax; ret`.
int without_tables() {
  return run([] {
    set_panic_on_fault(true);
    constexpr auto& code = gander::processor::code_of_read;
    void* const page =
        ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    std::memcpy(page, code, sizeof code);
    ::mprotect(page, 4096, PROT_READ | PROT_EXEC);
    try {
      reinterpret_cast<int (*)(int*)>(page)(nobody);
    } catch (...) {
      std::puts("caught");
    }
  });
}

// --- that must not be thrown

std::atomic<bool> spins{false};
volatile unsigned long turns = 0;
int sent() {
  return dies_in_spite([] {
    std::thread([tid = ::gettid()] {
      while (!spins) ::sched_yield();
      ::syscall(SYS_tgkill, ::getpid(), tid, SIGSEGV);
    }).detach();
    spins = true;
    for (;;) turns = turns + 1;
  });
}

int overflow() {
  return dies_in_spite([] {
    volatile int depth = 0;
    recurse(&depth);
  });
}

std::size_t (*volatile length)(const char*) = std::strlen;
int in_libc() {
  return dies_in_spite([] { length(reinterpret_cast<const char*>(nobody)); });
}

// A channel's own code, where it holds its lock, reads what is no waiter.
int in_the_runtime() {
  return dies_in_spite([] {
    alignas(16) unsigned char bytes[sizeof(gander::chan<int>)] = {};
    const void* const address = wild();
    std::memcpy(bytes, &address, sizeof address);
    reinterpret_cast<gander::chan<int>*>(bytes)->send(1);
  });
}

constexpr struct {
  std::string_view name;
  int (*program)();
} programs[] = {
    {"kinds", kinds},
    {"same_frame", same_frame},
    {"destructors", destructors},
    {"registers", registers},
    {"yields", yields},
    {"setting", setting},
    {"off", off},
    {"off_again", off_again},
    {"of_another", of_another},
    {"on_a_thread", on_a_thread},
    {"uncaught", uncaught},
    {"uncaught_wild", uncaught_wild},
    {"uncaught_divide", uncaught_divide},
    {"uncaught_call", uncaught_call},
    {"second_phase", second_phase},
    {"rethrown", rethrown},
    {"without_tables", without_tables},
    {"sent", sent},
    {"overflow", overflow},
    {"in_libc", in_libc},
    {"in_the_runtime", in_the_runtime},
};

}  // namespace

int main(int count, char** arguments) {
  if (count == 2)
    for (const auto& p : programs)
      if (p.name == arguments[1]) {
        const int status = p.program();
        std::fflush(stdout);
        return status;
      }
  std::fputs("usage: faults NAME\n", stderr);
  return 64;
}
