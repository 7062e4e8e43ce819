// SPDX-License-Identifier: Apache-2.0
//
// The walk of unwinder.h. The row of a pc comes from the cache, else from the module's tables.
#include "crash/unwinder.h"

namespace gander::crash {
namespace {

// Signal frames and stack switches in one walk. Handlers nest rarely, and each may have a switch.
constexpr std::uint8_t max_switches = 64;
// A frame larger than this is taken for a wild frame pointer.
constexpr std::uintptr_t max_guessed_frame_bytes = 1u << 20;

constexpr std::size_t return_address = regs::saved_columns.size() - 1;
static_assert(regs::saved_columns[return_address] == regs::pc_column);

}  // namespace

bool unwinder::step() noexcept {
  if (state_ != state::walking) return false;
  if (first_ && regs_.jump_fault) return step_out_of_wild_jump();
  std::uintptr_t pc = lookup_pc();
  compact_row cached;
  if (find_cached_row(pc, cached)) return step_compact(cached);
  cfi_row row;
  if (!compute_row(pc, *reader_, row)) return step_without_row();
  if (compact(row, cached)) {
    cache_row(pc, cached);
    return step_compact(cached);
  }
  return step_row(row);
}

// The common case, kept short: this is what the cost per frame is made of.
bool unwinder::step_compact(const compact_row& row) noexcept {
  if (!regs_.has(row.cfa_register)) return stop(state::bad_memory);
  std::uintptr_t cfa =
      regs_.value[row.cfa_register] + static_cast<std::uintptr_t>(std::intptr_t{row.cfa_offset});
  if (row.save[return_address] == 0) return stop(state::end_of_stack);
  regs next = regs_;
  next.valid &= regs::preserved_mask;
  for (std::size_t i = 0; i < row.save.size(); ++i) {
    if (row.save[i] == 0) continue;
    unsigned column = regs::saved_columns[i];
    if (!reader_->load(cfa + static_cast<std::uintptr_t>(std::intptr_t{row.save[i]}),
                       next.value[column]))
      return stop(state::bad_memory);
    next.valid |= 1u << column;
  }
  next.set(regs::sp_column, cfa);
  next.pc_is_return_address = true;
  return enter(next, cfa, false);
}

bool unwinder::step_row(const cfi_row& row) noexcept {
  std::uint64_t cfa = 0;
  if (row.cfa_is_expression) {
    expression_block block{static_cast<std::uintptr_t>(row.cfa_value), row.expressions_end};
    if (!evaluate(block, regs_, *reader_, nullptr, cfa)) return stop(state::bad_memory);
  } else {
    if (!regs_.has(row.cfa_register)) return stop(state::bad_memory);
    cfa = regs_.value[row.cfa_register] + static_cast<std::uint64_t>(row.cfa_value);
  }
  if (row.rules[regs::pc_column].kind == rule_kind::undefined) return stop(state::end_of_stack);
  regs next = regs_;
  next.valid &= regs::preserved_mask;
  next.set(regs::sp_column, cfa);  // unless a rule says otherwise
  for (unsigned column = 0; column < regs::column_count; ++column)
    if (!recover(row, column, cfa, next)) return stop(state::bad_memory);
  next.pc_is_return_address = !row.signal_frame;
  return enter(next, cfa, row.signal_frame || row.cfa_is_expression);
}

bool unwinder::recover(const cfi_row& row, unsigned column, std::uintptr_t cfa,
                       regs& next) noexcept {
  const register_rule& rule = row.rules[column];
  auto value = static_cast<std::uint64_t>(rule.value);
  expression_block block{static_cast<std::uintptr_t>(value), row.expressions_end};
  std::uint64_t v = 0;
  switch (rule.kind) {
    case rule_kind::unspecified:
      return true;
    case rule_kind::undefined:
      next.valid &= ~(1u << column);
      return true;
    case rule_kind::same_value:
      if (regs_.has(column)) next.set(column, regs_.value[column]);
      return true;
    case rule_kind::cfa_plus:
      next.set(column, cfa + value);
      return true;
    case rule_kind::in_register:
      if (!regs_.has(static_cast<unsigned>(value))) return column != regs::pc_column;
      next.set(column, regs_.value[value]);
      return true;
    case rule_kind::saved_at:
      v = cfa + value;
      break;
    case rule_kind::expression:
    case rule_kind::val_expression: {
      std::uint64_t initial = cfa;
      if (!evaluate(block, regs_, *reader_, &initial, v)) return false;
      if (rule.kind == rule_kind::expression) break;
      next.set(column, v);
      return true;
    }
  }
  if (!reader_->load(v, v)) return false;
  next.set(column, v);
  return true;
}

// A frame pointer is believed only as far as it points upwards into the stack at a plausible
// distance. The caller of an interrupted leaf that set up no frame is lost here; there is nothing
// to find it by.
bool unwinder::step_without_row() noexcept {
  if (first_ && !pc_is_return_address() && !reader_->readable(regs_.pc()))
    return step_out_of_wild_jump();
  std::uintptr_t fp = regs_.fp();
  bool plausible = regs_.has(regs::fp_column) && fp % sizeof(void*) == 0 && fp >= regs_.sp() &&
                   fp - regs_.sp() < max_guessed_frame_bytes;
  if (reader_->has_bounds()) plausible = plausible && reader_->in_bounds(fp);
  if (!plausible) return stop(state::no_row);
  regs next = regs_;
  next.valid = 0;
  std::uint64_t caller_fp = 0;
  std::uint64_t caller_pc = 0;
  if (!reader_->load(fp, caller_fp) || !reader_->load(fp + sizeof fp, caller_pc))
    return stop(state::bad_memory);
  next.set(regs::fp_column, caller_fp);
  next.set(regs::pc_column, caller_pc);
  next.set(regs::sp_column, fp + 2 * sizeof fp);
  next.pc_is_return_address = true;
  return enter(next, next.sp(), false);
}

// The call pushed its return address and did no more: every other register is the caller's.
bool unwinder::step_out_of_wild_jump() noexcept {
  regs next = regs_;
  next.jump_fault = false;
  std::uint64_t caller_pc = 0;
  if (!reader_->load(regs_.sp(), caller_pc)) return stop(state::bad_memory);
  next.set(regs::pc_column, caller_pc);
  next.set(regs::sp_column, regs_.sp() + sizeof caller_pc);
  next.pc_is_return_address = true;
  return enter(next, next.sp(), false);
}

bool unwinder::enter(regs& next, std::uintptr_t cfa, bool may_switch) noexcept {
  if (!next.has(regs::pc_column)) return stop(state::no_row);
  if (next.pc() == 0) return stop(state::end_of_stack);
  if (may_switch) {
    if (++switches_ > max_switches) return stop(state::no_progress);
  } else if (cfa <= regs_.sp()) {
    return stop(state::no_progress);
  }
  regs_ = next;
  cfa_ = cfa;
  first_ = false;
  return true;
}

std::size_t capture_pcs(std::span<std::uintptr_t> out, std::size_t skip) noexcept {
  memory_reader reader;
  unwinder u(regs::capture(), reader);
  std::size_t count = 0;
  while (count < out.size() && u.step()) {
    if (skip > 0)
      --skip;
    else
      out[count++] = u.current().pc() + !u.pc_is_return_address();
  }
  return count;
}

}  // namespace gander::crash
