// SPDX-License-Identifier: Apache-2.0
//
// Goroutines that have come to their end. join() returns a little before that: who looks at all
// stacks, as the collector does, may still find there what the goroutine had in hand.
#pragma once

#include <gander/gander.h>

#include <chrono>
#include <cstddef>
#include <type_traits>
#include <utility>

#include "support/await.h"

namespace gander::testing {

// Runs f on a goroutine of its own; returns what f does, when it has ended; or a little later,
// where others than f start goroutines meanwhile. (A report would say which there are; but it stops
// them, and then their registers lie on signal stacks, where a search for leaks finds them.)
template <typename F>
auto run_to_the_end(F f) {
  std::size_t with_it = 0;
  auto handle = spawn([&with_it, f = std::move(f)]() mutable {
    const auto count = [&] { with_it = num_goroutine(); };
    if constexpr (std::is_void_v<decltype(f())>) {
      f();
      count();
    } else {
      auto result = f();
      count();
      return result;
    }
  });
  const auto await_end = [&with_it] {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(2);
    await([&] { return num_goroutine() < with_it || std::chrono::steady_clock::now() > deadline; });
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
