// SPDX-License-Identifier: Apache-2.0
//
// The stack machine of DWARF 5, section 2.5.1; see dwarf_expression.h. Arithmetic wraps, as the
// standard says of the generic type, and is therefore done unsigned.
#include "unwind/dwarf_expression.h"

#include <array>

#include "unwind/byte_cursor.h"

namespace gander::unwind {
namespace {

constexpr unsigned max_steps = 1000;
constexpr unsigned stack_words = 64;

using word = std::uintptr_t;  // the generic type has the size of an address
constexpr unsigned word_bits = 8 * sizeof(word);

enum op : std::uint8_t {
  op_addr = 0x03,
  op_deref = 0x06,
  op_const1u = 0x08,
  op_const1s,
  op_const2u,
  op_const2s,
  op_const4u,
  op_const4s,
  op_const8u,
  op_const8s,
  op_constu,
  op_consts,
  op_dup,
  op_drop,
  op_over,
  op_pick,
  op_swap,
  op_rot,
  op_abs = 0x19,
  op_and,
  op_div,
  op_minus,
  op_mod,
  op_mul,
  op_neg,
  op_not,
  op_or,
  op_plus,
  op_plus_uconst,
  op_shl,
  op_shr,
  op_shra,
  op_xor,
  op_bra,
  op_eq,
  op_ge,
  op_gt,
  op_le,
  op_lt,
  op_ne,
  op_skip,
  op_lit0 = 0x30,
  op_lit31 = 0x4f,
  op_breg0 = 0x70,
  op_breg31 = 0x8f,
  op_bregx = 0x92,
  op_deref_size = 0x94,
  op_nop = 0x96,
};

class machine {
 public:
  machine(byte_cursor code, const regs& r, memory_reader& reader) noexcept
      : code_(code), start_(code.at()), regs_(r), reader_(reader) {}

  void push(word v) noexcept {
    if (depth_ == stack_words) return code_.fail();
    stack_[depth_++] = v;
  }

  bool run(word& result) noexcept {
    for (unsigned steps = 0; !code_.done(); ++steps) {
      if (steps == max_steps) return false;
      step(code_.u8());
    }
    if (code_.failed() || depth_ == 0) return false;
    result = stack_[depth_ - 1];
    return true;
  }

 private:
  static std::intptr_t as_signed(word v) noexcept { return static_cast<std::intptr_t>(v); }
  static word as_word(std::intptr_t v) noexcept { return static_cast<word>(v); }

  word pop() noexcept {
    if (depth_ == 0) return code_.fail(), 0;
    return stack_[--depth_];
  }
  void push_pick(std::uintptr_t index) noexcept {
    if (index >= depth_) return code_.fail();
    push(stack_[depth_ - 1 - index]);
  }
  void push_register(std::uintptr_t column, std::intptr_t offset) noexcept {
    if (column >= regs::column_count || !regs_.has(static_cast<unsigned>(column)))
      return code_.fail();
    push(regs_.value[column] + as_word(offset));
  }
  void dereference(std::uintptr_t bytes) noexcept {
    word v = 0;
    if (bytes == 0 || bytes > sizeof v || reader_.copy(&v, pop(), bytes) != bytes)
      return code_.fail();
    push(v);
  }
  void jump(std::intptr_t by) noexcept {
    std::uintptr_t to = code_.at() + as_word(by);
    if (to < start_ || to > code_.end()) return code_.fail();
    code_.seek(to);
  }
  void rotate() noexcept {
    word a = pop(), b = pop(), c = pop();
    push(a), push(c), push(b);
  }
  void swap() noexcept {
    word a = pop(), b = pop();
    push(a), push(b);
  }

  void step(std::uint8_t o) noexcept {
    if (o >= op_lit0 && o <= op_lit31) return push(o - word{op_lit0});
    if (o >= op_breg0 && o <= op_breg31)
      return push_register(o - std::uintptr_t{op_breg0}, code_.sleb());
    switch (o) {
      case op_addr:
        return push(code_.take<word>());
      case op_const8u:
      case op_const8s:
        return push(static_cast<word>(code_.take<std::uint64_t>()));
      case op_const1u:
        return push(code_.u8());
      case op_const1s:
        return push(as_word(code_.take<std::int8_t>()));
      case op_const2u:
        return push(code_.take<std::uint16_t>());
      case op_const2s:
        return push(as_word(code_.take<std::int16_t>()));
      case op_const4u:
        return push(code_.take<std::uint32_t>());
      case op_const4s:
        return push(as_word(code_.take<std::int32_t>()));
      case op_constu:
        return push(code_.uleb());
      case op_consts:
        return push(as_word(code_.sleb()));
      case op_dup:
        return push_pick(0);
      case op_drop:
        pop();
        return;
      case op_over:
        return push_pick(1);
      case op_pick:
        return push_pick(code_.u8());
      case op_swap:
        return swap();
      case op_rot:
        return rotate();
      case op_deref:
        return dereference(sizeof(word));
      case op_deref_size:
        return dereference(code_.u8());
      case op_plus_uconst:
        return push(pop() + code_.uleb());
      case op_bregx: {
        std::uintptr_t column = code_.uleb();
        return push_register(column, code_.sleb());
      }
      case op_abs: {
        word v = pop();
        return push(as_signed(v) < 0 ? 0 - v : v);
      }
      case op_neg:
        return push(0 - pop());
      case op_not:
        return push(~pop());
      case op_skip:
        return jump(code_.take<std::int16_t>());
      case op_bra: {
        std::int16_t by = code_.take<std::int16_t>();
        if (pop() != 0) jump(by);
        return;
      }
      case op_nop:
        return;
      default:
        return binary(o);
    }
  }

  void binary(std::uint8_t o) noexcept {
    word b = pop(), a = pop();
    std::intptr_t sa = as_signed(a), sb = as_signed(b);
    switch (o) {
      case op_and:
        return push(a & b);
      case op_or:
        return push(a | b);
      case op_xor:
        return push(a ^ b);
      case op_plus:
        return push(a + b);
      case op_minus:
        return push(a - b);
      case op_mul:
        return push(a * b);
      case op_div:
        if (sb == 0) return code_.fail();
        return push(sb == -1 ? 0 - a : as_word(sa / sb));
      case op_mod:
        if (b == 0) return code_.fail();
        return push(a % b);
      case op_shl:
        return push(b < word_bits ? a << b : 0);
      case op_shr:
        return push(b < word_bits ? a >> b : 0);
      case op_shra:
        return push(as_word(sa >> (b < word_bits ? b : word_bits - 1)));
      case op_eq:
        return push(a == b);
      case op_ne:
        return push(a != b);
      case op_ge:
        return push(sa >= sb);
      case op_gt:
        return push(sa > sb);
      case op_le:
        return push(sa <= sb);
      case op_lt:
        return push(sa < sb);
      default:
        return code_.fail();
    }
  }

  byte_cursor code_;
  std::uintptr_t start_;
  const regs& regs_;
  memory_reader& reader_;
  unsigned depth_ = 0;
  std::array<word, stack_words> stack_;
};

}  // namespace

bool evaluate(expression_block block, const regs& r, memory_reader& reader,
              const std::uintptr_t* initial, std::uintptr_t& result) noexcept {
  byte_cursor code(block.at, block.limit, reader);
  std::uintptr_t length = code.uleb();
  if (code.failed() || length > code.end() - code.at()) return false;
  machine m(byte_cursor(code.at(), code.at() + length, reader), r, reader);
  if (initial != nullptr) m.push(*initial);
  return m.run(result);
}

}  // namespace gander::unwind
