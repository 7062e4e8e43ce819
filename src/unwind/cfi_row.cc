// SPDX-License-Identifier: Apache-2.0
//
// The interpreter of DW_CFA_ instructions, DWARF 5 section 6.4.2 and the GNU extensions; see
// cfi_row.h. Columns beyond the general registers (vector registers) are parsed and dropped.
#include "unwind/cfi_row.h"

#include "unwind/byte_cursor.h"

namespace gander::unwind {
namespace {

constexpr unsigned remember_depth = 4;  // compilers use 1
constexpr unsigned max_instructions = 1u << 20;

enum cfa_op : std::uint8_t {
  cfa_nop,
  cfa_set_loc,
  cfa_advance_loc1,
  cfa_advance_loc2,
  cfa_advance_loc4,
  cfa_offset_extended,
  cfa_restore_extended,
  cfa_undefined,
  cfa_same_value,
  cfa_register,
  cfa_remember_state,
  cfa_restore_state,
  cfa_def_cfa,
  cfa_def_cfa_register,
  cfa_def_cfa_offset,
  cfa_def_cfa_expression,
  cfa_expression,
  cfa_offset_extended_sf,
  cfa_def_cfa_sf,
  cfa_def_cfa_offset_sf,
  cfa_val_offset,
  cfa_val_offset_sf,
  cfa_val_expression,
  cfa_gnu_args_size = 0x2e,
  cfa_gnu_negative_offset_extended = 0x2f,
  cfa_advance_loc = 0x40,
  cfa_offset = 0x80,
  cfa_restore = 0xc0,  // with an operand in the low 6 bits
};

class interpreter {
 public:
  interpreter(const fde& f, std::uintptr_t pc, memory_reader& reader) noexcept
      : fde_(f), pc_(pc), location_(f.pc_begin), reader_(reader) {}

  bool run(cfi_row& out) noexcept {
    if (!execute(fde_.cie_program, fde_.cie_program_end)) return false;
    initial_ = row_;
    location_ = fde_.pc_begin;
    if (!execute(fde_.program, fde_.program_end)) return false;
    row_.signal_frame = fde_.signal_frame;
    row_.expressions_end = fde_.module_end;
    // We know the return address as the column of the pc, whatever number this CIE gives it.
    if (fde_.return_column < regs::column_count)
      row_.rules[regs::pc_column] = row_.rules[fde_.return_column];
    out = row_;
    return true;
  }

 private:
  // Runs until the location passes pc: the row in force is then complete.
  bool execute(std::uintptr_t from, std::uintptr_t to) noexcept {
    byte_cursor c(from, to, reader_);
    for (unsigned n = 0; !c.done() && location_ <= pc_; ++n) {
      if (n == max_instructions) return false;
      std::uint8_t o = c.u8();
      switch (o & 0xc0) {
        case cfa_advance_loc:
          advance(o & 0x3fu);
          break;
        case cfa_offset:
          set(o & 0x3fu, rule_kind::saved_at, factored(c.uleb()));
          break;
        case cfa_restore:
          restore(o & 0x3fu);
          break;
        default:
          extended(o, c);
      }
    }
    return !c.failed();
  }

  void extended(std::uint8_t o, byte_cursor& c) noexcept {
    switch (o) {
      case cfa_nop:
        return;
      case cfa_set_loc:
        location_ = take_encoded(c, fde_.pointer_encoding, 0, reader_);
        return;
      case cfa_advance_loc1:
        return advance(c.u8());
      case cfa_advance_loc2:
        return advance(c.take<std::uint16_t>());
      case cfa_advance_loc4:
        return advance(c.take<std::uint32_t>());
      case cfa_def_cfa:
        define_cfa(c.uleb(), c, false);
        return;
      case cfa_def_cfa_sf:
        define_cfa(c.uleb(), c, true);
        return;
      case cfa_def_cfa_register:
        row_.cfa_register = static_cast<std::uint32_t>(c.uleb());
        row_.cfa_is_expression = false;
        return;
      case cfa_def_cfa_offset:
        row_.cfa_value = static_cast<std::intptr_t>(c.uleb());
        return;
      case cfa_def_cfa_offset_sf:
        row_.cfa_value = factored(c.sleb());
        return;
      case cfa_def_cfa_expression:
        row_.cfa_is_expression = true;
        row_.cfa_value = skip_block(c);
        return;
      case cfa_remember_state:
        if (depth_ == remember_depth) return c.fail();
        remembered_[depth_++] = row_;
        return;
      case cfa_restore_state:
        if (depth_ == 0) return c.fail();
        row_ = remembered_[--depth_];
        return;
      case cfa_gnu_args_size:
        c.uleb();
        return;
      default:
        return register_rule_of(o, c);
    }
  }

  void register_rule_of(std::uint8_t o, byte_cursor& c) noexcept {
    if (o < cfa_offset_extended ||
        (o > cfa_val_expression && o != cfa_gnu_negative_offset_extended))
      return c.fail();
    std::uintptr_t column = c.uleb();
    switch (o) {
      case cfa_offset_extended:
        return set(column, rule_kind::saved_at, factored(c.uleb()));
      case cfa_offset_extended_sf:
        return set(column, rule_kind::saved_at, factored(c.sleb()));
      case cfa_gnu_negative_offset_extended:
        return set(column, rule_kind::saved_at, factored(0 - c.uleb()));
      case cfa_val_offset:
        return set(column, rule_kind::cfa_plus, factored(c.uleb()));
      case cfa_val_offset_sf:
        return set(column, rule_kind::cfa_plus, factored(c.sleb()));
      case cfa_restore_extended:
        return restore(column);
      case cfa_undefined:
        return set(column, rule_kind::undefined, 0);
      case cfa_same_value:
        return set(column, rule_kind::same_value, 0);
      case cfa_register:
        return set(column, rule_kind::in_register, static_cast<std::intptr_t>(c.uleb()));
      case cfa_expression:
        return set(column, rule_kind::expression, skip_block(c));
      case cfa_val_expression:
        return set(column, rule_kind::val_expression, skip_block(c));
      default:
        return c.fail();
    }
  }

  void advance(std::uintptr_t delta) noexcept { location_ += delta * fde_.code_align; }

  std::intptr_t factored(std::uintptr_t v) const noexcept {
    return static_cast<std::intptr_t>(v * static_cast<std::uintptr_t>(fde_.data_align));
  }
  std::intptr_t factored(std::intptr_t v) const noexcept {
    return factored(static_cast<std::uintptr_t>(v));
  }

  void define_cfa(std::uintptr_t column, byte_cursor& c, bool is_factored) noexcept {
    row_.cfa_is_expression = false;
    row_.cfa_register = static_cast<std::uint32_t>(column);
    row_.cfa_value = is_factored ? factored(c.sleb()) : static_cast<std::intptr_t>(c.uleb());
  }

  std::intptr_t skip_block(byte_cursor& c) noexcept {
    auto at = static_cast<std::intptr_t>(c.at());
    c.skip(c.uleb());
    return at;
  }

  void set(std::uintptr_t column, rule_kind kind, std::intptr_t value) noexcept {
    if (column < regs::column_count) row_.rules[column] = {kind, value};
  }
  void restore(std::uintptr_t column) noexcept {
    if (column < regs::column_count) row_.rules[column] = initial_.rules[column];
  }

  const fde& fde_;
  std::uintptr_t pc_;
  std::uintptr_t location_;
  memory_reader& reader_;
  unsigned depth_ = 0;
  cfi_row row_;
  cfi_row initial_;
  std::array<cfi_row, remember_depth> remembered_;
};

}  // namespace

bool compute_row(std::uintptr_t pc, memory_reader& reader, cfi_row& out) noexcept {
  fde f;
  return find_fde(pc, reader, f) && interpreter(f, pc, reader).run(out);
}

}  // namespace gander::unwind
