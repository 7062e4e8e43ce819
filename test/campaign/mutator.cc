// SPDX-License-Identifier: Apache-2.0
#include "campaign/mutator.h"

#include <gander/go.h>

#include <utility>

namespace gander::campaign {
namespace {

constexpr std::uint32_t none = 0;
constexpr std::uint32_t first = 1;
constexpr std::size_t most_numbers = 20'000;

}  // namespace

mutator::mutator(dice d, echoes& e, std::size_t distance)
    : dice_(d),
      echoes_(e),
      list_(make_node(dice_, first)),
      hidden_root_(~reinterpret_cast<std::uintptr_t>(list_.get())),
      model_(2),
      gone_(std::make_shared<std::vector<std::atomic<bool>>>(most_numbers)),
      has_cleanup_(2),
      came_by_(2) {
  for (; distance > 0; --distance) {
    auto* const longer = gc::make<node>();
    longer->to[0] = list_.get();
    list_ = longer;
  }
}

void mutator::check(const node* n, std::uint32_t number) const {
  if ((n == nullptr) != (number == none)) fail("an edge is not what it was", number);
  if (n != nullptr && (!is_whole(*n) || n->number != number))
    fail("an object is lost; the way by which it came last", came_by_[number]);
}

mutator::place mutator::walk() {
  place p{root(), first};
  check(p.at, p.number);
  for (std::size_t left = dice_.below(12); left > 0; --left) {
    const std::size_t edge = dice_.below(edges);
    const std::uint32_t number = model_[p.number][edge];
    check(p.at->to[edge], number);
    if (number == none) break;
    p = {p.at->to[edge], number};
  }
  return p;
}

void mutator::make_into(const place& p, int edge) {
  const auto number = static_cast<std::uint32_t>(model_.size());
  if (number == most_numbers) return;
  model_.emplace_back();
  p.at->to[edge] = make_node(dice_, number);
  model_[p.number][static_cast<std::size_t>(edge)] = number;
  came_by_.push_back(ways);
  has_cleanup_.push_back(dice_.one_in(4));
  if (has_cleanup_.back())
    gc::add_cleanup(p.at->to[edge].get(), [gone = gone_, number] { (*gone)[number] = true; });
}

void mutator::step() {
  const place p = walk();
  const std::size_t edge = dice_.below(edges);
  const place q = walk();
  const std::size_t other = dice_.below(edges);
  std::uint32_t& here = model_[p.number][edge];
  std::uint32_t& there = model_[q.number][other];
  switch (dice_.below(8)) {
    case 0:
    case 1:
    case 2:
      make_into(p, static_cast<int>(edge));
      break;
    case 3:
      p.at->to[edge] = nullptr;
      here = none;
      break;
    case 4:
      q.at->to[other] = p.at->to[edge];
      there = here;
      break;
    case 5:
      swap(p.at->to[edge], q.at->to[other]);
      std::swap(here, there);
      break;
    default: {
      const auto way = static_cast<int>(dice_.below(ways));
      came_by_[here] = static_cast<std::uint8_t>(way);
      move_by(way, dice_, echoes_, p.at->to[edge], q.at->to[other]);
      there = std::exchange(here, none);
    }
  }
}

void mutator::run(std::uint64_t steps) {
  for (; steps > 0; --steps) {
    step();
    stress::tick();
    if (dice_.one_in(64)) yield();
  }
}

std::vector<bool> mutator::reachable() const {
  std::vector<bool> reached(model_.size());
  if (list_ == nullptr) return reached;
  std::vector<std::uint32_t> next{first};
  reached[first] = true;
  while (!next.empty()) {
    const std::uint32_t number = next.back();
    next.pop_back();
    for (const std::uint32_t to : model_[number])
      if (to != none && !reached[to]) {
        reached[to] = true;
        next.push_back(to);
      }
  }
  return reached;
}

void mutator::check_reachable() const {
  if (list_ == nullptr) return;
  std::vector<bool> seen(model_.size());
  std::vector<const node*> next{root()};
  seen[first] = true;
  while (!next.empty()) {
    const node* const n = next.back();
    next.pop_back();
    if (has_cleanup_[n->number] && (*gone_)[n->number]) fail("a cleanup came early", n->number);
    for (std::size_t edge = 0; edge < edges; ++edge) {
      const std::uint32_t number = model_[n->number][edge];
      check(n->to[edge], number);
      if (number == none || seen[number]) continue;
      seen[number] = true;
      next.push_back(n->to[edge]);
    }
  }
}

bool mutator::unreachable_are_gone() const {
  const std::vector<bool> reached = reachable();
  for (std::uint32_t number = first; number < model_.size(); ++number)
    if (!reached[number] && has_cleanup_[number] && !(*gone_)[number]) return false;
  return true;
}

}  // namespace gander::campaign
