// SPDX-License-Identifier: Apache-2.0
//
// A program at random against a model: a graph of the collected heap that one goroutine changes,
// and the same graph in numbers, in memory that the collector does not look at. What the model says
// can be reached is there, with its contents; what it says cannot goes within two cycles.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "campaign/graph.h"
#include "campaign/ways.h"

namespace gander::campaign {

class mutator {
 public:
  // The graph hangs at the end of a list of so many objects: the longer it is, the more the graph
  // changes before the collector comes to it.
  mutator(dice d, echoes& e, std::size_t distance);
  mutator(const mutator&) = delete;
  mutator& operator=(const mutator&) = delete;

  // So many changes. On a goroutine.
  void run(std::uint64_t steps);

  // On another one, which has no word of the first one's. After two cycles in which nobody runs:
  // all that the model says can be reached is right, and of what cannot the cleanups are due.
  void check_reachable() const;
  bool unreachable_are_gone() const;
  void drop() { list_ = nullptr; }  // of the model, too: nothing can be reached

 private:
  // A place in both graphs.
  struct place {
    node* at;
    std::uint32_t number;
  };

  node* root() const { return reinterpret_cast<node*>(~hidden_root_); }
  place walk();
  void step();
  void make_into(const place& p, int edge);
  std::vector<bool> reachable() const;
  void check(const node* n, std::uint32_t number) const;

  dice dice_;
  echoes& echoes_;
  gc::root<node> list_;
  std::uintptr_t hidden_root_;                           // inverted: the list alone holds it
  std::vector<std::array<std::uint32_t, edges>> model_;  // by number; 0: none; 1: the root
  // By number; written by cleanups, which may come after this one's end.
  std::shared_ptr<std::vector<std::atomic<bool>>> gone_;
  std::vector<bool> has_cleanup_;
  std::vector<std::uint8_t> came_by_;  // the last way; for people
};

}  // namespace gander::campaign
