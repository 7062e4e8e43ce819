// SPDX-License-Identifier: Apache-2.0
#include "crash/go_name.h"

#include <gtest/gtest.h>

#include <array>
#include <stdexcept>
#include <string>
#include <typeinfo>

namespace gander::crash {
namespace {

std::string name(std::string_view symbol) {
  std::array<char, max_function_name> out;
  return std::string(go_function_name(symbol, out));
}

class hidden_one {};
template <typename T>
class of {};

template <typename T>
std::string type() {
  std::array<char, max_function_name> out;
  return std::string(go_type_name(typeid(T).name(), out));
}

TEST(go_name, of_types_is_all_of_them) {
  EXPECT_EQ(type<std::runtime_error>(), "std::runtime_error");
  EXPECT_EQ(type<hidden_one>(), "gander::crash::(anonymous namespace)::hidden_one");
  EXPECT_EQ(type<of<void (*)(int (*)(char))>>(),
            "gander::crash::(anonymous namespace)::of<void (*)(int {*}{char})>");
  EXPECT_EQ(type<int>(), "i");  // the caller knows those by their value
  std::array<char, max_function_name> out;
  EXPECT_EQ(go_type_name("N12_GLOBAL__N_14oopsE", out), "(anonymous namespace)::oops");
  EXPECT_EQ(go_type_name("no name\n", out), "no name?");
}

TEST(go_name, takes_signatures_apart) {
  const std::pair<const char*, const char*> cases[] = {
      {"main", "main"},
      {"f()", "f"},
      {"gander::chan<int>::send(int&&)", "gander::chan<int>::send"},
      {"int gander::chan<int>::recv_one<bool>(bool) const", "gander::chan<int>::recv_one<bool>"},
      {"unsigned long ns::f<int>(int) const volatile &&", "ns::f<int>"},
      {"(anonymous namespace)::worker::run(int)", "(anonymous namespace)::worker::run"},
      {"(anonymous namespace)::f<int>((anonymous namespace)::s)", "(anonymous namespace)::f<int>"},
      {"void (anonymous namespace)::f<int>(int)", "(anonymous namespace)::f<int>"},
      {"main::{lambda(int, char)#1}::operator()(int, char) const",
       "main::{lambda(int, char)#1}::operator()"},
      {"S::f(int) const::{lambda()#2}::operator()() const",
       "S::f(int) const::{lambda()#2}::operator()"},
      {"auto f<int>(int)::{lambda(auto:1)#1}::operator()<int>(int) const",
       "f<int>(int)::{lambda(auto:1)#1}::operator()<int>"},
      {"S::operator int() const", "S::operator int"},
      {"S::operator std::function<void (int)>() const", "S::operator std::function<void (int)>"},
      {"S::operator unsigned long*()", "S::operator unsigned long*"},
      {"operator new(unsigned long)", "operator new"},
      {"operator delete[](void*)", "operator delete[]"},
      {"S::operator[](int)", "S::operator[]"},
      {"bool operator< <int>(S<int>, S<int>)", "operator< <int>"},
      {"std::ostream& operator<< <int>(std::ostream&, S<int> const&)", "operator<< <int>"},
      {"S::operator->() const", "S::operator->"},
      {"bool S::operator><int>(int)", "S::operator><int>"},
      {"S::operator<=>(S const&) const", "S::operator<=>"},
      {"S::operator()(int)", "S::operator()"},
      {"operator", "operator"},
      {"operator\"\" _km(unsigned long long)", "operator\"\" _km"},
      {"std::enable_if<((1)>(2)), void>::type f<int>(int)", "f<int>"},
      {"std::enable_if<((1)<(2)), void>::type f<int>(int)", "f<int>"},
      {"decltype (a.b(c)) f<int>(int)", "f<int>"},
      {"void (*f<int>(int))(char)", "f<int>"},
      {"non-virtual thunk to S::f(int)", "S::f"},
      {"f(int) [clone .cold]", "f"},
      {"f(int) [clone .isra.0] [clone .part.1]", "f"},
      {"std::__cxx11::basic_string<char>::operator=(char const*)",
       "std::__cxx11::basic_string<char>::operator="},
      {"S::cooperator::operators(int)", "S::cooperator::operators"},
      {"ns::S::~S()", "ns::S::~S"},
      {"", ""},
      {"((((", ""},
      {")>]}", ")>]}"},
  };
  for (auto [signature, expected] : cases)
    EXPECT_EQ(name_of_signature(signature), std::string_view(expected)) << signature;
}

TEST(go_name, demangles) {
  EXPECT_EQ(name("_ZN6gander4chanIiE4sendEOi"), "gander::chan<int>::send");
  EXPECT_EQ(name("_ZZ4mainENKUliE_clEi"), "main::{lambda(int)#1}::operator()");
  EXPECT_EQ(name("_ZN12_GLOBAL__N_16worker3runEv"), "(anonymous namespace)::worker::run");
  EXPECT_EQ(name("_Z1fB5cxx11v"), "f");
  EXPECT_EQ(name("_Z3foov.cold"), "foo");
  EXPECT_EQ(name("_Z3foov.part.0.isra.3"), "foo");
}

TEST(go_name, symbols_of_c_lose_their_suffixes) {
  EXPECT_EQ(name("main"), "main");
  EXPECT_EQ(name("qsort@@GLIBC_2.2.5"), "qsort");
  EXPECT_EQ(name("helper.constprop.0"), "helper");
  EXPECT_EQ(name("__GI___qsort_r"), "__qsort_r");
  EXPECT_EQ(name("_Znonsense"), "_Znonsense");
  EXPECT_EQ(name(""), "?");
}

// Go's readers: the parentheses of the whole line must be closed, and must not nest.
bool readable(const std::string& line) {
  int depth = 0;
  for (char c : line) {
    if (c == '(' && ++depth > 1) return false;
    if (c == ')' && --depth < 0) return false;
    if (static_cast<unsigned char>(c) < ' ') return false;
  }
  return depth == 0;
}

TEST(go_name, is_readable_by_the_parsers_of_go) {
  EXPECT_EQ(name("_Z1fIPFvPFivEEEvT_"), "f<void (*)(int {*}{})>");
  EXPECT_EQ(name("_ZN1SrmEi"), "S::operator%25");
  EXPECT_EQ(name("a\nb"), "a?b");
  std::string deep = "_Z1f";
  for (int i = 0; i < 150; ++i) deep += "IPFv1AI";
  for (const std::string& symbol :
       {std::string("_Z1fIPFvPFiPFcvEEEEvT_"), std::string("x)y"), std::string("x((y"), deep,
        "_Z1fI" + std::string(600, 'P') + "FvPFivEEEvT_", std::string(5000, '('),
        std::string(5000, 'x')}) {
    std::string n = name(symbol);
    EXPECT_TRUE(readable(n + "(...)")) << n;
    EXPECT_LE(n.size(), max_function_name);
  }
}

}  // namespace
}  // namespace gander::crash
