// SPDX-License-Identifier: Apache-2.0
#include "module.h"

#include <gander/gander.h>

void start_sending(const gander::chan<int>& numbers) {
  gander::go([=] {
    for (int i = 1; i <= 10; ++i) numbers.send(i);
    numbers.close();
  });
}

int run_alone() {
  return gander::run([] {
    const auto numbers = gander::make_chan<int>();
    start_sending(numbers);
    int sum = 0;
    for (const int n : numbers) sum += n;
    return sum;
  });
}
