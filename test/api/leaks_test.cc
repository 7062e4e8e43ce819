// SPDX-License-Identifier: Apache-2.0
//
// Which goroutines are told to be leaked, and, above all, which are not.
#include <gander/gander.h>
#include <gander/gc.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <new>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/await.h"
#include "support/build.h"
#include "support/ended.h"

namespace gander {
namespace {

using namespace std::chrono_literals;
using testing::await_waiting;

// What the goroutines that are told wait for, in order.
std::multiset<std::string> leaks() {
  std::multiset<std::string> reasons;
  for (const debug::leaked_goroutine& g : debug::goroutine_leaks()) {
    const std::size_t begin = g.stack.find('[') + 1;
    const std::size_t end = g.stack.find(" (leaked)");
    EXPECT_NE(end, g.stack.npos) << g.stack;
    EXPECT_TRUE(g.stack.starts_with("goroutine " + std::to_string(g.id) + " ["));
    EXPECT_TRUE(g.stack.ends_with("\n"));
    reasons.insert(g.stack.substr(begin, end - begin));
  }
  return reasons;
}

const std::multiset<std::string> none;

// Under tsan a thread of the sanitizer's blocks all signals, and nobody is told.
void expect_leaks(const std::multiset<std::string>& reasons) {
  EXPECT_EQ(leaks(), testing::under_tsan ? none : reasons);
}

// --- leaked. Each is made on a stack that is gone: what a frame leaves behind, later ones keep in
// their holes, above all under asan.

template <typename Make>
void forget(Make make) {
  testing::run_to_the_end(make);
}

void forget_receiver() {
  const auto c = make_chan<int>();
  go([c] { c.recv(); });
}
void forget_sender() {
  const auto c = make_chan<std::string>();
  go([c] { c.send("an answer that nobody waits for any more"); });
}

TEST(leaks, are_receivers_and_senders_whose_channel_nobody_else_has) {
  run([] {
    forget(forget_receiver);
    forget(forget_sender);
    await_waiting(1, "chan receive");
    await_waiting(1, "chan send");
    expect_leaks({"chan receive", "chan send"});
    expect_leaks({"chan receive", "chan send"});  // again
  });
}

TEST(leaks, are_those_that_wait_for_nothing) {
  run([] {
    forget([] { go([] { select(); }); });
    forget([] { go([] { chan<int>().recv(); }); });
    forget([] { go([] { chan<int>().send(1); }); });
    await_waiting(1, "select (no cases)");
    await_waiting(1, "chan receive (nil chan)");
    await_waiting(1, "chan send (nil chan)");
    expect_leaks({"select (no cases)", "chan receive (nil chan)", "chan send (nil chan)"});
  });
}

void forget_select() {
  const auto a = make_chan<int>();
  const auto b = make_chan<int>();
  go([a, b] { select(on_recv(a, [](auto) {}), on_send(b, 1)); });
}

TEST(leaks, are_selects_of_which_no_channel_is_known) {
  run([] {
    forget(forget_select);
    await_waiting(1, "select");
    expect_leaks({"select"});
  });
}

// The second one has the first one's channel, and is leaked itself.
void forget_chain() {
  const auto a = make_chan<int>();
  const auto b = make_chan<int>();
  go([a] { a.recv(); });
  go([a, b] { a.send(*b.recv()); });
}
// Each waits for what only the other one could send.
void forget_circle() {
  const auto a = make_chan<int>();
  const auto b = make_chan<int>();
  go([a, b] { a.send(*b.recv()); });
  go([a, b] { b.send(*a.recv()); });
}

TEST(leaks, are_those_that_only_leaked_ones_could_wake) {
  run([] {
    forget(forget_chain);
    forget(forget_circle);
    await_waiting(4, "chan receive");
    expect_leaks({"chan receive", "chan receive", "chan receive", "chan receive"});
  });
}

// The mutex is an object of the collected heap, and held by one that has ended.
void forget_mutex() {
  auto* const m = gc::make<mutex>();
  testing::run_to_the_end([m] { m->lock(); });
  go([m] { m->lock(); });
}

TEST(leaks, are_those_that_wait_for_a_lock_in_the_heap_that_nobody_else_knows) {
  run([] {
    forget(forget_mutex);
    await_waiting(1, "sync.Mutex.Lock");
    expect_leaks({"sync.Mutex.Lock"});
  });
}

// Of those who are to be waited for nobody is left.
void forget_group() {
  go([] {
    wait_group own;
    own.add(1);
    own.wait();
  });
}

TEST(leaks, are_those_that_wait_for_locks_on_their_own_stacks) {
  run([] {
    forget(forget_group);
    await_waiting(1, "sync.WaitGroup.Wait");
    expect_leaks({"sync.WaitGroup.Wait"});
  });
}

struct holder {
  chan<int> c;
  gc::ptr<holder> next;
  GANDER_GC_DESTROY(holder)
};

// The only other handle lies in an object that only the leaked goroutine has.
void forget_object() {
  auto* const h = gc::make<holder>();
  h->c = make_chan<int>();
  go([h] {
    h->c.recv();
    gc::keep_alive(h);
  });
}

TEST(leaks, are_those_whose_channel_lies_in_an_object_that_only_they_have) {
  run([] {
    forget(forget_object);
    await_waiting(1, "chan receive");
    expect_leaks({"chan receive"});
  });
}

// The collector does not take what a leaked goroutine has.
TEST(leaks, keep_what_they_hold) {
  run([] {
    forget(forget_object);
    await_waiting(1, "chan receive");
    expect_leaks({"chan receive"});
    gc::collect();
    gc::collect();
    expect_leaks({"chan receive"});
  });
}

// --- not leaked

// Somebody waits for the channel that `keep` is given, and then nobody may be told.
template <typename Keep>
void expect_silence(Keep keep) {
  run([&] {
    auto c = make_chan<int>();
    std::atomic<bool> came{false};
    go([c, &came] {
      c.recv();
      came = true;
    });
    await_waiting(1, "chan receive");
    auto send = keep(std::move(c));
    EXPECT_EQ(leaks(), none);
    send();
    while (!came) yield();
  });
}

TEST(leaks, are_not_those_whose_channel_stands_on_a_stack) {
  expect_silence([](chan<int> c) { return [c] { c.send(1); }; });
}

chan<int> global;
thread_local chan<int> of_thread;

TEST(leaks, are_not_those_whose_channel_is_global) {
  expect_silence([](chan<int> c) {
    global = std::move(c);
    return [] { std::exchange(global, {}).send(1); };
  });
}

TEST(leaks, are_not_those_whose_channel_is_in_memory_of_malloc) {
  expect_silence([](chan<int> c) {
    auto there = std::make_shared<std::vector<chan<int>>>(1, std::move(c));
    return [there] { there->front().send(1); };
  });
  expect_silence([](chan<int> c) { return std::function<void()>([c] { c.send(1); }); });
}

class mappings : public ::testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(leaks, mappings, ::testing::Values(MAP_PRIVATE, MAP_SHARED),
                         [](const auto& flag) {
                           return flag.param == MAP_PRIVATE ? "private" : "shared";
                         });

TEST_P(mappings, that_hold_a_channel_keep_silent) {
  expect_silence([](chan<int> c) {
    void* const memory =
        ::mmap(nullptr, 1 << 20, PROT_READ | PROT_WRITE, GetParam() | MAP_ANONYMOUS, -1, 0);
    auto* const there = new (static_cast<char*>(memory) + (1 << 19)) chan<int>(std::move(c));
    return [there, memory] {
      there->send(1);
      there->~chan();
      ::munmap(memory, 1 << 20);
    };
  });
}

TEST(leaks, are_not_those_whose_channel_is_in_an_object_that_lives) {
  expect_silence([](chan<int> c) {
    gc::root<holder> first = gc::make<holder>();
    first->next = gc::make<holder>();
    first->next->c = std::move(c);
    return [first] { first->next->c.send(1); };
  });
}

// To the collector an object without pointers.
struct plain_holder {
  chan<int> c;
  GANDER_GC_FIELDS(plain_holder)
  GANDER_GC_DESTROY(plain_holder)
};

TEST(leaks, are_not_those_whose_channel_is_in_an_object_without_pointers) {
  expect_silence([](chan<int> c) {
    gc::root<plain_holder> there = gc::make<plain_holder>();
    there->c = std::move(c);
    return [there] { there->c.send(1); };
  });
}

TEST(leaks, are_not_those_whose_channel_is_in_the_buffer_of_another) {
  expect_silence([](chan<int> c) {
    auto of_channels = make_chan<chan<int>>(1);
    of_channels.send(std::move(c));
    return [of_channels] { of_channels.recv()->send(1); };
  });
}

// A thread that has never called the runtime: a computing one, which holds it in its frame.
TEST(leaks, are_not_those_whose_channel_a_plain_thread_has) {
  expect_silence([](chan<int> c) {
    auto go_on = std::make_shared<std::atomic<bool>>(false);
    auto has_it = std::make_shared<std::atomic<bool>>(false);
    auto sender = std::make_shared<std::thread>([go_on, has_it, given = std::move(c)]() mutable {
      const chan<int> own = std::move(given);
      *has_it = true;
      while (!*go_on) {
      }
      own.send(1);
    });
    while (!*has_it) std::this_thread::yield();
    return [go_on, sender] {
      *go_on = true;
      sender->join();
    };
  });
}

// Nobody has a handle but who waits; another one has its address.
TEST(leaks, are_not_those_whose_channel_is_known_by_reference) {
  run([] {
    std::atomic<const chan<int>*> where{nullptr};
    std::atomic<bool> came{false};
    go([&] {
      const auto own = make_chan<int>();
      where = &own;
      own.recv();
      came = true;
    });
    await_waiting(1, "chan receive");
    EXPECT_EQ(leaks(), none);
    where.load()->send(1);
    while (!came) yield();
  });
}

TEST(leaks, are_not_those_whom_a_sleeping_one_could_wake) {
  run([] {
    {
      const auto c = make_chan<int>();
      const auto done = make_chan<void>();
      go([c] { c.recv(); });
      go([c, done] {
        done.recv_for(1h);
        c.send(1);
      });
    }
    await_waiting(2, "chan receive");
    EXPECT_EQ(leaks(), none);
  });
}

TEST(leaks, are_not_those_whom_time_wakes) {
  run([] {
    go([] { after(1h).recv(); });
    go([] { make_chan<int>().recv_for(1h); });
    go([] {
      const auto [ctx, cancel] = with_timeout(background(), 1h);
      ctx.done().recv();
    });
    await_waiting(3, "chan receive");
    EXPECT_EQ(leaks(), none);
  });
}

TEST(leaks, are_not_those_that_wait_for_locks_elsewhere) {
  run([] {
    static mutex m;
    m.lock();
    go([] { const std::lock_guard held(m); });
    wait_group on_stack;
    on_stack.add(1);
    static std::atomic<bool> has_waited;
    has_waited = false;
    go([&] {
      on_stack.wait();
      has_waited = true;
    });
    await_waiting(1, "sync.Mutex.Lock");
    await_waiting(1, "sync.WaitGroup.Wait");
    EXPECT_EQ(leaks(), none);
    m.unlock();
    on_stack.done();
    testing::await([] { return has_waited.load(); });  // with the last word of it
  });
}

// Of an object that says to hold no pointers the collector looks at no word.
struct counted {
  mutex m;
  int count = 0;
  GANDER_GC_FIELDS(counted)
};

template <typename T, typename Lock>
void expect_silence_about(Lock lock) {
  run([&] {
    const gc::root<T> object = gc::make<T>();
    mutex& m = lock(*object);
    m.lock();
    go([&m] { m.lock(); });
    await_waiting(1, "sync.Mutex.Lock");
    EXPECT_EQ(leaks(), none);
    m.unlock();
  });
}

void lock_for_one_who_sleeps(const chan<void>& done) {
  auto* const m = gc::make<mutex>();
  m->lock();
  go([m] { m->lock(); });
  go([m, done] {
    done.recv_for(1h);
    m->unlock();
  });
}

TEST(leaks, are_not_those_whose_lock_in_the_heap_is_known) {
  expect_silence_about<mutex>([](mutex& m) -> mutex& { return m; });
  expect_silence_about<counted>([](counted& c) -> mutex& { return c.m; });
  run([] {
    const auto done = make_chan<void>();
    forget([&] { lock_for_one_who_sleeps(done); });
    await_waiting(1, "sync.Mutex.Lock");
    await_waiting(1, "chan receive");
    EXPECT_EQ(leaks(), none);
    done.close();
  });
}

TEST(leaks, are_not_those_of_a_run_that_is_over) {
  run([] {
    forget(forget_receiver);
    await_waiting(1, "chan receive");
  });
  EXPECT_EQ(leaks(), none);
  run([] { EXPECT_EQ(leaks(), none); });
}

TEST(leaks, are_none_without_a_run) { EXPECT_EQ(leaks(), none); }

// Each is woken by the one before.
void go_in_a_chain(chan<int> from, int count) {
  for (int i = 0; i < count; ++i) {
    auto to = make_chan<int>();
    go([from, to] { to.send(*from.recv()); });
    from = to;
  }
  go([from] { from.recv(); });
}

TEST(leaks, are_found_among_many) {
  run([] {
    constexpr int count = sizeof(void*) == 8 ? testing::scaled(20'000, 5'000, 1'000) : 1'000;
    const auto first = make_chan<int>();
    forget([&] {
      go_in_a_chain(first, count);
      for (int i = 0; i < count; ++i) forget_receiver();
    });
    await_waiting(2 * count + 1, "chan receive");
    const std::multiset<std::string> found = leaks();
    EXPECT_EQ(found.size(), testing::under_tsan ? 0U : count);
    first.send(1);
  });
}

}  // namespace
}  // namespace gander
