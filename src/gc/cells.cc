// SPDX-License-Identifier: Apache-2.0
#include "gc/cells.h"

#include <gander/internal/lock.h>
#include <gander/internal/user_cells.h>

#include <atomic>

namespace gander {
namespace {

using internal::cells_header;

// Double links, so that each leaves in a few instructions; the first one's `previous` is null.
struct alignas(64) part {
  internal::lock guard;
  cells_header* first = nullptr;
};

constexpr std::size_t part_count = 16;
part parts[part_count];
std::atomic<bool> is_child{false};

part& part_of(const cells_header* cells) noexcept {
  return parts[reinterpret_cast<std::uintptr_t>(cells) / 256 % part_count];
}

std::uintptr_t hide(const cells_header* cells) noexcept {
  return ~reinterpret_cast<std::uintptr_t>(cells);
}
cells_header* shown(std::uintptr_t hidden) noexcept {
  return reinterpret_cast<cells_header*>(~hidden);
}

}  // namespace

void internal::list_cells(cells_header* cells) noexcept {
  if (is_child.load(std::memory_order_relaxed)) return;
  part& in = part_of(cells);
  const lock_scope held(in.guard);
  cells->next = hide(in.first);
  cells->previous = hide(nullptr);
  if (in.first != nullptr) in.first->previous = hide(cells);
  in.first = cells;
}

void internal::unlist_cells(cells_header* cells) noexcept {
  if (is_child.load(std::memory_order_relaxed)) return;
  part& in = part_of(cells);
  const lock_scope held(in.guard);
  cells_header* const next = shown(cells->next);
  cells_header* const previous = shown(cells->previous);
  if (next != nullptr) next->previous = cells->previous;
  if (previous != nullptr)
    previous->next = cells->next;
  else
    in.first = next;
}

namespace gc::cells {

void hold() noexcept {
  for (part& each : parts) each.guard.acquire();
}

void let_go() noexcept {
  for (part& each : parts) each.guard.release();
}

void after_fork() noexcept { is_child.store(true, std::memory_order_relaxed); }

void detail::for_each(visitor visit, void* to) noexcept {
  for (const part& each : parts)
    for (const cells_header* c = each.first; c != nullptr; c = shown(c->next)) {
      const auto begin = reinterpret_cast<std::uintptr_t>(c + 1);
      visit(to, begin, begin + c->bytes);
    }
}

}  // namespace gc::cells
}  // namespace gander
