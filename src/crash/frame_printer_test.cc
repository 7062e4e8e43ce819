// SPDX-License-Identifier: Apache-2.0
#include "crash/frame_printer.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <memory>
#include <regex>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "crash/runtime_frames.h"
#include "crash/symbolizer.h"
#include "unwind/walk_test_helper.h"

// Outside of namespace gander, like a user's code: the names of this file would be hidden
// otherwise.
namespace shop {

using gander::text_writer;
using namespace gander::crash;

std::array<char, 64 << 10> buffer;
std::string last;

// Each test may be the only one of its process.
const bool symbols_are_there = start_symbolizer();

NOINLINE static void print_here(const frame_style& style = {}) {
  EXPECT_TRUE(symbols_are_there);
  text_writer out(buffer);
  gander::unwind::memory_reader reader;
  print_frames(out, gander::unwind::unwinder(gander::regs::capture(), reader), style);
  last = out.view();
}

struct till {
  NOINLINE void open(int coins) const {
    if (coins > 0) print_here();
    KEEP_FRAME();
  }
  NOINLINE void operator()(int coins) const {
    open(coins);
    KEEP_FRAME();
  }
  NOINLINE void operator%(int coins) const {
    open(coins);
    KEEP_FRAME();
  }
};

namespace {
NOINLINE void hidden_from_others() {
  till{}.open(1);
  KEEP_FRAME();
}
[[gnu::always_inline]] inline void sweep(int v) {
  till{}.open(v);
  KEEP_FRAME();
}
[[gnu::always_inline]] inline void tidy(int v) {
  sweep(v);
  KEEP_FRAME();
}
}  // namespace

NOINLINE static void close_up(int v) {
  tidy(v);
  KEEP_FRAME();
}

template <typename T>
NOINLINE void pile(T v, int depth) {
  if (depth == 0)
    print_here();
  else
    pile<T>(v, depth - 1);
  KEEP_FRAME();
}

static std::vector<std::string> lines(const std::string& text) {
  std::vector<std::string> all;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) all.push_back(line);
  return all;
}

static std::size_t line_of(const std::string& function) {
  auto all = lines(last);
  for (std::size_t i = 0; i < all.size(); ++i)
    if (all[i] == function) return i;
  return all.size();
}

// The grammar that gostackparse has for the frames of a goroutine.
static void expect_readable() {
  auto all = lines(last);
  ASSERT_FALSE(all.empty());
  static const std::regex file(
      "\t[^: ]+:[0-9]+( \\+0x[0-9a-f]+)?( fp=0x[0-9a-f]+ sp=0x[0-9a-f]+ pc=0x[0-9a-f]+)?");
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (std::regex_match(all[i], std::regex("\\.\\.\\.[0-9]+ frames elided\\.\\.\\."))) continue;
    int depth = 0;
    for (char c : all[i]) {
      if (c == '(') ++depth;
      if (c == ')') --depth;
      ASSERT_TRUE(depth == 0 || depth == 1) << all[i];
    }
    ASSERT_TRUE(all[i].ends_with("(...)")) << all[i];
    ASSERT_LT(++i, all.size());
    ASSERT_TRUE(std::regex_match(all[i], file)) << all[i];
  }
}

TEST(frame_printer, prints_names_as_go_does) {
  hidden_from_others();
  expect_readable();
  std::size_t at = line_of("shop::(anonymous namespace)::hidden_from_others(...)");
  auto all = lines(last);
  ASSERT_LT(at + 1, all.size()) << last;
  // The name that the compiler was given: absolute, unless a compiler cache has shortened it.
  const std::string file = "\t" __FILE__;
  ASSERT_TRUE(all[at + 1].starts_with(file)) << last;
  EXPECT_TRUE(
      std::regex_match(all[at + 1].substr(file.size()), std::regex(":[0-9]+ \\+0x[0-9a-f]+")))
      << last;
  EXPECT_EQ(line_of("shop::till::open(...)"), at - 2);
  EXPECT_LT(line_of("main(...)"), all.size()) << last;

  auto lambda = [](auto v) {
    till{}(v);
    KEEP_FRAME();
  };
  lambda(1);
  expect_readable();
  EXPECT_LT(line_of("shop::till::operator()(...)"), lines(last).size()) << last;
  till{} % 1;
  expect_readable();
  EXPECT_LT(line_of("shop::till::operator%25(...)"), lines(last).size()) << last;
  pile<void (*)(int (*)())>(nullptr, 1);
  expect_readable();
  EXPECT_LT(line_of("shop::pile<void (*)(int {*}{})>(...)"), lines(last).size()) << last;
}

static int line_number(const std::string& file_line) {
  return std::stoi(file_line.substr(file_line.find(':') + 1));
}

TEST(frame_printer, prints_the_line_of_the_call) {
  int line = __LINE__ + 1;
  till{}.open(1);
  KEEP_FRAME();
  auto all = lines(last);
  std::size_t at = line_of("shop::till::open(...)");
  ASSERT_LT(at + 3, all.size());
  EXPECT_EQ(line_number(all[at + 3]), line) << last;
}

TEST(frame_printer, names_inlined_calls_without_an_offset) {
  close_up(1);
  expect_readable();
  auto all = lines(last);
  std::size_t at = line_of("shop::close_up(...)");
  ASSERT_LT(at, all.size()) << last;
  ASSERT_GE(at, 6u) << last;
  // Inlined functions with internal linkage have no mangled name in GCC's debug information.
  EXPECT_NE(all[at - 2].find("tidy(...)"), std::string::npos) << last;
  EXPECT_NE(all[at - 4].find("sweep(...)"), std::string::npos) << last;
  EXPECT_EQ(all[at - 1].find("+0x"), std::string::npos) << last;
  EXPECT_EQ(all[at - 3].find("+0x"), std::string::npos) << last;
  EXPECT_NE(all[at + 1].find("+0x"), std::string::npos) << last;
  EXPECT_EQ(line_of("shop::till::open(...)"), at - 6) << last;
}

TEST(frame_printer, elides_the_middle_of_a_deep_stack) {
  pile<int>(0, 1000);
  expect_readable();
  auto all = lines(last);
  EXPECT_EQ(all.size(), 201u);
  EXPECT_TRUE(all[100].starts_with("...")) << all[100];
  EXPECT_GT(std::stoi(all[100].substr(3)), 900);
  EXPECT_EQ(std::count(all.begin(), all.begin() + 100, "shop::pile<int>(...)"), 49);
  EXPECT_LT(line_of("main(...)"), all.size());
}

TEST(frame_printer, prints_registers_when_asked) {
  print_here({.registers = true});
  expect_readable();
  EXPECT_NE(last.find(" fp=0x"), std::string::npos);
}

TEST(frame_printer, prints_recorded_return_addresses) {
  std::array<std::uintptr_t, 64> pcs;
  std::size_t n = gander::unwind::capture_pcs(pcs, 0);
  text_writer out(buffer);
  EXPECT_GT(print_frames(out, std::span(pcs).first(n), {}), 3u);
  last = out.view();
  expect_readable();
  EXPECT_LT(line_of("main(...)"), lines(last).size());
}

static int compare_and_print(const void*, const void*) {
  print_here();
  return 0;
}

TEST(frame_printer, goes_through_the_c_library) {
  int two[2] = {1, 2};
  std::qsort(two, 2, sizeof(int), compare_and_print);
  expect_readable();
  auto all = lines(last);
  std::size_t at = line_of("shop::compare_and_print(...)");
  ASSERT_LT(at + 3, all.size());
  EXPECT_NE(last.find("qsort"), std::string::npos) << last;
  EXPECT_LT(line_of("main(...)"), all.size()) << last;
}

TEST(frame_printer, prints_an_address_that_is_nowhere) {
  std::uintptr_t pcs[] = {0x1235};
  text_writer out(buffer);
  EXPECT_EQ(print_frames(out, pcs, {}), 1u);
  EXPECT_EQ(out.view(), "?(...)\n\t?:0 +0x1235\n");
}

TEST(frame_printer, prints_hidden_frames_rather_than_nothing) {
  gander::unwind::memory_reader reader;
  gander::unwind::fde f;
  ASSERT_TRUE(gander::unwind::find_fde(
      reinterpret_cast<std::uintptr_t>(&gander::gander_capture_regs), reader, f));
  std::uintptr_t pcs[] = {f.pc_begin + 4};
  text_writer out(buffer);
  EXPECT_EQ(print_frames(out, pcs, {}), 1u);
  EXPECT_EQ(out.view().substr(0, 24), "gander_capture_regs(...)");
}

TEST(frame_printer, threads_print_at_once) {
  // Once before, alone: to read a whole module's debug information takes long.
  symbolize(reinterpret_cast<std::uintptr_t>(__builtin_return_address(0)), true);
  // Names may lack where a thread has waited for another one for 200 ms, as happens when that one
  // gets no time from a busy machine; nowhere else.
  using namespace std::chrono;
  std::atomic<int> complete{0}, had_to_wait{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&] {
      auto mine = std::make_unique<std::array<char, 16 << 10>>();
      for (int i = 0; i < 50; ++i) {
        text_writer out(*mine);
        gander::unwind::memory_reader reader;
        const auto start = steady_clock::now();
        print_frames(out, gander::unwind::unwinder(gander::regs::capture(), reader),
                     {.runtime_functions = true});
        const bool named = out.view().find("threads_print_at_once") != std::string_view::npos;
        complete += named;
        had_to_wait += !named && steady_clock::now() - start >= 200ms;
      }
    });
  for (auto& t : threads) t.join();
  EXPECT_EQ(complete + had_to_wait, 400);
  EXPECT_GT(complete, 0);
}

TEST(runtime_frames, hides_the_runtime_but_not_its_interface) {
  for (const char* shown :
       {"main", "gander::chan<int>::send", "gander::mutex::lock", "gander::select", "gander::panic",
        "gander::go<main::{lambda()#1}>", "f", "gander2::x", "std::sort", "abort"})
    EXPECT_FALSE(is_runtime_function(shown)) << shown;
  for (const char* hidden :
       {"gander::internal::park", "gander::crash::report", "gander::schedule",
        "gander::(anonymous namespace)::f", "gander_switch", "std::terminate",
        "__cxxabiv1::__terminate", "__cxa_throw", "_start", "gander::selector"})
    EXPECT_TRUE(is_runtime_function(hidden)) << hidden;
}

}  // namespace shop
