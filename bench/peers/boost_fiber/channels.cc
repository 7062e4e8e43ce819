// SPDX-License-Identifier: Apache-2.0

// Channels: ping_pong, spsc, mpmc, and the memory of fibers parked in a receive.
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "bench.h"

namespace peer {
namespace {

using boost::fibers::channel_op_status;

// 128 asks Boost for a ring of 128 slots, of which it uses 127.
void throughput(std::int64_t ops, std::int64_t n) {
  boost::fibers::buffered_channel<std::int64_t> messages(128);
  std::vector<boost::fibers::fiber> senders, receivers;
  for (std::int64_t i = 0; i < n; ++i) {
    receivers.push_back(start([&messages] {
      std::int64_t value = 0;
      while (messages.pop(value) == channel_op_status::success) {
      }
    }));
    senders.push_back(start([&messages, ops, n] {
      for (std::int64_t k = 0; k < ops / n; ++k) messages.push(k);
    }));
  }
  for (auto& fiber : senders) fiber.join();
  messages.close();
  for (auto& fiber : receivers) fiber.join();
}

std::int64_t resident_bytes() {
  std::FILE* status = std::fopen("/proc/self/status", "r");
  if (status == nullptr) std::abort();
  char line[256];
  long kib = 0;
  while (std::fgets(line, sizeof line, status) != nullptr)
    if (std::sscanf(line, "VmRSS: %ld", &kib) == 1) break;
  std::fclose(status);
  return std::int64_t{kib} * 1024;
}

}  // namespace

void ping_pong(std::int64_t ops) {
  boost::fibers::unbuffered_channel<std::int64_t> ping, pong;
  auto partner = start([&] {
    std::int64_t value = 0;
    while (ping.pop(value) == channel_op_status::success) pong.push(value);
  });
  for (std::int64_t i = 0; i < ops; ++i) {
    ping.push(i);
    pong.value_pop();
  }
  ping.close();
  partner.join();
}

void spsc(std::int64_t ops) { throughput(ops, 1); }
void mpmc(std::int64_t ops) { throughput(ops, 4); }

double parked_memory(std::int64_t ops) {
  const std::int64_t before = resident_bytes();
  boost::fibers::unbuffered_channel<std::int64_t> never;
  std::vector<boost::fibers::fiber> fibers;
  fibers.reserve(static_cast<std::size_t>(ops));
  std::atomic<std::int64_t> started = 0;
  for (std::int64_t i = 0; i < ops; ++i)
    fibers.push_back(start([&] {
      ++started;
      std::int64_t value = 0;
      never.pop(value);
    }));
  while (started != ops) boost::this_fiber::yield();
  const std::int64_t after = resident_bytes();
  never.close();
  for (auto& fiber : fibers) fiber.join();
  return static_cast<double>(after - before) / static_cast<double>(ops);
}

}  // namespace peer
