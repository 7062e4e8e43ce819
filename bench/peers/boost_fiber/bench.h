// SPDX-License-Identifier: Apache-2.0

// What the files of the Boost.Fiber peer share: the rows, and how a fiber is started here.
//
// The settings are the best that Boost.Fiber 1.81 offers for each row: stacks from a pool, the
// default round_robin on one thread, work_stealing on two.
#pragma once

#include <boost/fiber/all.hpp>
#include <cstdint>
#include <memory>
#include <utility>

namespace peer {

// Boost's own pooled_fixedsize_stack has no lock, so it cannot serve two threads; this pool can,
// and is faster: a free list per thread, stacks of Boost's default size, never handed back.
class stack_pool {
 public:
  boost::context::stack_context allocate();
  void deallocate(boost::context::stack_context& stack) noexcept;
};

template <class F>
boost::fibers::fiber start(F f, boost::fibers::launch policy = boost::fibers::launch::post) {
  return boost::fibers::fiber(policy, std::allocator_arg, stack_pool{}, std::move(f));
}

void spawn_join(std::int64_t ops);
void spawn_batch(std::int64_t ops);
void yield_one(std::int64_t ops);
void yield_many(std::int64_t ops);
void skynet_100k(std::int64_t ops);
void skynet_1m(std::int64_t ops);
void ring(std::int64_t ops);
void ping_pong(std::int64_t ops);
void spsc(std::int64_t ops);
void mpmc(std::int64_t ops);
void mutex_free(std::int64_t ops);
void mutex_contended(std::int64_t ops);
void sleep_many(std::int64_t ops);
double parked_memory(std::int64_t ops);

}  // namespace peer
