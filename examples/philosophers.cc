// SPDX-License-Identifier: Apache-2.0
//
// philosophers [MEALS]: five philosophers sit around a table with a fork between each two, and eat
// MEALS times each (default: 1,000), with both forks beside them. Prints how often each has eaten.
//
// If each took the left fork first, all could hold one and wait for ever; such a deadlock would end
// in a report. std::scoped_lock takes the two in an order that cannot.
#include <gander/gander.h>

#include <array>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <mutex>

namespace {

constexpr const char* names[] = {"Plato", "Hypatia", "Confucius", "Kant", "Beauvoir"};
constexpr std::size_t seats = std::size(names);

struct fork {
  gander::mutex taken;
  int meals = 0;  // guarded by taken
};

void dine(int meals) {
  std::array<fork, seats> forks;
  std::array<int, seats> eaten{};
  gander::wait_group table;
  for (std::size_t seat = 0; seat < seats; ++seat) {
    table.go([&, seat] {
      fork& left = forks[seat];
      fork& right = forks[(seat + 1) % seats];
      for (int i = 0; i < meals; ++i) {
        const std::scoped_lock both(left.taken, right.taken);
        ++left.meals;
        ++right.meals;
        ++eaten[seat];
        gander::yield();  // eating takes a while
      }
    });
  }
  table.wait();
  for (std::size_t seat = 0; seat < seats; ++seat)
    std::printf("%s has eaten %d times, and the fork to the left has served %d meals\n",
                names[seat], eaten[seat], forks[seat].meals);
}

}  // namespace

int main(int argc, char** argv) {
  const int meals = argc > 1 ? std::atoi(argv[1]) : 1'000;
  return gander::run([=] { dine(meals); });
}
