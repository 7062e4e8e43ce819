// SPDX-License-Identifier: Apache-2.0
#include "trace/footprint_table.h"

#include <algorithm>

#include "os/os.h"

namespace gander::trace {

bool footprint_table::open(std::size_t slots, std::size_t words) noexcept {
  if (entries_ != nullptr) return true;
  void* const entries = os::reserve(slots * sizeof(entry));
  void* const memory = os::reserve(words * sizeof(std::uintptr_t));
  if (entries == nullptr || memory == nullptr) {
    if (entries != nullptr) os::release(entries, slots * sizeof(entry));
    if (memory != nullptr) os::release(memory, words * sizeof(std::uintptr_t));
    return false;
  }
  entries_ = static_cast<entry*>(entries);  // zero: none
  slot_count_ = slots;
  words_ = static_cast<std::uintptr_t*>(memory);
  word_count_ = words;
  return true;
}

void footprint_table::keep(word_table::id number, std::span<const std::uintptr_t> words) noexcept {
  if (number == 0 || words.empty()) return;
  std::atomic<std::uint32_t>& begin = entries_[number - 1].begin;
  if (begin.load(std::memory_order_relaxed) != 0) return;
  const auto size = static_cast<std::uint32_t>(words.size() + 1);
  if (used_.load(std::memory_order_relaxed) + size > word_count_) return;  // does without
  const std::uint32_t at = used_.fetch_add(size, std::memory_order_relaxed);
  if (at + size > word_count_) return;
  words_[at] = words.size();
  std::copy(words.begin(), words.end(), words_ + at + 1);
  std::uint32_t none = 0;
  begin.compare_exchange_strong(none, at + 1, std::memory_order_release, std::memory_order_relaxed);
}

void footprint_table::clear() noexcept {
  os::discard(entries_, slot_count_ * sizeof(entry));
  os::discard(words_, word_count_ * sizeof(std::uintptr_t));
  used_.store(0, std::memory_order_relaxed);
}

}  // namespace gander::trace
