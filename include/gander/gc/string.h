// SPDX-License-Identifier: Apache-2.0
//
// gc::string: std::string in the collected heap.
#pragma once

#include <gander/gc/ptr.h>
#include <gander/internal/gc_destroy.h>
#include <gander/internal/gc_sequence.h>

#include <compare>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <iosfwd>
#include <iterator>
#include <limits>
#include <stdexcept>
#include <string_view>
#include <type_traits>
#include <utility>

#pragma GCC visibility push(default)

namespace gander::gc {

// The interface and the guarantees of std::string, with std::string_view (to which it converts) for
// all that is read. The characters are not looked at by the collector. May stand where a gc::ptr
// may, and as a local. Three words; an empty one has no memory.
//
//     struct person {
//       gander::gc::string name;
//       gander::gc::ptr<person> parent;
//     };
//     person* p = gander::gc::make<person>("Ada");
//     p->name += " Lovelace";
//
// A view or c_str() in a local holds the memory that it shows, whatever becomes of the string
// (which may still write there). Non-switching. Throws std::bad_alloc, std::length_error,
// std::out_of_range where std::string does.
class string {
 public:
  using value_type = char;
  using traits_type = std::char_traits<char>;
  using size_type = std::size_t;
  using difference_type = std::ptrdiff_t;
  using reference = char&;
  using const_reference = const char&;
  using pointer = char*;
  using const_pointer = const char*;
  using iterator = char*;
  using const_iterator = const char*;
  using reverse_iterator = std::reverse_iterator<iterator>;
  using const_reverse_iterator = std::reverse_iterator<const_iterator>;
  static constexpr size_type npos = std::string_view::npos;

  constexpr string() noexcept = default;
  string(const char* text) : string(std::string_view(text)) {}
  string(const char* text, size_type n) : string(std::string_view(text, n)) {}
  string(std::nullptr_t) = delete;
  explicit string(std::string_view text) { append(text); }
  string(size_type n, char c) { append(n, c); }
  string(std::initializer_list<char> text) : string(std::string_view(text.begin(), text.size())) {}
  template <internal::gc_input I>
  string(I first, I last) {
    for (; first != last; ++first) push_back(*first);
  }
  string(const string& other) { append(other.view()); }
  string(string&& other) noexcept
      : data_(std::move(other.data_)),
        size_(std::exchange(other.size_, 0)),
        capacity_(std::exchange(other.capacity_, 0)) {}
  ~string() = default;

  string& operator=(const string& other) { return assign(other.view()); }
  string& operator=(string&& other) noexcept {
    string(std::move(other)).swap(*this);
    return *this;
  }
  string& operator=(std::string_view text) { return assign(text); }
  string& operator=(const char* text) { return assign(text); }
  string& operator=(char c) { return assign(std::string_view(&c, 1)); }
  string& assign(std::string_view text) { return replace(0, size_, text); }
  string& assign(size_type n, char c) {
    string(n, c).swap(*this);
    return *this;
  }

  operator std::string_view() const noexcept { return view(); }
  std::string_view view() const noexcept { return std::string_view(data_, size_); }
  // Ends with a zero.
  const char* c_str() const noexcept { return data_ == nullptr ? "" : data_.get(); }
  const char* data() const noexcept { return c_str(); }
  char* data() noexcept { return data_ == nullptr ? &nothing() : data_.get(); }

  iterator begin() noexcept { return data_; }
  const_iterator begin() const noexcept { return data_; }
  const_iterator cbegin() const noexcept { return data_; }
  iterator end() noexcept { return begin() + size_; }
  const_iterator end() const noexcept { return begin() + size_; }
  const_iterator cend() const noexcept { return begin() + size_; }
  reverse_iterator rbegin() noexcept { return reverse_iterator(end()); }
  const_reverse_iterator rbegin() const noexcept { return const_reverse_iterator(end()); }
  reverse_iterator rend() noexcept { return reverse_iterator(begin()); }
  const_reverse_iterator rend() const noexcept { return const_reverse_iterator(begin()); }

  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  size_type size() const noexcept { return size_; }
  size_type length() const noexcept { return size_; }
  size_type capacity() const noexcept { return capacity_; }
  static constexpr size_type max_size() noexcept {
    return static_cast<size_type>(std::numeric_limits<difference_type>::max()) - sizeof(void*);
  }

  char& operator[](size_type i) noexcept { return data()[i]; }
  const char& operator[](size_type i) const noexcept { return data()[i]; }
  char& at(size_type i) {
    check(i + 1);
    return data_[i];
  }
  const char& at(size_type i) const {
    check(i + 1);
    return data_[i];
  }
  char& front() noexcept { return data_[0]; }
  const char& front() const noexcept { return data_[0]; }
  char& back() noexcept { return data_[size_ - 1]; }
  const char& back() const noexcept { return data_[size_ - 1]; }

  void reserve(size_type n) {
    if (n > capacity_) move_to(n);
  }
  void shrink_to_fit() {
    if (size_ == capacity_) return;
    if (size_ == 0) {
      string().swap(*this);
    } else {
      move_to(size_);
    }
  }
  void clear() noexcept { set_size(0); }
  void resize(size_type n, char c = '\0') {
    if (n > size_) {
      append(n - size_, c);
    } else {
      set_size(n);
    }
  }

  void push_back(char c) {
    if (size_ == capacity_) move_to(grown(1));
    data_[size_] = c;
    set_size(size_ + 1);
  }
  void pop_back() noexcept { set_size(size_ - 1); }
  string& append(std::string_view text) { return replace(size_, 0, text); }
  string& append(size_type n, char c) {
    if (n > capacity_ - size_) move_to(grown(n));
    if (n != 0) std::memset(data_ + size_, c, n);
    set_size(size_ + n);
    return *this;
  }
  string& operator+=(std::string_view text) { return append(text); }
  string& operator+=(const char* text) { return append(text); }
  string& operator+=(char c) {
    push_back(c);
    return *this;
  }
  string& insert(size_type where, std::string_view text) { return replace(where, 0, text); }
  string& erase(size_type where = 0, size_type n = npos) { return replace(where, n, {}); }
  // `text` may be part of this string.
  string& replace(size_type where, size_type n, std::string_view text) {
    check(where);
    if (n > size_ - where) n = size_ - where;
    const size_type rest = size_ - where - n;
    if (text.size() > n && text.size() - n > capacity_ - size_) {
      const size_type capacity = grown(text.size() - n);
      char* const memory = internal::gc_array_memory<char>(capacity);
      copy(memory, data_, where);
      copy(memory + where, text.data(), text.size());
      copy(memory + where + text.size(), data_ + where + n, rest);
      data_ = memory;
      capacity_ = capacity;
    } else if (inside(text)) {
      return replace(where, n, string(text).view());
    } else if (text.size() != n || n != 0) {
      std::memmove(data_ + where + text.size(), data_ + where + n, rest);
      copy(data_ + where, text.data(), text.size());
    }
    set_size(where + text.size() + rest);
    return *this;
  }
  string substr(size_type where = 0, size_type n = npos) const {
    return string(view().substr(where, n));
  }
  void swap(string& other) noexcept {
    using std::swap;
    swap(data_, other.data_);
    swap(size_, other.size_);
    swap(capacity_, other.capacity_);
  }
  friend void swap(string& a, string& b) noexcept { a.swap(b); }

  int compare(std::string_view other) const noexcept { return view().compare(other); }
  bool starts_with(std::string_view text) const noexcept { return view().starts_with(text); }
  bool ends_with(std::string_view text) const noexcept { return view().ends_with(text); }
  bool contains(std::string_view text) const noexcept { return find(text) != npos; }
  size_type find(std::string_view text, size_type from = 0) const noexcept {
    return view().find(text, from);
  }
  size_type find(char c, size_type from = 0) const noexcept { return view().find(c, from); }
  size_type rfind(std::string_view text, size_type from = npos) const noexcept {
    return view().rfind(text, from);
  }
  size_type rfind(char c, size_type from = npos) const noexcept { return view().rfind(c, from); }
  size_type find_first_of(std::string_view set, size_type from = 0) const noexcept {
    return view().find_first_of(set, from);
  }
  size_type find_last_of(std::string_view set, size_type from = npos) const noexcept {
    return view().find_last_of(set, from);
  }
  size_type find_first_not_of(std::string_view set, size_type from = 0) const noexcept {
    return view().find_first_not_of(set, from);
  }
  size_type find_last_not_of(std::string_view set, size_type from = npos) const noexcept {
    return view().find_last_not_of(set, from);
  }

  friend bool operator==(const string& a, const string& b) noexcept { return a.view() == b.view(); }
  friend std::strong_ordering operator<=>(const string& a, const string& b) noexcept {
    return a.view() <=> b.view();
  }
  template <typename S>
  requires std::is_convertible_v<const S&, std::string_view>
  friend bool operator==(const string& a, const S& b) noexcept {
    return a.view() == std::string_view(b);
  }
  template <typename S>
  requires std::is_convertible_v<const S&, std::string_view>
  friend std::strong_ordering operator<=>(const string& a, const S& b) noexcept {
    return a.view() <=> std::string_view(b);
  }
  friend string operator+(string a, std::string_view b) {
    a.append(b);
    return a;
  }
  friend string operator+(string a, char c) {
    a.push_back(c);
    return a;
  }

 private:
  GANDER_GC_FIELDS(string, data_)

  static char& nothing() noexcept {
    static char zero = '\0';
    return zero;
  }
  static void copy(char* to, const char* from, size_type n) noexcept {
    if (n != 0) std::memcpy(to, from, n);
  }
  bool inside(std::string_view text) const noexcept {
    const auto at = reinterpret_cast<std::uintptr_t>(text.data());
    const auto begin = reinterpret_cast<std::uintptr_t>(data_.get());
    return !text.empty() && data_ != nullptr && at - begin < capacity_;
  }
  void check(size_type i) const {
    if (i > size_) throw std::out_of_range("gander::gc::string: no character at this index");
  }
  size_type grown(size_type more) const {
    if (more > max_size() - size_) throw std::length_error("gander::gc::string: too long");
    const size_type needed = size_ + more < 8 ? 8 : size_ + more;
    const size_type doubled = capacity_ > max_size() / 2 ? max_size() : 2 * capacity_;
    return needed > doubled ? needed : doubled;
  }
  void move_to(size_type capacity) {
    if (capacity > max_size()) throw std::length_error("gander::gc::string: too long");
    char* const memory = internal::gc_array_memory<char>(capacity);
    copy(memory, data_, size_);
    data_ = memory;
    capacity_ = capacity;
  }
  // The zero behind a string that is full lies in the word that arrays have more.
  void set_size(size_type n) noexcept {
    size_ = n;
    if (data_ != nullptr) data_[n] = '\0';
  }

  ptr<char> data_;
  size_type size_ = 0;
  size_type capacity_ = 0;
};

template <typename Traits>
std::basic_ostream<char, Traits>& operator<<(std::basic_ostream<char, Traits>& out,
                                             const string& s) {
  return out << s.view();
}

}  // namespace gander::gc

template <>
struct std::hash<gander::gc::string> {
  std::size_t operator()(const gander::gc::string& s) const noexcept {
    return std::hash<std::string_view>()(s);
  }
};

#pragma GCC visibility pop
