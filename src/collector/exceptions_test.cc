// SPDX-License-Identifier: Apache-2.0
//
// Objects that exceptions alone hold: from when their memory is there to when it goes.
#include "gc/exceptions.h"

#include <gander/gander.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <thread>

#include "collector/watch_test_helper.h"

namespace gander::collector {
namespace {

struct thrown {
  node* n;
};

TEST(exceptions, keep_in_flight_what_they_hold) {
  in_run([] {
    auto go_on = make_chan<void>();
    auto made = make_chan<watcher*>();
    auto h = spawn([=] {
      struct parks {  // while the exception passes
        chan<void> go_on;
        ~parks() { go_on.recv(); }
      };
      try {
        const parks p{go_on};
        [&] {
          node* const n = make_node();
          n->value = 9;
          made.send(new watcher(n));
          throw thrown{n};
        }();
      } catch (const thrown& t) {
        return t.n->value;
      }
      return std::uintptr_t{0};
    });
    const std::unique_ptr<watcher> w(made.recv().value());
    EXPECT_TRUE(stays(*w));
    go_on.close();
    EXPECT_EQ(h.join(), 9U);
    EXPECT_TRUE(goes(*w));
  });
}

// The exception that `make` makes holds the node that it is given, and nothing else does.
template <typename Make>
void expect_to_hold(Make make) {
  in_run([make] {
    std::exception_ptr holds;
    const auto w = watch([&] {
      node* const n = make_node();
      holds = make(n);
      return n;
    });
    EXPECT_TRUE(stays(*w));
    holds = nullptr;
    EXPECT_TRUE(goes(*w));
  });
}

TEST(exceptions, keep_when_caught_what_they_hold) {
  expect_to_hold([](node* n) {
    try {
      throw thrown{n};
    } catch (...) {
      return std::current_exception();
    }
  });
}

TEST(exceptions, keep_what_they_hold_that_nobody_has_thrown) {
  expect_to_hold([](node* n) { return std::make_exception_ptr(thrown{n}); });
}

struct large {
  std::array<char, 300'000> before{};
  node* n = nullptr;
  std::array<char, 3'000> behind{};  // the last that is copied may stay in registers
};

TEST(exceptions, keep_what_they_hold_at_the_end_of_much) {
  expect_to_hold([](node* n) {
    const auto l = std::make_unique<large>();  // more than a stack has room for
    l->n = n;
    try {
      throw large(*l);
    } catch (...) {
      return std::current_exception();
    }
  });
}

// Of the cycle that is under way when it is made, or comes next.
class marking_watch {
 public:
  bool is_under_way() const {
    const bool marking = internal::gc_now.marking.load();
    return marking && !is_over();
  }
  bool is_over() const { return count_cycles().cycles != cycles_; }
  // False: it is over.
  bool await() const {
    while (!is_under_way() && !is_over()) std::this_thread::yield();
    return is_under_way();
  }

 private:
  const std::uint32_t cycles_ = count_cycles().cycles;
};

// `look` makes what it looks at, and says whether it was in time for that; ten times, while a
// thread collects all the time.
template <typename Look>
void look_ten_times(Look look) {
  std::atomic<bool> over{false};
  std::thread collects([&] {
    while (!over) collect_now();
  });
  in_run([&] {
    constexpr std::size_t much = std::size_t{4} << 20;  // to mark: it takes a while
    internal::gc_root_cell* const root = internal::gc_take_root();
    root->value.store(internal::gc_allocate(much, alignof(node), node_type));
    for (int done = 0; done < 10;)
      if (look()) ++done;
    internal::gc_put_root(root);
  });
  over = true;
  collects.join();
}

struct slowly_made {
  explicit slowly_made(node** from) : n(*from) {
    *from = nullptr;
    in_time = watch.await();
  }
  marking_watch watch;
  bool in_time;
  node* n;
};

TEST(exceptions, keep_what_they_hold_while_they_are_made_and_marking_begins) {
  look_ten_times([] {
    node* local = nullptr;
    std::unique_ptr<watcher> w;
    spawn([&] {
      local = make_node();
      w = std::make_unique<watcher>(local);
    }).join();
    try {
      throw slowly_made(&local);
    } catch (const slowly_made& e) {
      if (!e.in_time) return false;
      while (!e.watch.is_over()) yield();
      EXPECT_TRUE(w->lives());
      return true;
    }
  });
}

// Where its memory came by a way that is not hooked: it is known when it is thrown.
TEST(exceptions, tell_what_they_hold_where_they_are_known_late) {
  look_ten_times([] {
    constexpr std::size_t words = 4096 / sizeof(void*);  // how far it is looked through
    const auto exception = std::make_unique<node*[]>(words);
    std::unique_ptr<watcher> w;
    const marking_watch watch;
    if (watch.is_under_way()) return false;
    spawn([&] {
      exception[words - 1] = make_node();
      w = std::make_unique<watcher>(exception[words - 1]);
    }).join();
    if (!watch.await()) return false;
    const auto destroy = gc::exceptions::enter_thrown(exception.get(), nullptr);
    const bool in_time = watch.is_under_way();
    if (in_time) {
      while (!watch.is_over()) yield();
      EXPECT_TRUE(w->lives());
    }
    destroy(exception.get());
    return in_time;
  });
}

// For as long as it takes to mark, and to free what nothing holds.
struct very_slowly_made {
  explicit very_slowly_made(node** from) : n(*from) {
    *from = nullptr;
    collect_now();
    collect_now();
  }
  node* n;
};

TEST(exceptions, keep_what_they_hold_while_they_are_made_and_cycles_pass) {
  in_run([] {
    node* held_here = nullptr;
    std::unique_ptr<watcher> w;
    spawn([&] {
      held_here = make_node(5);
      w = std::make_unique<watcher>(held_here);
    }).join();
    try {
      throw very_slowly_made(&held_here);
    } catch (const very_slowly_made& e) {
      ASSERT_TRUE(w->lives());
      EXPECT_EQ(e.n->value, 5U);
    }
  });
}

std::size_t count_exceptions() {
  std::size_t count = 0;
  gc::exceptions::hold();
  gc::exceptions::for_each([&](std::uintptr_t, std::uintptr_t) { ++count; });
  gc::exceptions::let_go();
  return count;
}

struct never_made {
  never_made() {
    EXPECT_GE(count_exceptions(), 1U);
    throw 1;
  }
};

TEST(exceptions, are_forgotten_at_their_end) {
  in_run([] {
    const std::size_t before = count_exceptions();
    try {
      throw never_made();
    } catch (int) {
      EXPECT_EQ(count_exceptions(), before + 1);
    }
    EXPECT_EQ(count_exceptions(), before);
    {
      const auto holds = std::make_exception_ptr(thrown{nullptr});
      EXPECT_EQ(count_exceptions(), before + 1);
      EXPECT_THROW(std::rethrow_exception(holds), thrown);
      EXPECT_EQ(count_exceptions(), before + 1);
    }
    EXPECT_EQ(count_exceptions(), before);
  });
}

}  // namespace
}  // namespace gander::collector
