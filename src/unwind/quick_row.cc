// SPDX-License-Identifier: Apache-2.0
#include "unwind/quick_row.h"

#include <limits>

namespace gander::unwind {
namespace {

constexpr auto word_bytes = static_cast<std::intptr_t>(sizeof(std::uintptr_t));
constexpr std::intptr_t lowest_saved_fp =
    std::numeric_limits<std::intptr_t>::min() >> quick_row::half_bits;

bool is_same(const register_rule& rule) noexcept {
  return rule.kind == rule_kind::unspecified || rule.kind == rule_kind::same_value;
}

}  // namespace

quick_row pack(const cfi_row& row) noexcept {
  const register_rule& pc = row.rules[regs::pc_column];
  const register_rule& fp = row.rules[regs::fp_column];
  if (pc.kind == rule_kind::undefined) return quick_row::outermost;
  const bool on_fp = row.cfa_register == regs::fp_column;
  if (row.signal_frame || row.cfa_is_expression || pc.kind != rule_kind::saved_at ||
      pc.value != -word_bytes || row.rules[regs::sp_column].kind != rule_kind::unspecified ||
      (!on_fp && row.cfa_register != regs::sp_column))
    return quick_row::beyond_words;
  const std::intptr_t saved_fp = is_same(fp) ? quick_row::fp_is_kept : fp.value;
  if (!is_same(fp) && (fp.kind != rule_kind::saved_at || saved_fp > 2 * quick_row::fp_is_kept ||
                       saved_fp < lowest_saved_fp))
    return quick_row::beyond_words;
  // What lies below sp or fp nobody has checked.
  if (row.cfa_value < -saved_fp || row.cfa_value % word_bytes != 0 ||
      static_cast<std::uintptr_t>(row.cfa_value) > quick_row::lower_mask)
    return quick_row::beyond_words;
  return quick_row::make(on_fp, static_cast<std::uintptr_t>(row.cfa_value), saved_fp);
}

}  // namespace gander::unwind
