// SPDX-License-Identifier: Apache-2.0
//
// gc::vector<T>: std::vector in the collected heap.
#pragma once

#include <gander/gc/ptr.h>
#include <gander/internal/gc_destroy.h>
#include <gander/internal/gc_sequence.h>

#include <compare>
#include <cstddef>
#include <initializer_list>
#include <iterator>
#include <limits>
#include <memory>
#include <stdexcept>
#include <type_traits>
#include <utility>

#pragma GCC visibility push(default)

namespace gander::gc {

// The interface and the guarantees of std::vector, without allocators; vector<bool> holds bools.
// May stand where a gc::ptr may, and as a local. Three words.
//
//     struct graph {
//       gander::gc::vector<gander::gc::ptr<graph>> next;
//     };
//     graph* g = gander::gc::make<graph>();
//     g->next.push_back(gander::gc::make<graph>());
//     for (graph* n : g->next) n->next.push_back(g);
//
// Elements that are pointers are gc::ptr, not plain ones: the collector would not be told of them.
// Iterators are plain pointers, and hold the elements they point to: used after push_back() has
// moved the elements elsewhere they are wrong as with std::vector, but point to no foreign memory.
// When the vector is part of an object of the heap, the elements' destructors need not run, so they
// must be of types that gc::make takes. Non-switching, unless elements are. Throws what std::vector
// throws.
template <typename T>
class vector {
 public:
  using value_type = T;
  using size_type = std::size_t;
  using difference_type = std::ptrdiff_t;
  using reference = T&;
  using const_reference = const T&;
  using pointer = T*;
  using const_pointer = const T*;
  using iterator = T*;
  using const_iterator = const T*;
  using reverse_iterator = std::reverse_iterator<iterator>;
  using const_reverse_iterator = std::reverse_iterator<const_iterator>;

  constexpr vector() noexcept = default;
  explicit vector(size_type n) : vector() { resize(n); }
  vector(size_type n, const T& value) : vector() { resize(n, value); }
  template <internal::gc_input I>
  vector(I first, I last) : vector() {
    append(first, last);
  }
  vector(std::initializer_list<T> values) : vector(values.begin(), values.end()) {}
  vector(const vector& other) : vector(other.begin(), other.end()) {}
  vector(vector&& other) noexcept
      : data_(std::move(other.data_)),
        size_(std::exchange(other.size_, 0)),
        capacity_(std::exchange(other.capacity_, 0)) {}
  ~vector() { clear(); }

  vector& operator=(const vector& other) {
    if (this != &other) vector(other).swap(*this);
    return *this;
  }
  vector& operator=(vector&& other) noexcept {
    vector(std::move(other)).swap(*this);
    return *this;
  }
  vector& operator=(std::initializer_list<T> values) {
    vector(values).swap(*this);
    return *this;
  }
  void assign(size_type n, const T& value) { vector(n, value).swap(*this); }
  template <internal::gc_input I>
  void assign(I first, I last) {
    vector(first, last).swap(*this);
  }
  void assign(std::initializer_list<T> values) { vector(values).swap(*this); }

  T* data() noexcept { return data_; }
  const T* data() const noexcept { return data_; }
  iterator begin() noexcept { return data(); }
  const_iterator begin() const noexcept { return data(); }
  const_iterator cbegin() const noexcept { return data(); }
  iterator end() noexcept { return data() + size_; }
  const_iterator end() const noexcept { return data() + size_; }
  const_iterator cend() const noexcept { return data() + size_; }
  reverse_iterator rbegin() noexcept { return reverse_iterator(end()); }
  const_reverse_iterator rbegin() const noexcept { return const_reverse_iterator(end()); }
  const_reverse_iterator crbegin() const noexcept { return rbegin(); }
  reverse_iterator rend() noexcept { return reverse_iterator(begin()); }
  const_reverse_iterator rend() const noexcept { return const_reverse_iterator(begin()); }
  const_reverse_iterator crend() const noexcept { return rend(); }

  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  size_type size() const noexcept { return size_; }
  size_type capacity() const noexcept { return capacity_; }
  static constexpr size_type max_size() noexcept {
    return (static_cast<size_type>(std::numeric_limits<difference_type>::max()) - sizeof(void*)) /
           sizeof(T);
  }

  T& operator[](size_type i) noexcept { return data()[i]; }
  const T& operator[](size_type i) const noexcept { return data()[i]; }
  T& at(size_type i) {
    check(i);
    return data()[i];
  }
  const T& at(size_type i) const {
    check(i);
    return data()[i];
  }
  T& front() noexcept { return *begin(); }
  const T& front() const noexcept { return *begin(); }
  T& back() noexcept { return end()[-1]; }
  const T& back() const noexcept { return end()[-1]; }

  void reserve(size_type n) {
    if (n > capacity_) move_to(n);
  }
  void shrink_to_fit() {
    if (size_ == capacity_) return;
    if (size_ == 0) {
      vector().swap(*this);
    } else {
      move_to(size_);
    }
  }
  void clear() noexcept { truncate(0); }
  void resize(size_type n) {
    if (n <= size_) return truncate(n);
    reserve_more(n - size_);
    std::uninitialized_value_construct_n(end(), n - size_);
    size_ = n;
  }
  void resize(size_type n, const T& value) {
    if (n <= size_) return truncate(n);
    if (n > capacity_) {
      const T copy(value);  // it may be one of ours
      reserve_more(n - size_);
      std::uninitialized_fill_n(end(), n - size_, copy);
    } else {
      std::uninitialized_fill_n(end(), n - size_, value);
    }
    size_ = n;
  }

  template <typename... Args>
  T& emplace_back(Args&&... args) {
    if (size_ < capacity_) {
      ::new (static_cast<void*>(end())) T(std::forward<Args>(args)...);
    } else {
      // The new one first: the arguments may be elements.
      const size_type capacity = grown(1);
      T* const memory = internal::gc_array_memory<T>(capacity);
      T* const made = ::new (static_cast<void*>(memory + size_)) T(std::forward<Args>(args)...);
      try {
        internal::gc_relocate(data(), size_, memory);
      } catch (...) {
        std::destroy_at(made);
        throw;
      }
      take(memory, capacity);
    }
    return data()[size_++];
  }
  void push_back(const T& value) { emplace_back(value); }
  void push_back(T&& value) { emplace_back(std::move(value)); }
  void pop_back() noexcept { truncate(size_ - 1); }

  template <typename... Args>
  iterator emplace(const_iterator where, Args&&... args) {
    const size_type i = index(where);
    emplace_back(std::forward<Args>(args)...);
    internal::gc_rotate(begin() + i, end() - 1, end());
    return begin() + i;
  }
  iterator insert(const_iterator where, const T& value) { return emplace(where, value); }
  iterator insert(const_iterator where, T&& value) { return emplace(where, std::move(value)); }
  iterator insert(const_iterator where, size_type n, const T& value) {
    const size_type i = index(where);
    const size_type before = size_;
    resize(size_ + n, value);
    internal::gc_rotate(begin() + i, begin() + before, end());
    return begin() + i;
  }
  template <internal::gc_input I>
  iterator insert(const_iterator where, I first, I last) {
    const size_type i = index(where);
    const size_type before = size_;
    try {
      append(first, last);
    } catch (...) {
      truncate(before);
      throw;
    }
    internal::gc_rotate(begin() + i, begin() + before, end());
    return begin() + i;
  }
  iterator insert(const_iterator where, std::initializer_list<T> values) {
    return insert(where, values.begin(), values.end());
  }

  iterator erase(const_iterator where) { return erase(where, where + 1); }
  iterator erase(const_iterator first, const_iterator last) {
    T* to = begin() + index(first);
    if (first != last) {
      for (T* from = begin() + index(last); from != end(); ++from, ++to) *to = std::move(*from);
      truncate(static_cast<size_type>(to - begin()));
    }
    return begin() + index(first);
  }

  void swap(vector& other) noexcept {
    using std::swap;
    swap(data_, other.data_);
    swap(size_, other.size_);
    swap(capacity_, other.capacity_);
  }
  friend void swap(vector& a, vector& b) noexcept { a.swap(b); }

  friend bool operator==(const vector& a, const vector& b) {
    return a.size_ == b.size_ && internal::gc_equal(a.begin(), a.end(), b.begin());
  }
  friend auto operator<=>(const vector& a, const vector& b) {
    return internal::gc_compare_all(a.begin(), a.end(), b.begin(), b.end(),
                                    internal::gc_compare<T>);
  }

 private:
  GANDER_GC_FIELDS(vector, data_)

  size_type index(const_iterator where) const noexcept {
    return static_cast<size_type>(where - begin());
  }
  void check(size_type i) const {
    if (i >= size_) throw std::out_of_range("gander::gc::vector: no element at this index");
  }

  void truncate(size_type n) noexcept {
    if (n == size_) return;
    std::destroy(begin() + n, end());
    size_ = n;
  }

  // A capacity for so many more.
  size_type grown(size_type more) const {
    internal::gc_check_element<T>();
    if (more > max_size() - size_) throw std::length_error("gander::gc::vector: too long");
    const size_type needed = size_ + more < 4 ? 4 : size_ + more;
    const size_type doubled = capacity_ > max_size() / 2 ? max_size() : 2 * capacity_;
    return needed > doubled ? needed : doubled;
  }
  void reserve_more(size_type more) {
    if (more > capacity_ - size_) move_to(grown(more));
  }
  void move_to(size_type capacity) {
    internal::gc_check_element<T>();
    if (capacity > max_size()) throw std::length_error("gander::gc::vector: too long");
    T* const memory = internal::gc_array_memory<T>(capacity);
    internal::gc_relocate(data(), size_, memory);
    take(memory, capacity);
  }
  // The elements are in new memory.
  void take(T* memory, size_type capacity) noexcept {
    std::destroy_n(data(), size_);
    data_ = memory;
    capacity_ = capacity;
  }

  template <typename I>
  void append(I first, I last) {
    if constexpr (std::forward_iterator<I>)
      reserve_more(static_cast<size_type>(std::distance(first, last)));
    for (; first != last; ++first) emplace_back(*first);
  }

  ptr<T> data_;
  size_type size_ = 0;
  size_type capacity_ = 0;
};

template <typename I>
vector(I, I) -> vector<std::iter_value_t<I>>;

template <typename T, typename U>
std::size_t erase(vector<T>& v, const U& value) {
  return erase_if(v, [&](const T& x) { return x == value; });
}
template <typename T, typename Predicate>
std::size_t erase_if(vector<T>& v, Predicate predicate) {
  T* to = v.begin();
  for (T& x : v) {
    if (predicate(std::as_const(x))) continue;
    if (to != &x) *to = std::move(x);
    ++to;
  }
  const auto gone = static_cast<std::size_t>(v.end() - to);
  v.erase(to, v.end());
  return gone;
}

}  // namespace gander::gc

#pragma GCC visibility pop
