// SPDX-License-Identifier: Apache-2.0
//
// gc::map<K, V>: std::map in the collected heap.
#pragma once

#include <gander/gc/ptr.h>
#include <gander/internal/gc_destroy.h>
#include <gander/internal/gc_map_iterator.h>
#include <gander/internal/gc_sequence.h>
#include <gander/internal/gc_tree.h>

#include <cstddef>
#include <initializer_list>
#include <iterator>
#include <memory>  // std::less
#include <stdexcept>
#include <tuple>
#include <type_traits>
#include <utility>

#pragma GCC visibility push(default)

namespace gander::gc {

// The interface and the guarantees of std::map, without allocators, node handles and merge(). May
// stand where a gc::ptr may, and as a local.
//
//     struct directory {
//       gander::gc::map<gander::gc::string, gander::gc::ptr<directory>> entries;
//     };
//     directory* home = gander::gc::make<directory>();
//     home->entries["src"] = gander::gc::make<directory>();
//
// Iterators and references stay good until their element is erased, or the map moved from or gone;
// in locals, they hold it. begin() takes logarithmic time. Keys and values must be of types that
// gc::make takes, since their destructors need not run; the comparison, of a type without pointers.
// Non-switching, unless those are. Throws what std::map throws.
template <typename K, typename V, typename Compare = std::less<K>>
class map {
 public:
  using key_type = K;
  using mapped_type = V;
  using value_type = std::pair<const K, V>;
  using size_type = std::size_t;
  using difference_type = std::ptrdiff_t;
  using key_compare = Compare;
  using reference = value_type&;
  using const_reference = const value_type&;
  using iterator = internal::gc_map_iterator<value_type, false>;
  using const_iterator = internal::gc_map_iterator<value_type, true>;
  using reverse_iterator = std::reverse_iterator<iterator>;
  using const_reverse_iterator = std::reverse_iterator<const_iterator>;

  constexpr map() noexcept(std::is_nothrow_default_constructible_v<Compare>) : compare_() {}
  explicit map(const Compare& compare) : compare_(compare) {}
  template <internal::gc_input I>
  map(I first, I last, const Compare& compare = Compare()) : map(compare) {
    insert(first, last);
  }
  map(std::initializer_list<value_type> values, const Compare& compare = Compare())
      : map(values.begin(), values.end(), compare) {}
  map(const map& other) : map(other.compare_) {
    for (const value_type& value : other)  // in order: each behind the last
      hang(internal::gc_tree_last(root_), false, make_node(value));
  }
  map(map&& other) noexcept(std::is_nothrow_copy_constructible_v<Compare>)
      : compare_(other.compare_),
        root_(std::move(other.root_)),
        size_(std::exchange(other.size_, 0)) {}
  ~map() { clear(); }

  map& operator=(const map& other) {
    if (this != &other) map(other).swap(*this);
    return *this;
  }
  map& operator=(map&& other) noexcept(std::is_nothrow_copy_constructible_v<Compare>) {
    map(std::move(other)).swap(*this);
    return *this;
  }
  map& operator=(std::initializer_list<value_type> values) {
    map(values, compare_).swap(*this);
    return *this;
  }

  iterator begin() noexcept { return at_node(internal::gc_tree_first(root_)); }
  const_iterator begin() const noexcept { return at_node(internal::gc_tree_first(root_)); }
  const_iterator cbegin() const noexcept { return begin(); }
  iterator end() noexcept { return at_node(nullptr); }
  const_iterator end() const noexcept { return at_node(nullptr); }
  const_iterator cend() const noexcept { return end(); }
  reverse_iterator rbegin() noexcept { return reverse_iterator(end()); }
  const_reverse_iterator rbegin() const noexcept { return const_reverse_iterator(end()); }
  reverse_iterator rend() noexcept { return reverse_iterator(begin()); }
  const_reverse_iterator rend() const noexcept { return const_reverse_iterator(begin()); }

  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  size_type size() const noexcept { return size_; }
  key_compare key_comp() const { return compare_; }

  V& operator[](const K& key) { return try_emplace(key).first->second; }
  V& operator[](K&& key) { return try_emplace(std::move(key)).first->second; }
  V& at(const K& key) { return must_find(key)->second; }
  const V& at(const K& key) const { return const_cast<map*>(this)->must_find(key)->second; }

  template <typename... Args>
  std::pair<iterator, bool> emplace(Args&&... args) {
    node* const made = make_node(std::forward<Args>(args)...);
    place where;
    try {
      where = find_place(made->value.first);
    } catch (...) {
      std::destroy_at(&made->value);
      throw;
    }
    if (where.found != nullptr) {
      std::destroy_at(&made->value);
      return {at_node(where.found), false};
    }
    return {hang(where.parent, where.left, made), true};
  }
  template <typename... Args>
  std::pair<iterator, bool> try_emplace(const K& key, Args&&... args) {
    return try_emplace_key(key, std::forward<Args>(args)...);
  }
  template <typename... Args>
  std::pair<iterator, bool> try_emplace(K&& key, Args&&... args) {
    return try_emplace_key(std::move(key), std::forward<Args>(args)...);
  }
  std::pair<iterator, bool> insert(const value_type& value) {
    return try_emplace(value.first, value.second);
  }
  std::pair<iterator, bool> insert(value_type&& value) {
    return try_emplace(value.first, std::move(value.second));
  }
  template <typename P>
  requires std::is_constructible_v<std::pair<const K, V>, P &&> std::pair<iterator, bool> insert(
      P&& value) {
    return emplace(std::forward<P>(value));
  }
  template <internal::gc_input I>
  void insert(I first, I last) {
    for (; first != last; ++first) insert(*first);
  }
  void insert(std::initializer_list<value_type> values) { insert(values.begin(), values.end()); }
  template <typename W>
  std::pair<iterator, bool> insert_or_assign(const K& key, W&& value) {
    return assign_key(key, std::forward<W>(value));
  }
  template <typename W>
  std::pair<iterator, bool> insert_or_assign(K&& key, W&& value) {
    return assign_key(std::move(key), std::forward<W>(value));
  }

  iterator erase(const_iterator where) noexcept {
    node* const gone = static_cast<node*>(where.node());
    ++where;
    internal::gc_tree_remove(root_, gone);
    --size_;
    std::destroy_at(&gone->value);
    return at_node(where.node());
  }
  iterator erase(iterator where) noexcept { return erase(const_iterator(where)); }
  iterator erase(const_iterator first, const_iterator last) noexcept {
    while (first != last) first = erase(first);
    return at_node(last.node());
  }
  size_type erase(const K& key) {
    const const_iterator found = find(key);
    if (found == end()) return 0;
    erase(found);
    return 1;
  }
  // The nodes need no change: nothing leads to them any more.
  void clear() noexcept {
    if constexpr (!std::is_trivially_destructible_v<value_type>)
      for (value_type& value : *this) std::destroy_at(&value);
    root_ = nullptr;
    size_ = 0;
  }
  void swap(map& other) noexcept(std::is_nothrow_swappable_v<Compare>) {
    using std::swap;
    swap(compare_, other.compare_);
    swap(root_, other.root_);
    swap(size_, other.size_);
  }
  friend void swap(map& a, map& b) noexcept(noexcept(a.swap(b))) { a.swap(b); }

  iterator find(const K& key) { return at_node(find_node(key)); }
  const_iterator find(const K& key) const { return at_node(find_node(key)); }
  bool contains(const K& key) const { return find_node(key) != nullptr; }
  size_type count(const K& key) const { return contains(key) ? 1 : 0; }
  iterator lower_bound(const K& key) { return at_node(bound(key, false)); }
  const_iterator lower_bound(const K& key) const { return at_node(bound(key, false)); }
  iterator upper_bound(const K& key) { return at_node(bound(key, true)); }
  const_iterator upper_bound(const K& key) const { return at_node(bound(key, true)); }
  std::pair<iterator, iterator> equal_range(const K& key) {
    return {lower_bound(key), upper_bound(key)};
  }
  std::pair<const_iterator, const_iterator> equal_range(const K& key) const {
    return {lower_bound(key), upper_bound(key)};
  }
  // For a Compare that is transparent: whatever it compares with keys.
  template <typename Q, typename C = Compare, typename = typename C::is_transparent>
  iterator find(const Q& key) {
    return at_node(find_node(key));
  }
  template <typename Q, typename C = Compare, typename = typename C::is_transparent>
  const_iterator find(const Q& key) const {
    return at_node(find_node(key));
  }
  template <typename Q, typename C = Compare, typename = typename C::is_transparent>
  bool contains(const Q& key) const {
    return find_node(key) != nullptr;
  }

  friend bool operator==(const map& a, const map& b) {
    return a.size_ == b.size_ && internal::gc_equal(a.begin(), a.end(), b.begin());
  }
  friend auto operator<=>(const map& a, const map& b) {
    return internal::gc_compare_all(a.begin(), a.end(), b.begin(), b.end(),
                                    internal::gc_compare<value_type>);
  }

 private:
  GANDER_GC_FIELDS(map, root_)

  using tree_node = internal::gc_tree_node;
  using node = internal::gc_map_node<value_type>;

  // Where a key is, or belongs.
  struct place {
    tree_node* found = nullptr;
    tree_node* parent = nullptr;
    bool left = false;
  };

  static const K& key_of(const tree_node* n) noexcept {
    return static_cast<const node*>(n)->value.first;
  }
  iterator at_node(tree_node* n) noexcept { return iterator(n, &root_); }
  const_iterator at_node(tree_node* n) const noexcept { return const_iterator(n, &root_); }

  template <typename... Args>
  static node* make_node(Args&&... args) {
    internal::gc_check_element<K>();
    internal::gc_check_element<V>();
    static_assert(internal::gc_layout_of<Compare>() == internal::gc_layout::none,
                  "gander::gc::map: the comparison must not hold pointers");
    return internal::gc_make_one<node>(
        [&](void* memory) { return ::new (memory) node(std::forward<Args>(args)...); });
  }
  iterator hang(tree_node* parent, bool left, node* made) noexcept {
    internal::gc_tree_add(root_, parent, left, made);
    ++size_;
    return at_node(made);
  }

  // The first node that is not less than the key, or (after) that is greater.
  template <typename Q>
  tree_node* bound(const Q& key, bool after) const {
    tree_node* best = nullptr;
    for (tree_node* n = root_; n != nullptr;) {
      if (after ? compare_(key, key_of(n)) : !compare_(key_of(n), key)) {
        best = n;
        n = n->left;
      } else {
        n = n->right;
      }
    }
    return best;
  }
  template <typename Q>
  tree_node* find_node(const Q& key) const {
    tree_node* const n = bound(key, false);
    return n != nullptr && !compare_(key, key_of(n)) ? n : nullptr;
  }
  place find_place(const K& key) const {
    place where;
    tree_node* not_less = nullptr;
    for (tree_node* n = root_; n != nullptr;) {
      where.parent = n;
      where.left = !compare_(key_of(n), key);
      if (where.left) not_less = n;
      n = where.left ? n->left : n->right;
    }
    if (not_less != nullptr && !compare_(key, key_of(not_less))) where.found = not_less;
    return where;
  }
  iterator must_find(const K& key) {
    const iterator found = find(key);
    if (found == end()) throw std::out_of_range("gander::gc::map: no such key");
    return found;
  }

  template <typename Key, typename... Args>
  std::pair<iterator, bool> try_emplace_key(Key&& key, Args&&... args) {
    const place where = find_place(key);
    if (where.found != nullptr) return {at_node(where.found), false};
    node* const made =
        make_node(std::piecewise_construct, std::forward_as_tuple(std::forward<Key>(key)),
                  std::forward_as_tuple(std::forward<Args>(args)...));
    return {hang(where.parent, where.left, made), true};
  }
  template <typename Key, typename W>
  std::pair<iterator, bool> assign_key(Key&& key, W&& value) {
    const place where = find_place(key);
    if (where.found == nullptr)
      return {
          hang(where.parent, where.left, make_node(std::forward<Key>(key), std::forward<W>(value))),
          true};
    static_cast<node*>(where.found)->value.second = std::forward<W>(value);
    return {at_node(where.found), false};
  }

  [[no_unique_address]] Compare compare_;
  ptr<tree_node> root_;
  size_type size_ = 0;
};

}  // namespace gander::gc

#pragma GCC visibility pop
