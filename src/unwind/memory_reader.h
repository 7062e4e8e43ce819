// SPDX-License-Identifier: Apache-2.0
//
// Reads memory that may be unmapped, guarded or wild: a damaged stack, say. Two ways:
//
//   fault recovery   a load whose fault our signal handler turns into a failure; 1 ns, or 2 µs
//   page probe       a system call per page, remembered for a few pages; where no handler stands
//   confined         the same, but nothing beside the bounds (set_bounds) and loaded modules, which
//                    nobody unmaps meanwhile: such a read never faults
//
// A memory_reader belongs to one walk and is not shared between threads. Any stack, also in a
// handler. A page that was readable may be unmapped by another thread afterwards: in probe mode
// only, that is a fault; the crash reporter stops the others first.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "arch/regs.h"

namespace gander::unwind {

// Says that the SIGSEGV and SIGBUS handlers of this process call recover_fault(), and are not
// blocked.
void set_fault_recovery(bool installed) noexcept;
bool fault_recovery() noexcept;

class memory_reader {
 public:
  enum class way : std::uint8_t { fault_recovery, page_probe, confined };

  memory_reader() noexcept
      : way_(unwind::fault_recovery() ? way::fault_recovery : way::page_probe) {}
  explicit memory_reader(way w) noexcept : way_(w) {}

  // [lo, hi) is known to be readable: the stack being walked. Fault recovery makes no use of it.
  void set_bounds(std::uintptr_t lo, std::uintptr_t hi) noexcept { lo_ = lo, hi_ = hi; }
  bool has_bounds() const noexcept { return lo_ < hi_; }
  bool in_bounds(std::uintptr_t address) const noexcept { return address - lo_ < hi_ - lo_; }

  // Loads a word, at any alignment.
  bool load(std::uintptr_t address, std::uintptr_t& out) noexcept {
    if (way_ != way::fault_recovery && !may_read(address)) return false;
    loaded_word word = gander_safe_load(address);
    out = word.value;
    return word.ok != 0;
  }

  // True if the byte at `address` can be read.
  bool readable(std::uintptr_t address) noexcept {
    std::uintptr_t ignored = 0;
    return load(word_of(address), ignored);
  }

  // Copies bytes, and returns how many could be read.
  std::size_t copy(void* to, std::uintptr_t from, std::size_t bytes) noexcept;
  // Copies a string of less than `bytes` characters and terminates it; its length, 0 if unreadable.
  std::size_t copy_string(char* to, std::uintptr_t from, std::size_t bytes) noexcept;

 private:
  static constexpr std::uintptr_t word_of(std::uintptr_t address) noexcept {
    return address & ~std::uintptr_t{sizeof(std::uintptr_t) - 1};
  }
  bool may_read(std::uintptr_t address) noexcept;
  bool page_may_be_read(std::uintptr_t page) noexcept;

  way way_;
  std::uint8_t next_ = 0;
  std::uintptr_t lo_ = 0;
  std::uintptr_t hi_ = 0;
  // Seen readable. Not 0 before, for that is a page, too, which a wild pointer may point into.
  static constexpr std::uintptr_t none = 1;
  std::array<std::uintptr_t, 8> pages_{none, none, none, none, none, none, none, none};
};

}  // namespace gander::unwind
