// SPDX-License-Identifier: Apache-2.0
//
// The ways to die of test/report/injection_test.cc: each file has some, by name. A case runs as
// goroutine 1, beside a goroutine that waits on a channel for ever (`bystander`), and dies; what it
// dies in is a function of namespace injection, not inlined, whose name its report must have.
#pragma once

#include <functional>
#include <string_view>

#include "support/await.h"

#define NOINLINE [[gnu::noinline]]

namespace injection {

struct way_to_die {
  way_to_die(std::string_view name, void (*die)());
};

// To be called last: writes to address 8.
NOINLINE void touch_null();

using gander::testing::await;

// Computes for ever.
NOINLINE void spin();

// A thread that is known to nobody, and never ends.
void start_thread(std::function<void()> body);

}  // namespace injection
