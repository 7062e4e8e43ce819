// SPDX-License-Identifier: Apache-2.0
//
// What the checker takes for a lost object, and what it does not: words that come to look like the
// address of an object nobody holds, while marking is under way.
#include "collector/checkmark.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <array>
#include <atomic>
#include <cstring>
#include <thread>

#include "base/godebug.h"
#include "collector/watch_test_helper.h"

namespace gander::collector {
namespace {

// In pieces of two bytes: whole it is in no register and on no stack, which would hold the object.
constexpr std::size_t pieces = sizeof(std::uintptr_t) / sizeof(std::uint16_t);
using hidden = std::array<std::uint16_t, pieces>;

// Garbage; each piece is inverted.
hidden make_garbage() {
  hidden address;
  std::thread([&] {
    const std::uintptr_t complement = ~reinterpret_cast<std::uintptr_t>(make_node());
    std::memcpy(address.data(), &complement, sizeof complement);
  }).join();
  return address;
}

// It takes a while to be marked.
node* make_long_list() {
  node* first = nullptr;
  for (int i = 0; i < 300'000; ++i) {
    node* const n = make_node();
    n->left = first;  // new objects, of which nobody needs to be told
    first = n;
  }
  return first;
}

class checked_cycles {
 public:
  checked_cycles() {
    list_->value.store(make_long_list());
    godebug.gccheckmark = true;
  }
  ~checked_cycles() {
    godebug.gccheckmark = false;
    internal::gc_put_root(list_);
  }
  checked_cycles(const checked_cycles&) = delete;
  checked_cycles& operator=(const checked_cycles&) = delete;

  // `store` gets something that is garbage in each of them, while it is marked, on a thread that
  // ends then; `forget` comes when that is over.
  template <typename Store, typename Forget>
  void run(Store store, Forget forget) {
    constexpr int cycles = 20;
    constexpr int most_cycles = 500;
    int stored = 0;
    for (int i = 0; i < cycles || (stored == 0 && i < most_cycles); ++i) {
      const hidden address = make_garbage();
      std::atomic<bool> over{false};
      std::thread writer([&] {
        make_node();  // from here on it is one of those that are stopped
        while (!internal::gc_now.marking.load()) {
          if (over) return;  // it has slept through it
          ::sched_yield();
        }
        store(address);
        ++stored;
      });
      collect_now();
      over = true;
      writer.join();
      forget();
    }
    EXPECT_GT(stored, 0);
  }

 private:
  internal::gc_root_cell* const list_ = internal::gc_take_root();
};

alignas(std::uintptr_t) volatile std::uint16_t number[pieces];  // in a data segment

TEST(checkmark, a_number_in_a_global_is_no_lost_object) {
  checked_cycles().run(
      [](const hidden& address) {
        for (std::size_t i = 0; i < pieces; ++i)
          number[i] = static_cast<std::uint16_t>(~address[i]);
      },
      [] {
        for (auto& piece : number) piece = 0;
      });
}

[[gnu::noinline]] void store(internal::gc_root_cell& to, const hidden& address) {
  std::uintptr_t complement;
  std::memcpy(&complement, address.data(), sizeof complement);
  auto* const value = reinterpret_cast<void*>(~complement);
  to.value.store(value);
  internal::gc_shade(nullptr, value);
}

// No program can do that which got its pointers where it may.
TEST(checkmark_DeathTest, what_is_stored_must_be_held_already) {
  EXPECT_DEATH(
      {
        internal::gc_root_cell* const to = internal::gc_take_root();
        checked_cycles().run([&](const hidden& address) { store(*to, address); },
                             [&] { to->value.store(nullptr); });
      },
      "checkmark found an unmarked object 0x[0-9a-f]+ of node \\(.*; pointers to it stand\n"
      "\tin a gc::root\n"
      "\tin what was stored while marking was under way\n"
      "fatal error: checkmark found an unmarked object");
}

}  // namespace
}  // namespace gander::collector
