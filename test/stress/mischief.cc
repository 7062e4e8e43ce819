// SPDX-License-Identifier: Apache-2.0
#include "stress/mischief.h"

#include <gander/debug.h>
#include <gander/errno.h>
#include <gander/panic.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <stdexcept>
#include <string>
#include <thread>

namespace gander::stress {
namespace {

void compute(dice& d) {
  volatile std::uint64_t sink = 0;
  const std::size_t steps = d.below(d.one_in(50) ? 2'000'000 : 5'000);
  for (std::size_t i = 0; i < steps; ++i) sink = sink + i;
}

// A byte comes through a pipe of the system, written by a thread that nobody schedules.
void block_in_read(dice& d) {
  int ends[2];
  if (::pipe(ends) != 0) fail("no pipe");
  const auto delay = static_cast<useconds_t>(d.below(2000));
  std::thread writer([fd = ends[1], delay] {
    ::usleep(delay);
    if (::write(fd, "x", 1) != 1) fail("write");
  });
  char byte = 0;
  while (::read(ends[0], &byte, 1) != 1)
    if (errno != EINTR) fail("read");
  writer.join();
  ::close(ends[0]);
  ::close(ends[1]);
}

void stay_on_thread(worker& w) {
  if (w.plain_thread) return;
  const pin_thread pinned;
  const pid_t before = ::gettid();
  for (std::size_t i = w.d.below(5); i > 0; --i) {
    if (w.d.one_in(3)) ::usleep(static_cast<useconds_t>(w.d.below(200)));
    yield();
    if (::gettid() != before) fail("a locked goroutine has changed its thread");
  }
}

int family(dice d, int depth) {
  if (depth == 0) {
    if (d.one_in(4)) throw std::runtime_error("a leaf fell");
    yield();
    return 1;
  }
  auto left = spawn([child = d.fork(), depth] { return family(child, depth - 1); });
  auto right = spawn([child = d.fork(), depth] { return family(child, depth - 1); });
  const int sum = left.join();
  return d.one_in(5) ? sum : sum + right.join();  // a handle may also be dropped
}

void raise_a_family(worker& w) {
  try {
    family(w.d.fork(), static_cast<int>(w.d.below(4)));
  } catch (const std::runtime_error&) {
    yield();  // parks inside a handler, with an exception in flight
  }
}

void panic_and_recover(worker& w) {
  const int mark = static_cast<int>(w.d.below(1000));
  try {
    try {
      panic("stress " + std::to_string(mark));
    } catch (...) {
      yield();
      errno = mark;
      yield();
      if (errno != mark) fail("errno has become that of another goroutine");
      throw;
    }
  } catch (const panic_error& e) {
    if (std::string(e.what()).find(std::to_string(mark)) == std::string::npos)
      fail("an exception has become that of another goroutine");
  }
}

// --- bystanders

struct town {
  mutex lock;
  std::uint64_t under_lock[2] = {};
  shared_mutex shared;
  std::uint64_t under_shared[2] = {};
  semaphore permits{3};
  std::atomic<int> permits_used{0};
  mutex baton_lock;
  condition_variable baton_passed;
  std::size_t baton = 0;
};

void take_turns_with_locks(town& t, worker& w) {
  for (std::size_t i = 20 + w.d.below(100); i > 0; --i) {
    switch (w.d.below(4)) {
      case 0: {
        const std::lock_guard held(t.lock);
        ++t.under_lock[0];
        if (w.d.one_in(10)) mischief(w);
        ++t.under_lock[1];
        break;
      }
      case 1: {
        const std::lock_guard held(t.shared);
        ++t.under_shared[0];
        if (w.d.one_in(10)) yield();
        ++t.under_shared[1];
        break;
      }
      case 2: {
        const std::shared_lock held(t.shared);
        if (t.under_shared[0] != t.under_shared[1]) fail("a reader has met a writer");
        if (w.d.one_in(10)) yield();
        break;
      }
      default: {
        if (w.d.one_in(2))
          t.permits.acquire();
        else if (!t.permits.try_acquire_for(std::chrono::microseconds(w.d.below(500))))
          break;
        if (++t.permits_used > 3) fail("more permits than there are");
        if (w.d.one_in(5)) mischief(w);
        --t.permits_used;
        t.permits.release();
      }
    }
    tick();
  }
  const std::lock_guard held(t.lock);
  if (t.under_lock[0] != t.under_lock[1]) fail("two have held a mutex");
}

void pass_baton(town& t, worker& w, std::size_t self, std::size_t runners, std::size_t laps) {
  for (std::size_t lap = 0; lap < laps; ++lap) {
    std::unique_lock held(t.baton_lock);
    const auto mine = [&] { return t.baton % runners == self; };
    if (w.d.one_in(2))
      t.baton_passed.wait(held, mine);
    else
      while (!t.baton_passed.wait_for(held, std::chrono::microseconds(w.d.below(800)), mine))
        tick();
    ++t.baton;
    t.baton_passed.notify_all();
    tick();
  }
}

void change_procs(worker& w) {
  for (std::size_t i = 3 + w.d.below(20); i > 0; --i) {
    constexpr std::size_t most = 8;
    gomaxprocs(static_cast<int>(1 + w.d.below(most)));
    mischief(w);
    tick();
  }
}

}  // namespace

void mischief(worker& w) {
  switch (w.d.below(40)) {
    case 0:
      ::usleep(static_cast<useconds_t>(w.d.below(1000)));
      return;
    case 1:
      return block_in_read(w.d);
    case 2:
    case 3:
      return stay_on_thread(w);
    case 4:
      return raise_a_family(w);
    case 5:
    case 6:
      return panic_and_recover(w);
    case 7:
      if (w.d.one_in(20) && debug::stack(true).find("goroutine ") == std::string::npos)
        fail("no stacks");
      return;
    case 8:
    case 9:
    case 10:
      return compute(w.d);
    case 11:
      if (!w.plain_thread) blocking([&] { ::usleep(static_cast<useconds_t>(w.d.below(200))); });
      return;
    default:
      if (w.d.one_in(3)) yield();
  }
}

void start_bystanders(crew& c, dice& d) {
  const auto t = std::make_shared<town>();
  for (std::size_t i = d.below(8); i > 0; --i)
    c.start(d, [t](worker& w) { take_turns_with_locks(*t, w); });
  const std::size_t runners = d.below(5);
  const std::size_t laps = d.below(30);
  for (std::size_t i = 0; i < runners; ++i)
    c.start(d, [=](worker& w) { pass_baton(*t, w, i, runners, laps); });
  for (std::size_t i = d.below(3); i > 0; --i) c.start(d, [](worker& w) { change_procs(w); });
  for (std::size_t i = d.below(4); i > 0; --i) {
    c.start(d, [](worker& w) {
      for (std::size_t acts = w.d.below(30); acts > 0; --acts) mischief(w);
      if (!w.plain_thread) goexit();
    });
  }
  // Ends bound: its thread ends with it.
  if (d.one_in(3))
    c.start(d, [](worker& w) {
      if (!w.plain_thread) lock_os_thread();
      mischief(w);
    });
}

}  // namespace gander::stress
