// SPDX-License-Identifier: Apache-2.0
#include <gander/sync/once.h>

#include <memory>
#include <thread>

#include "support/everywhere.h"

namespace gander {
namespace {

using testing::workers;

class once_test : public testing::everywhere {};
GANDER_EVERYWHERE(once_test);

constinit once in_static_storage;

TEST(once, runs_one_function_once) {
  int a = 0, b = 0;
  in_static_storage.call([&] { ++a; });
  in_static_storage([&](int n) { b += n; }, 1);
  EXPECT_TRUE(in_static_storage.done());
  EXPECT_EQ(a, 1);
  EXPECT_EQ(b, 0);
}

TEST(once, passes_arguments_on) {
  once o;
  std::unique_ptr<int> got;
  o.call([&](std::unique_ptr<int> p) { got = std::move(p); }, std::make_unique<int>(7));
  EXPECT_EQ(*got, 7);
}

TEST_P(once_test, all_callers_find_it_done) {
  in_place([] {
    for (int round = 0; round < 200; ++round) {
      once o;
      int plain = 0;
      workers crew(GetParam());
      for (int w = 0; w < 4; ++w)
        crew.go([&] {
          o.call([&] {
            std::this_thread::yield();
            ++plain;
          });
          EXPECT_EQ(plain, 1);
        });
    }
  });
}

// As with std::call_once, an exceptional call does not count: the next in line tries.
TEST_P(once_test, exception_reaches_its_caller_and_the_next_one_tries) {
  in_place([] {
    once o;
    std::atomic<int> tries{0}, thrown{0};
    {
      workers crew(GetParam());
      for (int w = 0; w < 5; ++w)
        crew.go([&] {
          try {
            o.call([&] {
              if (++tries < 3) throw tries.load();
            });
            EXPECT_TRUE(o.done());
          } catch (int) {
            ++thrown;
          }
        });
    }
    EXPECT_EQ(tries, 3);
    EXPECT_EQ(thrown, 2);
  });
}

}  // namespace
}  // namespace gander
