// SPDX-License-Identifier: Apache-2.0
//
// The walk of quick_walk.h, and its table, of slots of two words: a row, and a key that is right
// for this pc and row only. Writers just write: where two meet, or a reader meets one, the key of
// one pair stands with the row of another, matches no pc, and is as good as an empty slot. (But for
// two pcs in one slot that are as far apart as their rows' words: a wrong answer within the
// promises.)
//
// A pc has a slot, and where that is taken another: one of five pcs shares its first with another
// of a thousand in use, one of two hundred does not find a second.
//
// What the time goes for is a chain of two loads: the pc from the stack, where the row has said,
// and the row, where the pc says. All else hangs on neither and runs beside them, as far as it is
// little enough. Hence:
//   - the slot is the pc's low bits, no hash: return addresses differ there as if by chance. It has
//     an even index among words, so that one `and` makes it, and no shift;
//   - a row's lower half is what sp grows by: no instruction at all makes it, on amd64;
//   - which register the frame stands on is a branch, mostly foreseen; a conditional move would
//   wait
//     for the row. Whether fp was saved is none: it is as good as random, and hardly waited for.
#include "unwind/quick_walk.h"

#include <array>
#include <atomic>

#include "base/left_out.h"
#include "base/sanitizers.h"
#include "os/code_map.h"
#include "unwind/footprint.h"
#include "unwind/quick_row.h"
#include "unwind/row_cache.h"
#include "unwind/unwinder.h"

namespace gander::unwind {
namespace {

using word = std::uintptr_t;

constexpr unsigned slot_bits = 13;
constexpr std::size_t slot_count = std::size_t{1} << slot_bits;
constexpr auto spread = static_cast<word>(0x9e3779b97f4a7c15);  // odd

// Rows at even indices, their keys behind them.
alignas(64) constinit std::array<std::atomic<word>, 2 * slot_count> table{};
const left_out of_table(table);

std::size_t first_slot(word pc) noexcept { return pc & (2 * slot_count - 2); }
std::size_t second_slot(word pc) noexcept {
  return first_slot(pc * spread >> (8 * sizeof pc - slot_bits - 1));
}

// Part of all keys. It differs, in the bits that make the first slot, between any 8,192
// generations, so a row that was forgotten matches no pc (in a second slot, but by accident); and
// it is not 0, so an empty slot does not match pc 0. Relaxed: whoever unloads code sees to it that
// nobody walks through it meanwhile.
word current_seed() noexcept {
  return (row_generation.load(std::memory_order_relaxed) + 1) * (2 * spread);
}

// Relaxed, here and wherever slots are read or written: the key says whether it belongs to the row.
word pc_in(std::size_t slot, word seed) noexcept {
  return table[slot + 1].load(std::memory_order_relaxed) -
         table[slot].load(std::memory_order_relaxed) - seed;
}

bool is_taken(std::size_t slot, word seed) noexcept {
  const word pc = pc_in(slot, seed);
  return first_slot(pc) == slot || second_slot(pc) == slot;
}

// Looked up outside of modules each time: where nothing is now a module may come, and nobody would
// tell us to forget.
[[gnu::noinline, gnu::cold]] quick_row read_row(word pc, word seed) noexcept {
  os::code_object module;
  if (!os::find_code_object(pc - 1, module)) return quick_row::frame_pointer;
  memory_reader reader;
  cfi_row row;
  const quick_row packed = compute_row(pc - 1, reader, row) ? pack(row) : quick_row::beyond_words;
  const std::size_t first = first_slot(pc);
  const std::size_t slot = is_taken(first, seed) ? second_slot(pc) : first;
  table[slot].store(packed.bits, std::memory_order_relaxed);
  table[slot + 1].store(pc + seed + packed.bits, std::memory_order_relaxed);
  return packed;
}

[[gnu::noinline]] quick_row find_in_second_slot(word pc, word seed) noexcept {
  const std::size_t slot = second_slot(pc);
  const quick_row row{table[slot].load(std::memory_order_relaxed)};
  const word key = table[slot + 1].load(std::memory_order_relaxed);
  return key - row.bits == pc + seed ? row : read_row(pc, seed);
}

bool step_confined(const regs& from, word low, word high, start& to) noexcept {
  memory_reader reader(memory_reader::way::confined);
  reader.set_bounds(low, high);
  unwinder u(from, reader);
  if (!u.step()) return false;
  to = at(u.current());
  if (!u.current().has(regs::fp_column)) to.fp = 0;
  return true;
}

// Three words and no struct: a compiler would keep it in a vector register, loop and all.
[[gnu::noinline, gnu::cold]] bool step_by_unwinder(word& pc, word& sp, word& fp, word low,
                                                   word high) noexcept {
  regs r;
  r.set(regs::pc_column, pc);
  r.set(regs::sp_column, sp);
  r.set(regs::fp_column, fp);
  r.pc_is_return_address = true;
  start next;
  if (!step_confined(r, low, high, next) || next.sp <= sp || next.sp > high) return false;
  pc = next.pc, sp = next.sp, fp = next.fp;
  return true;
}

// Neither an own variable nor known to be whole, aligned or still.
using stack_word [[gnu::aligned(1), gnu::may_alias]] = word;
[[gnu::always_inline]] GANDER_NOT_INSTRUMENTED inline word load(word address) noexcept {
  return *reinterpret_cast<const volatile stack_word*>(address);
}

struct no_footprint {
  void returns(word, word) noexcept {}
  void restores_fp(word) noexcept {}
  void stands_on_fp(word) noexcept {}
  void lose() noexcept {}
};

// Throughout: low <= sp <= high.
template <typename Footprint>
[[gnu::always_inline]] GANDER_NOT_INSTRUMENTED inline std::size_t walk(const start& from, word low,
                                                                       word high, word* out,
                                                                       std::size_t max,
                                                                       Footprint& print) noexcept {
  auto [pc, sp, fp] = from;
  if (low > high || sp < low || sp > high) {
    print.lose();
    return 0;
  }
  const word seed = current_seed();
  const std::atomic<word>* slots = table.data();
  asm("" : "+r"(slots));
  std::size_t count = 0;
  while (count < max) {
    out[count] = pc;
    const std::size_t slot = first_slot(pc);
    quick_row row{slots[slot].load(std::memory_order_relaxed)};
    const word key = slots[slot + 1].load(std::memory_order_relaxed);
    if (key - row.bits != pc + seed) [[unlikely]] {
      if (pc == 0) {
        print.lose();
        break;
      }
      row = find_in_second_slot(pc, seed);
    }
    ++count;
    word offset = row.lower();
    if (row.has_flags()) [[unlikely]] {
      if (row.is_special()) {
        word next_pc = pc, next_sp = sp, next_fp = fp;
        if (row != quick_row::outermost) print.lose();
        if (row != quick_row::beyond_words ||
            !step_by_unwinder(next_pc, next_sp, next_fp, low, high))
          break;
        pc = next_pc, sp = next_sp, fp = next_fp;
        continue;
      }
      if (fp - sp > high - sp) {
        print.lose();
        break;
      }
      print.stands_on_fp(fp);
      sp = fp;
      offset -= quick_row::on_fp_bit;
    }
    if (offset > high - sp) [[unlikely]] {
      print.lose();
      break;
    }
    sp += offset;
    pc = load(sp - sizeof(word));
    print.returns(sp - sizeof(word), pc);
    const word saved = load(sp + static_cast<word>(row.saved_fp()));
    if (row.saved_fp() != quick_row::fp_is_kept)
      print.restores_fp(sp + static_cast<word>(row.saved_fp()));
    fp = row.saved_fp() == quick_row::fp_is_kept ? fp : saved;
  }
  return count;
}

}  // namespace

GANDER_NOT_INSTRUMENTED
std::size_t quick_walk(const start& from, std::uintptr_t low, std::uintptr_t high,
                       std::uintptr_t* out, std::size_t max) noexcept {
  no_footprint none;
  return walk(from, low, high, out, max, none);
}

GANDER_NOT_INSTRUMENTED
std::size_t quick_walk(const start& from, std::uintptr_t low, std::uintptr_t high,
                       std::uintptr_t* out, std::size_t max, footprint& print) noexcept {
  return walk(from, low, high, out, max, print);
}

GANDER_NOT_INSTRUMENTED
bool footprint::fits(std::span<const word> words, const start& from, word low, word high) noexcept {
  if (words.empty() || words[begin_pc] != from.pc) return false;
  if (from.sp < low || from.sp > high || reach_of(words) > high - from.sp) return false;
  if (words[first_fp] != any_fp && words[first_fp] + from.sp != from.fp) return false;
  const word* at = words.data() + first_pair;
  const word* const returns = words.data() + words[returns_end];
  const word* const end = words.data() + words.size();
  for (; at != returns; at += 2)
    if (load(from.sp + at[0]) != at[1]) return false;
  for (; at != end; at += 2)
    if (load(from.sp + at[0]) != at[1] + from.sp) return false;
  return true;
}

std::size_t quick_walk_interrupted(const regs& interrupted, std::uintptr_t low, std::uintptr_t high,
                                   std::uintptr_t* out, std::size_t max) noexcept {
  os::code_object module;
  // The unwinder would take generated code for no code: it cannot be read, being nobody's.
  if (!interrupted.jump_fault && !os::find_code_object(interrupted.pc(), module))
    return quick_walk(at(interrupted), low, high, out, max);
  memory_reader reader(memory_reader::way::confined);
  reader.set_bounds(low, high);
  unwinder u(interrupted, reader);
  std::size_t count = 0;
  do {
    if (count == max) break;
    out[count++] = at(u.current()).pc;
  } while (u.step());
  return count;
}

}  // namespace gander::unwind
