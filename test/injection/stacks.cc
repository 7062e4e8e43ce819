// SPDX-License-Identifier: Apache-2.0
//
// Stacks that are too small, or not what they were; and jumps to where there is no code.
#include <gander/gander.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "injection/injection.h"

namespace injection {
namespace {

// ---- overflows

NOINLINE int recurse(int depth) {
  volatile char frame[512];
  frame[0] = static_cast<char>(depth);
  return depth < 0 ? 0 : recurse(depth + 1) + frame[0];
}

const way_to_die goroutine_overflow("overflow_goroutine", [] {
  gander::go([] { recurse(1); });
  gander::make_chan<int>().recv();
});
const way_to_die main_overflow("overflow_main_goroutine", [] { recurse(1); });
const way_to_die thread_overflow("overflow_thread", [] {
  start_thread([] { recurse(1); });
  gander::make_chan<int>().recv();
});

// The scheduler's stack: a handler that runs there, on a thread without work.
void on_usr1(int) { recurse(1); }
const way_to_die scheduler_overflow("overflow_scheduler", [] {
  struct sigaction action = {};
  action.sa_handler = on_usr1;  // not SA_ONSTACK
  ::sigaction(SIGUSR1, &action, nullptr);
  // Work that wakes a second thread, which is idle afterwards.
  gander::wait_group all;
  for (int i = 0; i < 100; ++i) all.go([] { gander::yield(); });
  all.wait();
  const pid_t self = static_cast<pid_t>(::syscall(SYS_gettid));  // it may be another one by now
  for (;;)
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/task")) {
      const pid_t tid = std::stoi(entry.path().filename());
      std::ifstream comm(entry.path() / "comm");
      std::string name;
      std::getline(comm, name);
      std::ifstream call(entry.path() / "syscall");
      std::string number;
      call >> number;
      if (tid == self || name != "gander" || number != std::to_string(SYS_futex)) continue;
      ::syscall(SYS_tgkill, ::getpid(), tid, SIGUSR1);
      for (;;) ::pause();
    }
});

// ---- jumps

NOINLINE void jump_to(std::uintptr_t where) {
  void (*volatile code)() = reinterpret_cast<void (*)()>(where);
  code();
  asm volatile("");
}
const way_to_die jump_null("jump_null", [] { jump_to(0); });
const way_to_die jump_unmapped("jump_unmapped", [] { jump_to(0x12345678); });
const way_to_die jump_data("jump_data", [] {
  static int data[64];
  jump_to(reinterpret_cast<std::uintptr_t>(data));
});
const way_to_die jump_impossible("jump_impossible",
                                 [] { jump_to(static_cast<std::uintptr_t>(0x8081828384858687)); });

// ---- frames overwritten

NOINLINE void smash_own_frame() {
  auto** const frame = static_cast<void**>(__builtin_frame_address(0));
  for (int i = 0; i < 2; ++i) const_cast<void* volatile*>(frame)[i] = reinterpret_cast<void*>(0x41);
}
const way_to_die smashed_return("smashed_return_address", smash_own_frame);

NOINLINE void smash_frames_above() {
  auto** const frame = static_cast<void**>(__builtin_frame_address(0));
  for (std::uintptr_t i = 0; i < 12; ++i)
    const_cast<void* volatile*>(frame)[i] =
        reinterpret_cast<void*>(std::uintptr_t{0x4141} * (i + 1));
  touch_null();
}
NOINLINE void calls_smash_frames() {
  [[maybe_unused]] volatile char room[512];
  room[0] = 1;
  smash_frames_above();
  room[1] = 1;
}
const way_to_die smashed_frames("smashed_frames", calls_smash_frames);

// A goroutine that waits, from its innermost frames up to its end.
std::atomic<char*> victims_frame{nullptr};
NOINLINE void victim() {
  volatile char here[64];
  here[0] = 1;
  victims_frame = const_cast<char*>(here);
  gander::make_chan<int>().recv();
  here[1] = 1;
}
void smash_victim(std::size_t below, std::size_t above) {
  gander::go(victim);
  gander::testing::await_waiting(2, "chan receive");  // and the bystander
  char* const at = victims_frame;
  std::memset(at - below, 0x41, below + above);
  touch_null();
}
const way_to_die smashed_parked("smashed_parked_stack", [] { smash_victim(1024, 64); });
const way_to_die smashed_whole("smashed_parked_goroutine", [] {
  gander::go(victim);
  gander::testing::await_waiting(2, "chan receive");  // and the bystander
  // Up to the end of its slot, where its G is.
  const auto slot_end = (reinterpret_cast<std::uintptr_t>(victims_frame.load()) | 0xfff) + 1;
  std::memset(victims_frame - 512, 0x41,
              slot_end - reinterpret_cast<std::uintptr_t>(victims_frame.load()) + 512);
  touch_null();
});

}  // namespace
}  // namespace injection
