// SPDX-License-Identifier: Apache-2.0
#include "campaign/sharers.h"

#include <gander/go.h>

#include <atomic>

namespace gander::campaign {
namespace {

struct shared_node {
  std::uint32_t check = node::good;
  std::uint32_t number = 0;
  gc::atomic_ptr<shared_node> to[edges];
  std::uint32_t masked_number = node::mask;
};

constexpr std::size_t root_count = 8;
gc::atomic_ptr<shared_node> roots[root_count];
std::atomic<std::uint32_t> made{0};

shared_node* look(shared_node* n) {
  if (n != nullptr && (n->check != node::good || n->masked_number != (n->number ^ node::mask)))
    fail("a shared object is lost", n->number);
  return n;
}

shared_node* make() {
  auto* const n = gc::make<shared_node>();
  n->number = ++made & node::mask;
  n->masked_number = n->number ^ node::mask;
  return n;
}

gc::atomic_ptr<shared_node>& walk(dice& d) {
  gc::atomic_ptr<shared_node>* slot = &roots[d.below(root_count)];
  for (std::size_t left = d.below(12); left > 0; --left) {
    shared_node* const n = look(slot->load());
    if (n == nullptr) break;
    slot = &n->to[d.below(edges)];
  }
  return *slot;
}

void step(dice& d) {
  gc::atomic_ptr<shared_node>& slot = walk(d);
  switch (d.below(6)) {
    case 0:
    case 1:
      slot.store(make());
      break;
    case 2:
      slot.store(nullptr);
      break;
    case 3:
      slot.store(look(walk(d).load()));
      break;
    default:
      walk(d).store(look(slot.exchange(nullptr)));
  }
}

}  // namespace

void share(dice d, std::uint64_t steps) {
  for (; steps > 0; --steps) {
    step(d);
    stress::tick();
    if (d.one_in(32)) dawdle(d);
  }
}

void drop_shared() {
  for (auto& r : roots) r.store(nullptr);
}

}  // namespace gander::campaign
