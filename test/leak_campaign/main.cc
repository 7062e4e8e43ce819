// SPDX-License-Identifier: Apache-2.0
//
// gander_leak_campaign [--seed N] [--seconds S]: goroutines that wait, each once, for somebody who
// has the way to wake them in one of many places, and does so some time later, or loses it. Beside
// them searches for leaked goroutines without end.
//
// Nobody may be accused who goes on afterwards; since each waits once, none who ever went on. Who
// lost the way is accused in the end, or an old word somewhere still leads to his channel: how
// often is printed.
#include <gander/gander.h>
#include <gander/gc.h>

#include <atomic>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "stress/dice.h"

namespace gander::leak_campaign {
namespace {

using std::chrono::steady_clock;
using stress::dice;

// Who was accused, and who went on. Under a lock of the standard library, in memory of malloc: no
// part of what is tested.
class ledger {
 public:
  void goes_on(std::uint64_t id) {
    const std::lock_guard held(mutex_);
    went_on_.insert(id);
    if (accused_.contains(id)) fail(id);
  }
  void accuse(const std::vector<debug::leaked_goroutine>& all) {
    const std::lock_guard held(mutex_);
    for (const debug::leaked_goroutine& g : all) {
      accused_.insert(g.id);
      if (went_on_.contains(g.id)) fail(g.id);
    }
  }
  std::size_t accused() {
    const std::lock_guard held(mutex_);
    return accused_.size();
  }
  std::size_t went_on() {
    const std::lock_guard held(mutex_);
    return went_on_.size();
  }

 private:
  [[noreturn]] static void fail(std::uint64_t id) {
    std::fprintf(stderr, "goroutine %" PRIu64 " was accused, and has gone on\n", id);
    std::abort();
  }
  std::mutex mutex_;
  std::set<std::uint64_t> accused_;
  std::set<std::uint64_t> went_on_;
};

ledger notes;
std::atomic<std::size_t> lost{0};  // the ways that somebody has thrown away
std::atomic<std::size_t> at_work{0};

struct holder {
  chan<int> c;
  gc::ptr<holder> next;
  GANDER_GC_DESTROY(holder)
};

void pause(dice& d) { sleep_for(std::chrono::microseconds(d.below(3'000))); }

// --- who waits

// Receives; half of them select, beside a channel that nobody else has.
void receive(const chan<int>& c, bool selects) {
  if (selects) {
    const auto other = make_chan<int>();
    select(on_recv(c, [](auto) {}), on_send(other, 1));
  } else {
    c.recv();
  }
  notes.goes_on(goid());
}

// --- who wakes, some time later; the handle is in his hands alone

void wake(const chan<int>& c) { c.send(1); }

void from_stack(chan<int> c, dice d) {
  go([c = std::move(c), d]() mutable {
    pause(d);
    wake(c);
    --at_work;
  });
}

void from_malloc(chan<int> c, dice d) {
  go([c = std::make_unique<chan<int>>(std::move(c)), d]() mutable {
    pause(d);
    wake(*c);
    --at_work;
  });
}

void from_function(chan<int> c, dice d) {
  std::vector<std::function<void()>> calls;
  calls.emplace_back([c = std::move(c)] { wake(c); });
  go([calls = std::move(calls), d]() mutable {
    pause(d);
    calls.front()();
    --at_work;
  });
}

void from_root(chan<int> c, dice d) {
  gc::root<holder> first = gc::make<holder>();
  first->next = gc::make<holder>();
  first->next->c = std::move(c);
  go([first = std::make_unique<gc::root<holder>>(std::move(first)), d]() mutable {
    pause(d);
    wake((*first)->next->c);
    --at_work;
  });
}

void from_object(chan<int> c, dice d) {
  holder* const first = gc::make<holder>();
  first->next = gc::make<holder>();
  first->next->c = std::move(c);
  go([first, d]() mutable {
    pause(d);
    wake(first->next->c);
    --at_work;
  });
}

void from_thread(chan<int> c, dice d) {
  std::thread([c = std::move(c), d]() mutable {
    std::this_thread::sleep_for(std::chrono::microseconds(d.below(3'000)));
    wake(c);
    --at_work;
  }).detach();
}

void from_buffer(chan<int> c, dice d) {
  auto buffer = make_chan<chan<int>>(2);
  buffer.send(std::move(c));
  go([buffer = std::move(buffer), d]() mutable {
    pause(d);
    wake(*buffer.recv());
    --at_work;
  });
}

void from_timer(chan<int> c, dice d) {
  const timer t = timer::after_func(std::chrono::microseconds(d.below(3'000)), [c = std::move(c)] {
    wake(c);
    --at_work;
  });
}

void from_exception(chan<int> c, dice d) {
  go([c = std::move(c), d]() mutable {
    try {
      throw std::exchange(c, {});
    } catch (const chan<int>& thrown) {
      pause(d);
      wake(thrown);
    }
    --at_work;
  });
}

// It waits itself, and is woken by another one.
void from_relay(chan<int> c, dice d) {
  const auto relay = make_chan<int>();
  go([c = std::move(c), relay] {
    receive(relay, false);
    wake(c);
    --at_work;
  });
  ++at_work;
  from_stack(relay, d);
}

using way = void (*)(chan<int>, dice);
constexpr way ways[] = {from_stack,  from_malloc, from_function, from_root,      from_object,
                        from_thread, from_buffer, from_timer,    from_exception, from_relay};

// --- one round

// By reference: the channel is on the stack of the one who waits.
void wait_for_one_who_has_the_address(dice d) {
  auto where = std::make_shared<std::atomic<const chan<int>*>>(nullptr);
  go([where, d]() mutable {
    while (where->load() == nullptr) yield();
    pause(d);
    wake(*where->load());
    --at_work;
  });
  go([where] {
    const auto own = make_chan<int>();
    where->store(&own);
    receive(own, false);
  });
}

[[gnu::noinline]] void wait_for_nobody(bool selects) {
  auto c = make_chan<int>();
  go([c = std::move(c), selects] { receive(c, selects); });
  ++lost;
}

[[gnu::noinline]] void begin_one(dice d) {
  if (d.one_in(8)) return wait_for_nobody(d.one_in(2));
  ++at_work;
  if (d.one_in(8)) return wait_for_one_who_has_the_address(d.fork());
  auto c = make_chan<int>();
  go([c, selects = d.one_in(2)] { receive(c, selects); });
  ways[d.below(std::size(ways))](std::move(c), d.fork());
}

void run_for(double seconds, dice d) {
  const auto end = steady_clock::now() + std::chrono::duration<double>(seconds);
  std::size_t searches = 0;
  while (steady_clock::now() < end) {
    for (std::size_t n = d.below(200); n > 0; --n) begin_one(d.fork());
    pause(d);
    notes.accuse(debug::goroutine_leaks());
    ++searches;
    // What has leaked stays: a new run now and then.
    if (lost > 2'000) break;
  }
  while (at_work != 0) pause(d);
  notes.accuse(debug::goroutine_leaks());
  std::printf("searches=%zu\nwent_on=%zu\nlost=%zu\naccused=%zu\n", searches + 1, notes.went_on(),
              lost.load(), notes.accused());
}

}  // namespace
}  // namespace gander::leak_campaign

int main(int count, char** arguments) {
  std::uint64_t seed = 1;
  double seconds = 5;
  for (int i = 1; i + 1 < count; i += 2) {
    if (std::strcmp(arguments[i], "--seed") == 0)
      seed = std::strtoull(arguments[i + 1], nullptr, 10);
    if (std::strcmp(arguments[i], "--seconds") == 0)
      seconds = std::strtod(arguments[i + 1], nullptr);
  }
  return gander::run({.gomaxprocs = 1 + static_cast<int>(seed % 4)},
                     [&] { gander::leak_campaign::run_for(seconds, gander::stress::dice(seed)); });
}
