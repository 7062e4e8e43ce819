// SPDX-License-Identifier: Apache-2.0
//
// The walk of unwinder.h. The row of a pc comes from the cache, else from the module's tables.
#include "unwind/unwinder.h"

#include "arch/x86/saved_registers.h"
#include "os/code_map.h"

namespace gander::unwind {
namespace {

// Signal frames and stack switches in one walk. Handlers nest rarely, and each may have a switch.
constexpr std::uint8_t max_switches = 64;
// How many words are looked at for a return address where a frame tells nothing of it.
constexpr unsigned max_guessed_words = 8;
// The most registers that a function pushes, or takes back, without a word about it.
constexpr unsigned max_untold_words = 4;
// A frame larger than this is taken for a wild frame pointer.
constexpr std::uintptr_t max_guessed_frame_bytes = 1u << 20;

constexpr std::size_t return_address = regs::saved_columns.size() - 1;
static_assert(regs::saved_columns[return_address] == regs::pc_column);

bool stands_behind_call(std::uintptr_t pc, memory_reader& reader) noexcept {
  unsigned char before[arch::longest_call_bytes];
  return reader.copy(before, pc - sizeof before, sizeof before) == sizeof before &&
         arch::ends_with_call(before);
}

}  // namespace

bool is_return_address(std::uintptr_t pc, memory_reader& reader) noexcept {
  os::code_object module;
  return os::find_code_object(pc - 1, module) && stands_behind_call(pc, reader);
}

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
  std::uintptr_t cfa = 0;
  if (row.cfa_is_expression) {
    expression_block block{static_cast<std::uintptr_t>(row.cfa_value), row.expressions_end};
    if (!evaluate(block, regs_, *reader_, nullptr, cfa)) return stop(state::bad_memory);
  } else {
    if (!regs_.has(row.cfa_register)) return stop(state::bad_memory);
    cfa = regs_.value[row.cfa_register] + static_cast<std::uintptr_t>(row.cfa_value);
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
  auto value = static_cast<std::uintptr_t>(rule.value);
  expression_block block{static_cast<std::uintptr_t>(value), row.expressions_end};
  std::uintptr_t v = 0;
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
      std::uintptr_t initial = cfa;
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

// What has no call-frame information is mostly short: what loads its own address into a register,
// or a function's first instructions, where its frame pointer is still the caller's. So the top of
// the stack comes first. A frame pointer is believed only as far as it points upwards into the
// stack at a plausible distance, and leads to behind a call.
bool unwinder::step_without_row() noexcept {
  if (first_ && !pc_is_return_address() && !reader_->readable(regs_.pc()))
    return step_out_of_wild_jump();
  if (step_to_return_address(regs_.sp(), 1)) return true;
  std::uintptr_t fp = regs_.fp();
  bool plausible = regs_.has(regs::fp_column) && fp % sizeof(void*) == 0 && fp >= regs_.sp() &&
                   fp - regs_.sp() < max_guessed_frame_bytes;
  if (reader_->has_bounds()) plausible = plausible && reader_->in_bounds(fp);
  if (!plausible)
    return step_to_return_address(regs_.sp(), max_guessed_words) || stop(state::no_row);
  regs next = regs_;
  next.valid = 0;
  std::uintptr_t caller_fp = 0;
  std::uintptr_t caller_pc = 0;
  if (!reader_->load(fp, caller_fp) || !reader_->load(fp + sizeof fp, caller_pc))
    return stop(state::bad_memory);
  if (caller_pc != 0 && !follows_call(caller_pc))
    return step_to_return_address(regs_.sp(), max_guessed_words) || stop(state::no_row);
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
  std::uintptr_t caller_pc = 0;
  if (!reader_->load(regs_.sp(), caller_pc)) return stop(state::bad_memory);
  next.set(regs::pc_column, caller_pc);
  next.set(regs::sp_column, regs_.sp() + sizeof caller_pc);
  next.pc_is_return_address = true;
  return enter(next, next.sp(), false);
}

// Goes on to the first of so many words that is a return address; false when none is.
bool unwinder::step_to_return_address(std::uintptr_t from, unsigned words) noexcept {
  if (!regs_.has(regs::sp_column)) return false;
  for (unsigned i = 0; i < words; ++i) {
    const std::uintptr_t at = from + i * sizeof(std::uintptr_t);
    std::uintptr_t pc = 0;
    if (!reader_->load(at, pc)) return false;
    if (!is_return_address(pc, *reader_)) continue;
    regs next = regs_;
    next.valid &= regs::preserved_mask;
    next.set(regs::pc_column, pc);
    next.set(regs::sp_column, at + sizeof pc);
    next.pc_is_return_address = true;
    return enter(next, next.sp(), false);
  }
  return false;
}

bool unwinder::follows_call(std::uintptr_t pc) noexcept { return stands_behind_call(pc, *reader_); }

bool unwinder::has_row(std::uintptr_t pc_behind_call) noexcept {
  compact_row cached;
  cfi_row row;
  return find_cached_row(pc_behind_call - 1, cached) ||
         compute_row(pc_behind_call - 1, *reader_, row);
}

bool unwinder::enter(regs& next, std::uintptr_t cfa, bool may_switch) noexcept {
  if (!next.has(regs::pc_column)) return stop(state::no_row);
  if (next.pc() == 0) return stop(state::end_of_stack);
  // At a call, a function's information is right: exceptions hang on it. Between two pushes of
  // assembler that nobody throws from, it may not be; nor where that calls what only returns its
  // return address, as code for 386 does to learn where it is.
  // Nor where it takes the return address from below the stack, which nobody keeps: an old one may
  // stand there.
  const bool is_below = cfa <= regs_.sp() && arch::red_zone_bytes == 0;
  const bool was_interrupted = !regs_.pc_is_return_address;
  if ((was_interrupted || callee_was_bare_) && next.pc_is_return_address && !may_switch &&
      (is_below || (!follows_call(next.pc()) && !has_row(next.pc())))) {
    const std::uintptr_t words = is_below ? 0 : (cfa - regs_.sp()) / sizeof cfa;
    if (words <= max_guessed_words &&
        step_to_return_address(regs_.sp(), static_cast<unsigned>(words) + max_untold_words))
      return true;
  }
  if (may_switch) {
    if (++switches_ > max_switches) return stop(state::no_progress);
  } else if (cfa < regs_.sp() || (cfa == regs_.sp() && regs_.pc_is_return_address)) {
    // An interrupted function may have taken its return address off the stack already.
    return stop(state::no_progress);
  }
  callee_was_bare_ = was_interrupted && !may_switch && cfa == regs_.sp() + sizeof cfa;
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

}  // namespace gander::unwind
