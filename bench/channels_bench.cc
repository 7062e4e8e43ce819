// SPDX-License-Identifier: Apache-2.0

// Channels: ping_pong, spsc, mpmc.
#include <gander/gander.h>

#include "workload.h"

namespace gander_bench {
namespace {

// One op is a round trip: two messages over unbuffered channels.
void ping_pong(std::int64_t ops) {
  auto ping = gander::make_chan<std::int64_t>(), pong = gander::make_chan<std::int64_t>();
  gander::wait_group partner;
  partner.go([=] {
    for (std::int64_t value : ping) pong.send(value);
  });
  for (std::int64_t i = 0; i < ops; ++i) {
    ping.send(i);
    (void)pong.recv();
  }
  ping.close();
  partner.wait();
}

// One op is one message through a channel of capacity 128, between n senders and n receivers.
template <std::int64_t n>
void throughput(std::int64_t ops) {
  auto messages = gander::make_chan<std::int64_t>(128);
  gander::wait_group senders, receivers;
  for (std::int64_t i = 0; i < n; ++i) {
    receivers.go([messages] {
      while (messages.recv()) {
      }
    });
    senders.go([messages, ops] {
      for (std::int64_t k = 0; k < ops / n; ++k) messages.send(k);
    });
  }
  senders.wait();
  messages.close();
  receivers.wait();
}

const registration rows[] = {
    {"ping_pong", 10'000, ping_pong},
    {"spsc", 100'000, throughput<1>},
    {"mpmc", 100'000, throughput<4>},
};

}  // namespace
}  // namespace gander_bench
