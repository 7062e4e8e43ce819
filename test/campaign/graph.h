// SPDX-License-Identifier: Apache-2.0
//
// What the campaign's mutators build: nodes of the collected heap, of every kind of object there
// is. Each carries its number twice. No number in it looks like an address, also on 32 bits.
#pragma once

#include <gander/gc.h>

#include <cstdint>

#include "stress/dice.h"
#include "stress/ledger.h"

namespace gander::campaign {

using stress::dice;
using stress::fail;

inline constexpr int edges = 4;

struct node {
  static constexpr std::uint32_t good = 0x600d;
  static constexpr std::uint32_t mask = 0x5a5a5a;

  // In this order: with the number above it, 192 and the mark were an address of the heap.
  std::uint32_t number = 0;
  std::uint32_t check = good;
  gc::ptr<node> to[edges];
  std::uint32_t masked_number = mask;
};

// Of an exact type, inside of a conservative one, an array, a large one.
node* make_node(dice& d, std::uint32_t number);

// What a freed object is filled with is no node.
inline bool is_whole(const node& n) {
  return n.check == node::good && n.masked_number == (n.number ^ node::mask);
}

// Garbage, and ways for other goroutines and the collector to come between.
void dawdle(dice& d);

}  // namespace gander::campaign
