// SPDX-License-Identifier: Apache-2.0
#include "collector/process_memory.h"

#include <algorithm>

#include "base/sanitizers.h"
#include "os/resident.h"
#include "os/task.h"

namespace gander::collector {
namespace {

// What shadows of sanitizers take, and hardly anything else: to ask for each page of it would take
// minutes.
constexpr std::uint64_t most_bytes = std::uint64_t{1} << 38;
#if defined(GANDER_ASAN)
constexpr bool has_shadows = true;
#else
constexpr bool has_shadows = false;
#endif

// Not constants, nor a device's registers, which may change when they are read.
bool may_hold_words(const os::mapping& m) noexcept {
  if (m.name.starts_with("anon_inode:")) return false;
  if (m.name.starts_with("/dev/"))
    return m.name.starts_with("/dev/zero") || m.name.starts_with("/dev/shm/");
  return m.writable || !m.name.starts_with('/');
}

}  // namespace

void process_memory::put_in_order() noexcept {
  std::sort(left_out_.begin(), left_out_.end(),
            [](const memory_range& a, const memory_range& b) { return a.begin < b.begin; });
  std::size_t kept = 0;
  for (const memory_range range : left_out_)
    if (kept != 0 && range.begin <= left_out_[kept - 1].end)
      left_out_[kept - 1].end = std::max(left_out_[kept - 1].end, range.end);
    else
      left_out_[kept++] = range;
  left_out_.resize(kept);
}

bool process_memory::walk(visitor visit, void* argument) noexcept {
  leave_out(left_out_.memory());
  put_in_order();
  os::resident_pages pages;
  const std::uintptr_t page = os::page_size();
  bool told = true;
  const bool has_maps = os::for_each_mapping([&](const os::mapping& m) {
    if (!m.readable || !may_hold_words(m)) return true;
    if (m.end - m.begin > most_bytes) return told = has_shadows;
    // From one that is left out to the next.
    std::uintptr_t at = m.begin;
    const memory_range* next =
        std::upper_bound(left_out_.begin(), left_out_.end(), at,
                         [](std::uintptr_t a, const memory_range& r) { return a < r.end; });
    while (at < m.end && told) {
      const bool has_next = next != left_out_.end() && next->begin < m.end;
      const std::uintptr_t end = has_next ? std::max(next->begin, at) : m.end;
      auto visit_run = [&](std::uintptr_t from, std::uintptr_t to) {
        visit({std::max(from, at), std::min(to, end)}, argument);
      };
      if (at < end)
        told =
            pages.for_each(at / page * page, (end + page - 1) / page * page, m.shared, visit_run);
      at = has_next ? next++->end : m.end;
    }
    return told;
  });
  return has_maps && told;
}

}  // namespace gander::collector
