// SPDX-License-Identifier: Apache-2.0
//
// What goroutines, and the functions that call others, must refuse: as chan.cc.
#include <gander/gander.h>

#include <chrono>
#include <mutex>

using namespace std::chrono_literals;

struct not_callable {};

void use() {
  gander::wait_group group;
  gander::task_group tasks;
  gander::once once;
  gander::condition_variable changed;
  gander::mutex m;
  std::unique_lock held(m);
  void (*takes_int)(int) = nullptr;
  void (*takes_reference)(int&) = nullptr;
#if CASE == 0
  gander::go(takes_int, 1);
  gander::spawn(takes_int, 1).join();
  group.go([] {});
  tasks.go([](const gander::context&) {});
  once.call(takes_int, 1);
  changed.wait(held, [] { return true; });
  gander::timer::after_func(1s, [] {}).stop();
  gander::barrier meet(1, []() noexcept {});
#elif CASE == 1   // EXPECT: constraints
  gander::go(not_callable());
#elif CASE == 2   // EXPECT: constraints
  gander::go(takes_int);
#elif CASE == 3   // EXPECT: constraints
  gander::go(takes_reference, 1);
#elif CASE == 4   // EXPECT: constraints
  gander::spawn(takes_reference, 1).join();
#elif CASE == 5   // EXPECT: constraints
  group.go(takes_int);
#elif CASE == 6   // EXPECT: constraints
  tasks.go(takes_int);
#elif CASE == 7   // EXPECT: constraints
  once.call(takes_int);
#elif CASE == 8   // EXPECT: constraints
  changed.wait(held, not_callable());
#elif CASE == 9   // EXPECT: constraints
  gander::timer::after_func(1s, not_callable()).stop();
#elif CASE == 10  // EXPECT: must be noexcept
  gander::barrier meet(1, [] {});
#elif CASE == 11  // EXPECT: constraints
  gander::run(takes_int);
#elif CASE == 12  // EXPECT: constraints
  gander::blocking(takes_int);
#elif CASE == 13  // EXPECT: nodiscard
  gander::with_cancel(gander::background());
#elif CASE == 14  // EXPECT: nodiscard
  gander::after(1s);
#endif
  (void)takes_int;
  (void)takes_reference;
}
