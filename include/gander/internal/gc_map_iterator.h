// SPDX-License-Identifier: Apache-2.0
//
// Iterators of gc::map.
#pragma once

#include <gander/internal/gc_tree.h>

#include <cstddef>
#include <iterator>
#include <memory>
#include <type_traits>

#pragma GCC visibility push(default)

namespace gander::internal {

template <typename Value>
struct gc_map_node : gc_tree_node {
  template <typename... Args>
  explicit gc_map_node(Args&&... args) : value(std::forward<Args>(args)...) {}

  Value value;

  // The map destroys values; of what it holds otherwise nothing is lost.
  GANDER_GC_FIELDS(gc_map_node, parent, left, right, value)
};

// `root` is the map's: behind the last element there is none to ask for the one before it.
template <typename Value, bool Const>
class gc_map_iterator {
 public:
  using iterator_category = std::bidirectional_iterator_tag;
  using value_type = Value;
  using difference_type = std::ptrdiff_t;
  using pointer = std::conditional_t<Const, const Value*, Value*>;
  using reference = std::conditional_t<Const, const Value&, Value&>;

  gc_map_iterator() noexcept = default;
  gc_map_iterator(gc_tree_node* node, const gc::ptr<gc_tree_node>* root) noexcept
      : node_(node), root_(root) {}
  template <bool Other>  // no copy constructor
  requires(Const && !Other) gc_map_iterator(const gc_map_iterator<Value, Other>& other)
  noexcept : node_(other.node()), root_(other.root_) {}

  reference operator*() const noexcept { return static_cast<gc_map_node<Value>*>(node_)->value; }
  pointer operator->() const noexcept { return std::addressof(**this); }
  gc_map_iterator& operator++() noexcept {
    node_ = gc_tree_next(node_);
    return *this;
  }
  gc_map_iterator& operator--() noexcept {
    node_ = node_ == nullptr ? gc_tree_last(*root_) : gc_tree_previous(node_);
    return *this;
  }
  gc_map_iterator operator++(int) noexcept {
    const gc_map_iterator before = *this;
    ++*this;
    return before;
  }
  gc_map_iterator operator--(int) noexcept {
    const gc_map_iterator before = *this;
    --*this;
    return before;
  }
  friend bool operator==(const gc_map_iterator& a, const gc_map_iterator& b) noexcept {
    return a.node_ == b.node_;
  }

  gc_tree_node* node() const noexcept { return node_; }  // the map's

 private:
  template <typename, bool>
  friend class gc_map_iterator;

  gc_tree_node* node_ = nullptr;
  const gc::ptr<gc_tree_node>* root_ = nullptr;
};

}  // namespace gander::internal

#pragma GCC visibility pop
