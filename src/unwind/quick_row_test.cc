// SPDX-License-Identifier: Apache-2.0
#include "unwind/quick_row.h"

#include <gtest/gtest.h>

#include <random>

namespace gander::unwind {
namespace {

constexpr std::intptr_t word = sizeof(std::uintptr_t);

// Of a function that has pushed nothing yet.
cfi_row of_entry() {
  cfi_row row;
  row.cfa_register = regs::sp_column;
  row.cfa_value = word;
  row.rules[regs::pc_column] = {rule_kind::saved_at, -word};
  return row;
}

cfi_row on_fp() {
  cfi_row row = of_entry();
  row.cfa_register = regs::fp_column;
  row.cfa_value = 2 * word;
  row.rules[regs::fp_column] = {rule_kind::saved_at, -2 * word};
  return row;
}

TEST(quick_row, says_what_compiled_code_does) {
  quick_row q = pack(of_entry());
  EXPECT_FALSE(q.has_flags());
  EXPECT_EQ(q.lower(), static_cast<std::uintptr_t>(word));
  EXPECT_EQ(q.saved_fp(), quick_row::fp_is_kept);

  cfi_row row = of_entry();
  row.cfa_value = 100 * word;
  row.rules[regs::fp_column] = {rule_kind::saved_at, -7 * word};
  row.rules[3] = {rule_kind::saved_at, -6 * word};  // rbx, ebx
  q = pack(row);
  EXPECT_FALSE(q.has_flags());
  EXPECT_EQ(q.lower(), static_cast<std::uintptr_t>(100 * word));
  EXPECT_EQ(q.saved_fp(), -7 * word);

  EXPECT_EQ(pack(on_fp()), quick_row::frame_pointer);
  EXPECT_TRUE(quick_row::frame_pointer.has_flags());
  EXPECT_FALSE(quick_row::frame_pointer.is_special());

  row = of_entry();
  row.rules[regs::pc_column] = {rule_kind::undefined, 0};
  EXPECT_EQ(pack(row), quick_row::outermost);
}

TEST(quick_row, leaves_to_the_unwinder_what_it_cannot_say) {
  const auto changed = [](auto change) {
    cfi_row row = on_fp();
    change(row);
    return pack(row);
  };
  const auto fp_rule = [&](register_rule rule) {
    return changed([&](cfi_row& row) { row.rules[regs::fp_column] = rule; });
  };
  const auto cfa_at = [&](std::intptr_t offset) {
    return changed([&](cfi_row& row) { row.cfa_value = offset; });
  };
  const quick_row beyond = quick_row::beyond_words;
  EXPECT_EQ(changed([](cfi_row& row) { row.cfa_is_expression = true; }), beyond);
  EXPECT_EQ(changed([](cfi_row& row) { row.signal_frame = true; }), beyond);
  EXPECT_EQ(changed([](cfi_row& row) { row.cfa_register = 0; }), beyond);
  EXPECT_EQ(changed([](cfi_row& row) { row.rules[regs::pc_column].value -= word; }), beyond);
  EXPECT_EQ(changed([](cfi_row& row) {
              row.rules[regs::sp_column] = {rule_kind::cfa_plus, word};
            }),
            beyond);
  EXPECT_EQ(fp_rule({rule_kind::in_register, 0}), beyond);
  EXPECT_EQ(fp_rule({rule_kind::undefined, 0}), beyond);
  EXPECT_EQ(fp_rule({rule_kind::saved_at, word}), beyond);
  EXPECT_EQ(fp_rule({rule_kind::saved_at, -word}), beyond) << "that is the return address";
  EXPECT_EQ(fp_rule({rule_kind::saved_at, -3 * word}), beyond) << "below the frame";
  EXPECT_EQ(cfa_at(0), beyond);
  EXPECT_EQ(cfa_at(-2 * word), beyond);
  EXPECT_EQ(cfa_at(2 * word + 2), beyond);
  EXPECT_EQ(cfa_at(static_cast<std::intptr_t>(quick_row::lower_mask) + 1), beyond);
  EXPECT_NE(cfa_at(static_cast<std::intptr_t>(quick_row::lower_mask) + 1 - word), beyond);
}

// Whatever a row says, its word moves up, reads what lies between, and says the same.
TEST(quick_row_fuzz, words_move_upwards_and_say_what_the_row_does) {
  std::mt19937_64 random(1);
  int plain = 0;
  for (int i = 0; i < 1'000'000; ++i) {
    const auto some_offset = [&] {
      const auto wide = static_cast<std::intptr_t>(random());
      return random() % 8 == 0 ? wide : (wide % 600) * (random() % 8 == 0 ? 1 : word);
    };
    cfi_row row;
    row.cfa_is_expression = random() % 16 == 0;
    row.signal_frame = random() % 16 == 0;
    row.cfa_register = random() % 8 == 0   ? static_cast<std::uint32_t>(random() % 20)
                       : random() % 2 == 0 ? regs::sp_column
                                           : regs::fp_column;
    row.cfa_value = some_offset();
    for (register_rule& rule : row.rules)
      if (random() % 8 == 0) rule = {static_cast<rule_kind>(random() % 8), some_offset()};
    if (random() % 8 != 0) row.rules[regs::pc_column] = {rule_kind::saved_at, -word};
    if (random() % 2 != 0) row.rules[regs::fp_column] = {rule_kind::saved_at, some_offset()};
    const quick_row q = pack(row);
    if (q.is_special()) {
      const bool ends = row.rules[regs::pc_column].kind == rule_kind::undefined;
      ASSERT_EQ(q, ends ? quick_row::outermost : quick_row::beyond_words);
      continue;
    }
    ++plain;
    const bool is_on_fp = q.has_flags();
    const auto offset =
        static_cast<std::intptr_t>(q.lower() - (is_on_fp ? quick_row::on_fp_bit : 0));
    const register_rule& fp = row.rules[regs::fp_column];
    ASSERT_EQ(row.cfa_register, is_on_fp ? regs::fp_column : regs::sp_column);
    ASSERT_EQ(offset, row.cfa_value);
    ASSERT_GE(offset, word);
    ASSERT_LE(q.saved_fp(), -word);
    ASSERT_GE(q.saved_fp(), -offset);
    ASSERT_EQ(q.saved_fp(), fp.kind == rule_kind::saved_at ? fp.value : -word);
  }
  EXPECT_GT(plain, 10'000);
}

}  // namespace
}  // namespace gander::unwind
