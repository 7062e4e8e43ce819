// SPDX-License-Identifier: Apache-2.0

// A fault in the middle of a crowd: 1,000 goroutines, a hundred in each of ten states.
#include <gander/gander.h>

#include <chrono>
#include <mutex>

#include "crashes.h"

namespace crashes {
// What the crowd waits for; none of it ever comes.
struct square {
  gander::chan<int> full = gander::make_chan<int>();
  gander::chan<int> empty = gander::make_chan<int>();
  gander::chan<int> nil;
  gander::mutex mutex;
  gander::mutex bell_mutex;
  gander::condition_variable bell;
  gander::wait_group nobody;
};

static volatile bool spinning = true;

[[gnu::noinline]] static void crowd_send(square& s) { s.full.send(1); }
[[gnu::noinline]] static void crowd_recv(square& s) { (void)s.empty.recv(); }
[[gnu::noinline]] static void crowd_nil_send(square& s) { s.nil.send(1); }
[[gnu::noinline]] static void crowd_nil_recv(square& s) { (void)s.nil.recv(); }
[[gnu::noinline]] static void crowd_select(square& s) {
  gander::select(gander::on_recv(s.empty, [](auto) {}), gander::on_send(s.full, 1, [] {}));
}
[[gnu::noinline]] static void crowd_select_nothing(square&) { gander::select(); }
[[gnu::noinline]] static void crowd_sleep(square&) { gander::sleep_for(std::chrono::hours(1)); }
[[gnu::noinline]] static void crowd_lock(square& s) { std::lock_guard lock(s.mutex); }
[[gnu::noinline]] static void crowd_wait_bell(square& s) {
  std::unique_lock lock(s.bell_mutex);
  s.bell.wait(lock, [] { return false; });
}
[[gnu::noinline]] static void crowd_wait_group(square& s) { s.nobody.wait(); }
[[gnu::noinline]] static void crowd_run(square&) {
  while (spinning) {
  }
}
[[gnu::noinline]] static void crowd_fault() {
  volatile int* volatile nowhere = nullptr;
  *nowhere = 1;
}

// The mutex is held by this goroutine, which never gives it back. Those of the crowd that were not
// scheduled yet would show as runnable, so the fault comes after a while: nobody can ask whether
// another one waits.
void crowd() {
  static square s;  // outlives this frame, for the goroutines never end
  s.mutex.lock();
  s.nobody.add(1);
  static constexpr void (*states[])(square&) = {
      crowd_send,   crowd_recv,           crowd_nil_send, crowd_nil_recv, crowd_wait_bell,
      crowd_select, crowd_select_nothing, crowd_sleep,    crowd_lock,     crowd_wait_group};
  for (auto* wait : states)
    for (int i = 0; i < 100; ++i) gander::go([wait] { wait(s); });
  gander::sleep_for(std::chrono::milliseconds(100));
  gander::go([] { crowd_run(s); });
  gander::sleep_for(std::chrono::milliseconds(50));
  crowd_fault();
}

}  // namespace crashes
