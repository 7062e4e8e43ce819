// SPDX-License-Identifier: Apache-2.0
//
// Elements for fuzzed containers of the collected heap, each made of a number and told by it.
#pragma once

#include <gander/gc.h>

#include <cstddef>
#include <string>
#include <utility>

namespace gander::testing {

struct element_failed {};

// Counts its live objects; one chosen copy or move throws, before it changes anything.
class fragile {
 public:
  static inline int live = 0;
  static inline int fuse = -1;  // negative: none throws

  fragile() : fragile(0) {}
  fragile(int value) : value_(value) { ++live; }
  fragile(const fragile& other) : value_(other.value_) {
    burn();
    ++live;
  }
  fragile(fragile&& other) noexcept(false) : value_(other.value_) {
    burn();
    ++live;
    other.value_ = 0;
  }
  fragile& operator=(const fragile& other) {
    burn();
    value_ = other.value_;
    return *this;
  }
  fragile& operator=(fragile&& other) {
    burn();
    value_ = std::exchange(other.value_, 0);
    return *this;
  }
  ~fragile() { --live; }
  bool operator==(const fragile& other) const { return value_ == other.value_; }
  bool operator<(const fragile& other) const { return value_ < other.value_; }
  int value() const { return value_; }

 private:
  GANDER_GC_FIELDS(fragile)
  static void burn() {
    if (fuse >= 0 && fuse-- == 0) throw element_failed();
  }
  int value_;
};

// Moves only.
class lonely {
 public:
  explicit lonely(int value) : value_(gc::make<int>(value)) {}
  lonely(lonely&&) noexcept = default;
  lonely& operator=(lonely&&) noexcept = default;
  int value() const { return *value_; }
  bool operator<(const lonely& other) const { return value() < other.value(); }

 private:
  GANDER_GC_FIELDS(lonely, value_)
  gc::ptr<int> value_;
};

template <typename T>
struct element {
  static T make(int n) { return T(n); }
  static int value(const T& x) { return x.value(); }
};
template <>
struct element<int> {
  static int make(int n) { return n; }
  static int value(int x) { return x; }
};
template <>
struct element<gc::ptr<int>> {
  static gc::ptr<int> make(int n) { return gc::make<int>(n); }
  static int value(const gc::ptr<int>& x) { return x == nullptr ? 0 : *x; }
};
template <>
struct element<gc::string> {
  static gc::string make(int n) {
    return n == 0 ? gc::string() : gc::string(std::to_string(n) + " as a text of some length");
  }
  static int value(const gc::string& x) { return x.empty() ? 0 : std::stoi(std::string(x.view())); }
};

}  // namespace gander::testing
