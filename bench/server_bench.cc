// SPDX-License-Identifier: Apache-2.0

// A load like a server's, which leaves processors idle: what is measured is its CPU time, in
// nanoseconds for each request. With the prefix traced_ or recorded_ it tells what tracing costs.
//
// 10,000 goroutines: 5,000 clients, each with a server of its own, that send a request every half
// second. Each costs some 10 µs of computing, and makes about ten events: 100,000 in a second.
#include <gander/gander.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <ctime>

#include "workload.h"

namespace {

using namespace std::chrono_literals;

double cpu_ns() {
  timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) * 1e9 + static_cast<double>(t.tv_nsec);
}

// Some 10 µs.
std::uint64_t answer(std::uint64_t request) {
  for (int i = 0; i < 5000; ++i) request = request * 6364136223846793005U + 1442695040888963407U;
  return request;
}

double server(std::int64_t ops) {
  constexpr std::int64_t clients = 5000;
  constexpr auto pause = 500ms;
  const std::int64_t rounds = ops / clients > 0 ? ops / clients : 1;
  std::atomic<std::int64_t> answered = 0;
  std::atomic<bool> over = false;
  gander::wait_group done;
  done.add(clients);
  for (std::int64_t id = 0; id < clients; ++id) {
    const auto requests = gander::make_chan<std::uint64_t>();
    const auto answers = gander::make_chan<std::uint64_t>();
    gander::go([=] {
      for (const std::uint64_t request : requests) answers.send(answer(request));
    });
    gander::go([=, &answered, &over, &done] {
      gander::sleep_for(pause * id / clients);  // spread over the half second
      for (std::uint64_t i = 0; !over; ++i) {
        requests.send(i);
        answers.recv();
        ++answered;
        gander::sleep_for(pause);
      }
      requests.close();
      done.done();
    });
  }
  // What happens once is not the load: the stacks are touched, a recorder reads its symbols.
  gander::sleep_for(5 * pause);
  const std::int64_t answered_before = answered;
  const double cpu_before_ns = cpu_ns();
  gander::sleep_for(rounds * pause);
  const double used_ns = cpu_ns() - cpu_before_ns;
  const std::int64_t answered_meanwhile = answered - answered_before;
  over = true;
  done.wait();
  return used_ns / static_cast<double>(answered_meanwhile);
}

const gander_bench::registration registered("server_cpu", 5'000, server);

}  // namespace
