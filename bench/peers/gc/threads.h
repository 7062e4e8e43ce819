// SPDX-License-Identifier: Apache-2.0

// What the memory managers without goroutines share: mutators are threads, and a pool of them
// serves the sessions of server_mix.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "server.h"

namespace gc_bench {

// The base of a policy; `in_thread` runs what it is given on a thread just made.
template <typename P>
struct on_threads {
  template <typename F>
  static void parallel(int n, const F& f) {
    if (n == 1) return f(0);
    std::vector<std::thread> threads;
    for (int id = 0; id < n; ++id) threads.emplace_back([&f, id] { P::in_thread([&] { f(id); }); });
    for (std::thread& thread : threads) thread.join();
  }
  static void yield() { std::this_thread::yield(); }

  template <typename F>
  static void in_thread(const F& f) {
    f();
  }
  template <typename F>
  static void run(int, const F& f) {
    f();
  }
  static constexpr bool by_hand = false;
  static constexpr bool collects = false;
  static void collect() {}
};

// Requests on their way. It lies on a stack, where a collector looks for pointers.
template <typename P>
class request_queue {
 public:
  void push(local<P, request<P>> r) {
    const std::lock_guard lock(mutex_);
    auto& end = last_ == nullptr ? first_ : last_->next;
    end = std::move(r);
    last_ = P::raw(end);
    not_empty_.notify_one();
  }
  local<P, request<P>> pop() {
    std::unique_lock lock(mutex_);
    not_empty_.wait(lock, [&] { return last_ != nullptr; });
    auto r = std::move(first_);
    first_ = std::move(P::raw(r)->next);
    P::raw(r)->next = nullptr;
    if (first_ == nullptr) last_ = nullptr;
    return r;
  }

 private:
  std::mutex mutex_;
  std::condition_variable not_empty_;
  local<P, request<P>> first_{};
  request<P>* last_ = nullptr;
};

// Size: half as many sessions, since with goroutines each has two. Client is one thread, with a
// request under way for each session; each session belongs to one of procs workers. An op: a
// request.
template <typename P>
void pooled_server_mix(const params& p, outcome& out) {
  constexpr int most_workers = 64;
  expect(p.procs <= most_workers, "too many threads");
  const std::int64_t sessions = p.size / 2 + 1;
  const std::int64_t rounds = p.ops / sessions + 1;
  const auto table = make_table<P, session<P>>(sessions);
  for (std::int64_t i = 0; i < sessions; ++i) P::raw(table)->at(i) = P::template make<session<P>>();
  request_queue<P> inbox[most_workers], answers;
  out.start();
  P::parallel(p.procs + 1, [&](int id) {
    if (id < p.procs) {
      const std::int64_t mine = (sessions - id + p.procs - 1) / p.procs * rounds;
      for (std::int64_t i = 0; i < mine; ++i) {
        auto r = inbox[id].pop();
        const auto number = static_cast<std::int64_t>(P::raw(r)->session);
        answer<P>(P::raw(P::raw(table)->at(number)), P::raw(r), out.steps);
        answers.push(std::move(r));
      }
      return;
    }
    std::uint64_t sum = 0;
    for (std::int64_t round = 0; round < rounds; ++round) {
      for (std::int64_t s = 0; s < sessions; ++s)
        inbox[s % p.procs].push(
            ask<P>(static_cast<std::uint64_t>(s), static_cast<std::uint64_t>(round)));
      for (std::int64_t s = 0; s < sessions; ++s) {
        const auto r = answers.pop();
        sum += accept<P>(P::raw(r));
      }
    }
    out.checksum += sum;
  });
  out.stop(rounds * sessions);
}

}  // namespace gc_bench
