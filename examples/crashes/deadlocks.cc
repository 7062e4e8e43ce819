// SPDX-License-Identifier: Apache-2.0

// "All goroutines are asleep": locks taken in opposite order, and a send that nobody receives.
#include <gander/gander.h>

#include <mutex>

#include "crashes.h"

namespace crashes {

// Each side signals that it has its first lock before it waits for the other's: the deadlock is
// certain.
[[gnu::noinline]] static void lock_both(gander::mutex& first, gander::mutex& second,
                                        gander::wait_group& all_have_one) {
  std::lock_guard a(first);
  all_have_one.done();
  all_have_one.wait();
  std::lock_guard b(second);
}

void mutex_deadlock() {
  gander::mutex left, right;
  gander::wait_group all_have_one, both;
  all_have_one.add(2);
  both.go([&] { lock_both(left, right, all_have_one); });
  both.go([&] { lock_both(right, left, all_have_one); });
  both.wait();
}

[[gnu::noinline]] static void send_answer(const gander::chan<int>& answers) { answers.send(42); }

void nobody_receives() { send_answer(gander::make_chan<int>()); }

}  // namespace crashes
