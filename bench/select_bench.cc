// SPDX-License-Identifier: Apache-2.0

// Select: a receiver that waits at four channels.
#include <gander/gander.h>

#include <array>
#include <optional>

#include "workload.h"

namespace gander_bench {
namespace {

// One op is one message over one of four unbuffered channels.
void select_four(std::int64_t ops) {
  std::array<gander::chan<std::int64_t>, 4> cases;
  for (auto& c : cases) c = gander::make_chan<std::int64_t>();
  gander::wait_group receiver;
  receiver.go([&cases, ops] {
    std::optional<std::int64_t> value;
    for (std::int64_t i = 0; i < ops; ++i)
      gander::select(gander::on_recv(cases[0], value), gander::on_recv(cases[1], value),
                     gander::on_recv(cases[2], value), gander::on_recv(cases[3], value));
  });
  for (std::int64_t i = 0; i < ops; ++i) cases[static_cast<std::size_t>(i % 4)].send(i);
  receiver.wait();
}

const registration row{"select_4", 10'000, select_four};

}  // namespace
}  // namespace gander_bench
