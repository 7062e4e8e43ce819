// SPDX-License-Identifier: Apache-2.0
//
// Goroutines that have come to their end. join() returns a little before that: who looks at all
// stacks, as the collector does, may still find there what the goroutine had in hand.
#pragma once

#include <gander/gander.h>

#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>

#include "support/await.h"

namespace gander::testing {

// Runs f on a goroutine of its own; returns what f does, when it has ended.
template <typename F>
auto run_to_the_end(F f) {
  std::uint64_t id = 0;
  auto handle = spawn([&id, f = std::move(f)]() mutable {
    id = goid();
    return f();
  });
  const auto await_end = [&id] {
    const std::string title = "goroutine " + std::to_string(id) + " [";
    await([&] { return debug::stack(true).find(title) == std::string::npos; });
  };
  if constexpr (std::is_void_v<decltype(f())>) {
    handle.join();
    await_end();
  } else {
    auto result = handle.join();
    await_end();
    return result;
  }
}

}  // namespace gander::testing
