// SPDX-License-Identifier: Apache-2.0
//
// Probed reads; see memory_reader.h. Pages are probed and not words, since a probe costs as much as
// walking ten frames.
#include "unwind/memory_reader.h"

#include <algorithm>
#include <atomic>
#include <cstring>

#include "os/code_map.h"
#include "os/page_probe.h"

namespace gander::unwind {
namespace {

std::atomic<bool> recovery_installed{false};

}  // namespace

// Relaxed: a lone flag; a reader that misses it probes, which is right too.
void set_fault_recovery(bool installed) noexcept {
  recovery_installed.store(installed, std::memory_order_relaxed);
}
bool fault_recovery() noexcept { return recovery_installed.load(std::memory_order_relaxed); }

bool memory_reader::page_may_be_read(std::uintptr_t page) noexcept {
  if (std::find(pages_.begin(), pages_.end(), page) != pages_.end()) return true;
  if (!os::page_is_readable(page)) return false;
  pages_[next_] = page;
  next_ = static_cast<std::uint8_t>((next_ + 1) % pages_.size());
  return true;
}

bool memory_reader::may_read(std::uintptr_t address) noexcept {
  std::uintptr_t last = address + sizeof(std::uintptr_t) - 1;
  if (last < address) return false;
  if (in_bounds(address) && in_bounds(last)) return true;
  os::code_object module;
  if (way_ == way::confined && (!os::find_code_object(last, module) || address < module.map_start))
    return false;
  constexpr std::uintptr_t page_mask = ~(os::probe_page_bytes - 1);
  if (!page_may_be_read(address & page_mask)) return false;
  return (address & page_mask) == (last & page_mask) || page_may_be_read(last & page_mask);
}

std::size_t memory_reader::copy(void* to, std::uintptr_t from, std::size_t bytes) noexcept {
  auto* out = static_cast<unsigned char*>(to);
  std::size_t done = 0;
  while (done < bytes) {
    // Aligned words: a word never crosses into a page that was not asked for.
    std::uintptr_t word_address = word_of(from + done);
    std::uintptr_t word = 0;
    if (!load(word_address, word)) break;
    std::size_t skip = from + done - word_address;
    if (skip == 0 && bytes - done >= sizeof word) {  // most are: of a size known to the compiler
      std::memcpy(out + done, &word, sizeof word);
      done += sizeof word;
      continue;
    }
    std::size_t take = std::min(sizeof word - skip, bytes - done);
    std::memcpy(out + done, reinterpret_cast<const unsigned char*>(&word) + skip, take);
    done += take;
  }
  return done;
}

std::size_t memory_reader::copy_string(char* to, std::uintptr_t from, std::size_t bytes) noexcept {
  std::size_t length = 0;
  while (length + 1 < bytes && copy(to + length, from + length, 1) == 1 && to[length] != 0)
    ++length;
  if (bytes > 0) to[length] = 0;
  return length;
}

}  // namespace gander::unwind
