// SPDX-License-Identifier: Apache-2.0
//
// Where the collector looks for pointers in objects of many types.
#include <gander/gc.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <functional>
#include <mutex>
#include <numeric>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include "gc_types/fake_gc.h"

namespace gander::testing {
namespace {

using internal::gc_layout;
#pragma GCC diagnostic ignored "-Winvalid-offsetof"  // our compilers do it right
#ifdef __clang__
#pragma GCC diagnostic ignored "-Wunused-private-field"
#endif

using offsets = std::vector<std::size_t>;
constexpr std::size_t word = sizeof(void*);

// Every aligned word of them.
template <typename T>
offsets every() {
  offsets all(sizeof(T) / word);
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = i * word;
  return all;
}

// What a test says of T.
template <typename T>
void expect(gc_layout layout, const offsets& words) {
  internal::gc_type& type = internal::gc_type_of<T>;
  EXPECT_EQ(type.layout, layout) << type.name;
  EXPECT_EQ(words_of(type), words) << type.name;
  EXPECT_EQ(type.bytes, sizeof(T));
}
template <typename T>
void none() {
  expect<T>(gc_layout::none, {});
}
template <typename T>
void exact(const offsets& words) {
  expect<T>(gc_layout::exact, words);
}
template <typename T>
void conservative() {
  expect<T>(gc_layout::conservative, every<T>());
}

enum class color { red };
struct empty {};
struct numbers {
  int a;
  double b;
  std::byte c[3];
  color d;
  void (*f)();
  int numbers::*member;
};
struct node {
  int value = 0;
  gc::ptr<node> next;
};
struct nested {
  node inner;
  numbers plain;
  gc::ptr<int> last;
};
struct arrays {
  int before[3];
  gc::ptr<int> kids[2];
  node nodes[2][2];
  int after = 0;
};
struct long_array {
  char name[100];
  gc::ptr<int> kids[100];
  long number;
};
struct without_default {
  explicit without_default(int) {}
};
struct array_without_default {
  without_default a[2];
  gc::ptr<int> p;
};
struct bits {
  unsigned a : 3;
  unsigned b : 7;
  gc::ptr<int> p;
  unsigned c : 1;
};
struct all_kinds {
  gc::ptr<int> a;
  gc::weak<int> b;
  gc::atomic_ptr<int> c;
  int* d;
  const void* e;
  std::atomic<int> f;
  std::atomic<int*> g;
};
struct mixed {
  gc::ptr<int> p;
  std::function<void()> f;
  long number;
};

struct parent {
  gc::ptr<int> p;
};
struct child : parent {
  long number;
};
union either {
  gc::ptr<int> p;
  long number;
  either() : number() {}
  ~either() {}
};
struct anonymous {
  long before;
  union {
    int* p;
    long number;
  };
};
struct with_reference {
  int& r;
  long number;
};
struct many {
  long f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13;
  long f14, f15, f16, f17, f18, f19, f20, f21, f22, f23, f24, f25;
};
struct most {
  long f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12;
  long f13, f14, f15, f16, f17, f18, f19, f20, f21, f22, f23;
  gc::ptr<int> f24;
};
class secret {
 public:
  long number() const { return number_; }

 private:
  long number_ = 0;
  gc::ptr<int> p_;
};
struct polymorphic {
  virtual ~polymorphic() = default;
  gc::ptr<int> p;
};
struct takes_int {
  explicit takes_int(int) {}
  long number = 0;
};
struct must_be_given {
  int first;
  takes_int middle;
  gc::ptr<int> last;
};
struct takes_anything {
  template <typename T>
  takes_anything(T) {}
};
struct odd {
  takes_anything anything;
  long number;
};

class declared {
 public:
  long number = 0;
  gc::ptr<int> a;

 protected:
  GANDER_GC_FIELDS(declared, a, b_, inner_)
  gc::ptr<int> b_[2];
  void* not_ours_ = nullptr;
  node inner_;
};
class derived_silent : public declared {
  gc::ptr<int> more_;
};
class derived_declared : public declared {
  GANDER_GC_FIELDS(derived_declared, a, more_)
  gc::ptr<int> more_;
};
class no_fields {
  GANDER_GC_FIELDS(no_fields)
  void* p_ = nullptr;
};
class declared_polymorphic {
 public:
  virtual ~declared_polymorphic() = default;

 private:
  GANDER_GC_FIELDS(declared_polymorphic, p_)
  long number_ = 0;
  gc::ptr<int> p_;
};
template <typename K, typename V>
class templated {
  GANDER_GC_FIELDS(templated, key_, value_)
  K key_{};
  V value_{};
};

}  // namespace
}  // namespace gander::testing

template <>
inline constexpr bool gander::gc::enable_reflection<gander::testing::odd> = false;

namespace gander::testing {
namespace {

TEST(gc_layout, nothing_is_looked_at_that_can_hold_no_pointer) {
  none<int>();
  none<double>();
  none<bool>();
  none<std::byte>();
  none<color>();
  none<void (*)(int)>();
  none<int declared::*>();
  none<int[7]>();
  none<empty>();
  none<numbers>();
  none<std::array<numbers, 3>>();
  none<std::pair<int, double>>();
  none<std::tuple<int, numbers>>();
  none<std::optional<double>>();
  none<std::variant<int, double>>();
  none<std::atomic<long>>();
  none<no_fields>();
  none<templated<int, double>>();
  none<const int>();
}

TEST(gc_layout, of_pointers_and_sums_of_them_is_exact) {
  exact<void*>({0});
  exact<gc::ptr<node>>({0});
  exact<gc::ptr<const void>>({0});
  exact<gc::weak<int>>({0});
  exact<gc::atomic_ptr<int>>({0});
  exact<node>({word});
  exact<const node>({word});
  exact<nested>({offsetof(nested, inner) + word, offsetof(nested, last)});
  exact<all_kinds>({0, word, 3 * word, 4 * word, 5 * word, offsetof(all_kinds, g)});
  exact<std::pair<int, node>>({2 * word});
  exact<std::array<node, 2>>({word, 3 * word});
  exact<gc::ptr<int>[3]>({0, word, 2 * word});
  std::tuple<int, int*, int> t;
  exact<decltype(t)>({static_cast<std::size_t>(reinterpret_cast<char*>(&std::get<1>(t)) -
                                               reinterpret_cast<char*>(&t))});
  exact<bits>({offsetof(bits, p)});
  exact<must_be_given>({offsetof(must_be_given, middle), offsetof(must_be_given, last)});
  exact<most>({offsetof(most, f24)});
}

TEST(gc_layout, sees_the_elements_of_arrays) {
  constexpr std::size_t kids = offsetof(arrays, kids);
  constexpr std::size_t nodes = offsetof(arrays, nodes);
  exact<arrays>(
      {kids, kids + word, nodes + word, nodes + 3 * word, nodes + 5 * word, nodes + 7 * word});
}

TEST(gc_layout, sees_the_elements_of_long_arrays_and_of_what_must_be_given) {
  const offsets words = words_of(internal::gc_type_of<long_array>);
  EXPECT_EQ(words.size(), 100u);
  EXPECT_EQ(words[0], offsetof(long_array, kids));
  exact<array_without_default>({offsetof(array_without_default, p)});
}

TEST(gc_layout, of_what_hides_something_is_each_word) {
  conservative<std::function<void()>>();
  conservative<std::string>();
  conservative<std::vector<int>>();
  conservative<std::optional<int*>>();
  conservative<std::variant<int, int*>>();
  conservative<child>();
  conservative<either>();
  conservative<anonymous>();
  conservative<with_reference>();
  conservative<many>();
  conservative<secret>();
  conservative<polymorphic>();
  conservative<odd>();
  conservative<derived_silent>();
  // Such a field's words are told, and the rest is exact.
  offsets words = {0};
  for (std::size_t i = 0; i < sizeof(std::function<void()>) / word; ++i)
    words.push_back(offsetof(mixed, f) + i * word);
  exact<mixed>(words);
}

TEST(gc_layout, is_what_a_class_declares) {
  class probe : declared {
   public:
    static std::size_t of(const void* field, const declared* d) {
      return static_cast<std::size_t>(static_cast<const char*>(field) -
                                      reinterpret_cast<const char*>(d));
    }
    static offsets all() {
      static const probe p;
      const std::size_t b = of(&p.b_, &p);
      return {of(&p.a, &p), b, b + word, of(&p.inner_.next, &p)};
    }
  };
  exact<declared>(probe::all());
  exact<derived_declared>({probe::all()[0], sizeof(declared)});
  EXPECT_EQ(words_of(internal::gc_type_of<declared_polymorphic>).size(), 1u);
  exact<templated<gc::ptr<int>, int>>({0});
  exact<templated<node, node>>({word, 3 * word});
  class local {
    GANDER_GC_FIELDS(local, p_)
    long number_ = 0;
    gc::ptr<int> p_;
  };
  exact<local>({sizeof(local) - word});
}

TEST(gc_layout, names_types) {
  EXPECT_EQ(internal::gc_type_of<int>.name, "int");
  EXPECT_NE(internal::gc_type_of<node>.name.find("node"), std::string_view::npos);
  EXPECT_NE(internal::gc_type_of<gc::ptr<node>>.name.back(), ']');
}

}  // namespace
}  // namespace gander::testing
