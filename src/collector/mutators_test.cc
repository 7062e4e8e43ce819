// SPDX-License-Identifier: Apache-2.0
//
// Goroutines that change graphs at random while the collector marks, against a model: what can be
// reached keeps its contents. Each object carries a number and what it should be; what was freed is
// clobbered, so that a lost object is seen at the next look.
#include <gander/gander.h>
#include <gander/internal/gc_runtime.h>
#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <vector>

#include "base/godebug.h"
#include "collector/cycle.h"
#include "heap/central.h"

namespace gander::collector {
namespace {

using internal::gc_layout;
using internal::gc_type;

constexpr std::uint64_t magic = 0x600d0b1ec7600d00;
constexpr int edges = 4;

struct node {
  std::uint64_t check = magic;
  std::uint64_t number = 0;
  node* to[edges] = {};
  std::uint64_t same_number = 0;
};

void describe(void (*word)(void*, std::size_t), void* to) {
  for (std::size_t i = 0; i < edges; ++i) word(to, offsetof(node, to) + i * sizeof(node*));
}

constinit gc_type exact_type{"exact node", sizeof(node), gc_layout::exact, describe};
constinit gc_type vague_type{"vague node", sizeof(node), gc_layout::conservative};
constinit gc_type bytes_type{"bytes", 1, gc_layout::none};

// The graphs are shared, without a lock. acquire: pairs with store(); what it points to is whole.
node* load(node*& slot) { return std::atomic_ref(slot).load(std::memory_order_acquire); }

// As gc::atomic_ptr, for several may store into one slot.
void store(node*& slot, node* value) {
  node* const old_value = std::atomic_ref(slot).exchange(value);
  std::atomic_signal_fence(std::memory_order_seq_cst);
  if (internal::gc_now.marking.load(std::memory_order_relaxed))
    internal::gc_shade(old_value, value);
}

class mutator {
 public:
  mutator(std::uint64_t seed, chan<node*> in, chan<node*> out)
      : random_(seed), in_(in), out_(out), root_(internal::gc_take_root()) {
    root_->value.store(make());
  }
  ~mutator() { internal::gc_put_root(root_); }
  mutator(const mutator&) = delete;
  mutator& operator=(const mutator&) = delete;

  // False at the first object that is not what it was.
  bool run(int steps) {
    for (int i = 0; i < steps && ok_; ++i) step();
    return ok_;
  }

 private:
  node* make() {
    node* const n = ::new (internal::gc_allocate(
        sizeof(node), alignof(node), random_() % 2 != 0 ? exact_type : vague_type)) node;
    n->number = n->same_number = ++made_;
    if (random_() % 16 == 0)
      internal::gc_allocate(static_cast<std::size_t>(random_() % 5000), 1, bytes_type);
    return n;
  }

  node* look(node* n) {
    if (n != nullptr && (n->check != magic || n->number != n->same_number)) ok_ = false;
    return ok_ ? n : nullptr;
  }

  node* root() { return look(static_cast<node*>(const_cast<void*>(root_->value.load()))); }

  // Somewhere down from the root.
  node* walk() {
    node* at = root();
    for (std::uint64_t left = random_() % 12; at != nullptr && left > 0; --left) {
      node* const next = look(load(at->to[random_() % edges]));
      if (next == nullptr) break;
      at = next;
    }
    return at;
  }

  void step() {
    node* const at = walk();
    if (at == nullptr) return;
    node*& slot = at->to[random_() % edges];
    switch (random_() % 8) {
      case 0:
      case 1:
      case 2:
        store(slot, make());
        break;
      case 3:
      case 4: {  // an edge moves: the only way to what is below may be in a register for a while
        node* const there = walk();
        if (there == nullptr) break;
        node*& other = there->to[random_() % edges];
        node* const moved = look(load(slot));
        store(slot, nullptr);
        store(other, moved);
        break;
      }
      case 5:
        store(slot, nullptr);
        break;
      case 6:
        if (load(slot) != nullptr) out_.try_send(look(load(slot)));
        break;
      default:
        if (auto got = in_.try_recv()) store(slot, look(*got));
    }
    if (random_() % 64 == 0) yield();
  }

  std::mt19937_64 random_;
  chan<node*> in_, out_;
  internal::gc_root_cell* root_;
  std::uint64_t made_ = 0;
  bool ok_ = true;
};

void run_mutators(int procs, int count, int steps) {
  const std::uint32_t before = count_cycles().cycles;
  heap::central::clobber_freed(true);
  godebug.gccheckmark = true;
  std::atomic<int> good{0};
  std::atomic<bool> over{false};
  run(run_options{.gomaxprocs = procs}, [&] {
    std::vector<chan<node*>> ring;
    for (int i = 0; i < count; ++i) ring.push_back(make_chan<node*>(8));
    wait_group all;
    go([&] {
      while (!over) collect_now();
    });
    for (int i = 0; i < count; ++i)
      all.go([&, i] {
        const auto at = static_cast<std::size_t>(i);
        mutator m(static_cast<std::uint64_t>(i) + 1, ring[at], ring[(at + 1) % ring.size()]);
        if (m.run(steps)) ++good;
      });
    all.wait();
    over = true;
  });
  godebug.gccheckmark = false;
  heap::central::clobber_freed(false);
  EXPECT_EQ(good, count);
  EXPECT_GT(count_cycles().cycles, before);
}

TEST(mutators, lose_nothing) { run_mutators(4, 8, 20'000); }
TEST(mutators, lose_nothing_beside_workers) { run_mutators(16, 8, 20'000); }
TEST(mutators, lose_nothing_on_one_p) { run_mutators(1, 8, 20'000); }

TEST(mutators, lose_nothing_with_the_barrier_of_2015) {
  godebug.gcbarrier_dijkstra = true;
  run_mutators(2, 8, 20'000);
  godebug.gcbarrier_dijkstra = false;
}

}  // namespace
}  // namespace gander::collector
