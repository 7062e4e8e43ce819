// SPDX-License-Identifier: Apache-2.0
//
// gc::string against std::string: random operations.
#include <gander/gc.h>
#include <gtest/gtest.h>

#include <compare>
#include <cstddef>
#include <cstring>
#include <map>
#include <random>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_set>
#include <utility>

namespace gander::testing {
namespace {

static_assert(std::is_nothrow_move_constructible_v<gc::string>);
static_assert(sizeof(gc::string) == 3 * sizeof(void*));
constinit gc::string global;

TEST(gc_string, does_what_std_string_does) {
  std::mt19937 random(17);
  const auto up_to = [&](std::size_t n) { return random() % (n + 1); };
  gc::string* const s = gc::make<gc::string>();
  std::string model;
  for (int round = 0; round < 30000; ++round) {
    const char c = static_cast<char>('a' + random() % 26);
    const std::size_t at = up_to(model.size());
    const std::size_t n = up_to(model.size());
    const std::string text(up_to(20), c);
    switch (random() % 20) {
      case 0:
      case 1:
        s->push_back(c);
        model.push_back(c);
        break;
      case 2:
        *s += text;
        model += text;
        break;
      case 3:
        *s += c;
        *s += "tail";
        model += c;
        model += "tail";
        break;
      case 4:
        s->insert(at, text);
        model.insert(at, text);
        break;
      case 5:
        s->erase(at, n);
        model.erase(at, n);
        break;
      case 6:
        s->replace(at, n, text);
        model.replace(at, n, text);
        break;
      case 7:  // a part of itself
        s->replace(at, n, s->view().substr(n / 2, 30));
        model.replace(at, n, std::string(model.substr(n / 2, 30)));
        break;
      case 8:
        s->append(s->view().substr(at));
        model.append(std::string(model.substr(at)));
        break;
      case 9:
        s->resize(n, c);
        model.resize(n, c);
        break;
      case 10:
        s->reserve(n + 10);
        EXPECT_GE(s->capacity(), n + 10);
        break;
      case 11:
        s->shrink_to_fit();
        EXPECT_EQ(s->capacity(), s->size());
        break;
      case 12: {
        gc::string copy(*s);
        EXPECT_EQ(copy, *s);
        gc::string moved(std::move(copy));
        EXPECT_TRUE(copy.empty());
        *s = moved;
        *s = *static_cast<const gc::string*>(s);
        *s = std::move(moved);
        break;
      }
      case 13:
        EXPECT_EQ(s->substr(at, n), model.substr(at, n));
        break;
      case 14: {
        const std::string_view part = std::string_view(model).substr(at, 3);
        EXPECT_EQ(s->find(part), model.find(part));
        EXPECT_EQ(s->rfind(c), model.rfind(c));
        EXPECT_EQ(s->find_first_not_of("abc", at), model.find_first_not_of("abc", at));
        EXPECT_EQ(s->starts_with(part), model.starts_with(part));
        EXPECT_EQ(s->compare(text) < 0, model.compare(text) < 0);
        EXPECT_EQ(*s <=> text, model <=> text);
        break;
      }
      case 15:
        if (model.empty()) break;
        s->pop_back();
        model.pop_back();
        break;
      case 16:
        if (model.size() < 2000) break;
        gc::collect();
        s->clear();
        model.clear();
        break;
      case 17:
        s->append(3, c);
        model.append(3, c);
        break;
      case 18:
        EXPECT_THROW(s->erase(s->size() + 1), std::out_of_range);
        EXPECT_THROW(s->at(s->size()), std::out_of_range);
        break;
      default:
        s->assign(*s);
        break;
    }
    ASSERT_EQ(s->view(), model) << "round " << round;
    ASSERT_EQ(std::strlen(s->c_str()), model.size()) << "ends with a zero; round " << round;
  }
}

TEST(gc_string, goes_where_strings_go) {
  gc::string s = "abc";
  EXPECT_EQ(s, "abc");
  EXPECT_EQ("abc", s);
  EXPECT_EQ(s, std::string("abc"));
  EXPECT_EQ(s, std::string_view("abc"));
  EXPECT_NE(s, gc::string("abd"));
  EXPECT_LT(s, "abd");
  EXPECT_EQ(s + "d" + gc::string("e") + std::string("f") + 'g', "abcdefg");
  EXPECT_EQ("x" + s, "xabc");
  EXPECT_EQ(std::string(s), "abc");
  const std::string_view view = s;
  EXPECT_EQ(view, "abc");
  std::ostringstream out;
  out << s;
  EXPECT_EQ(out.str(), "abc");
  const std::unordered_set<gc::string> set{s, "x"};
  EXPECT_TRUE(set.contains("x"));
  EXPECT_EQ(std::hash<gc::string>()(s), std::hash<std::string>()("abc"));
  s = std::string("from std");
  EXPECT_EQ(s, "from std");
  s = 'c';
  EXPECT_EQ(s, "c");
  EXPECT_EQ(gc::string({'a', 'b'}), "ab");
  EXPECT_EQ(gc::string(3, 'x'), "xxx");
  EXPECT_EQ(gc::string(view.begin(), view.begin() + 2).size(), 2u);
  EXPECT_THROW(s.reserve(s.max_size() + 1), std::length_error);
  EXPECT_EQ(global, "");
  EXPECT_EQ(*global.c_str(), '\0');
  EXPECT_EQ(global.begin(), global.end());
  for (char& c : s) c = 'd';
  EXPECT_EQ(s[0], 'd');
}

}  // namespace
}  // namespace gander::testing
