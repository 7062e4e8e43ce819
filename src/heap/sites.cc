// SPDX-License-Identifier: Apache-2.0
#include "heap/sites.h"

#include <gander/internal/lock.h>

#include <algorithm>
#include <atomic>
#include <new>

#include "base/relaxed.h"
#include "os/os.h"

namespace gander::heap::sites {
namespace {

struct record {
  relaxed<std::uint64_t> goid;
  relaxed<std::uint32_t> next;  // of the span's, or of those in no use; 0: the last one
  relaxed<std::uint32_t> index;
  relaxed<std::uint32_t> freed_in;
  relaxed<std::uint32_t> count;
  std::array<relaxed<std::uintptr_t>, most_frames> pcs;
};

// Address space of 120 and of 4 MB; of memory, what is used.
constexpr std::uint32_t most_records = sizeof(void*) == 8 ? 1U << 19 : 1U << 15;

internal::lock guard;  // of the writers
published<record*> records = nullptr;
published<std::uint32_t> made = 1;  // 0 is no record
std::uint32_t first_free = 0;
bool has_failed = false;

record* at(std::uint32_t number) noexcept {
  return number < made ? static_cast<record*>(records) + number : nullptr;
}

std::uint32_t take() noexcept {
  const internal::lock_scope held(guard);
  if (const std::uint32_t number = first_free; number != 0) {
    first_free = at(number)->next;
    return number;
  }
  if (records == nullptr && !has_failed) {
    records = static_cast<record*>(os::reserve(most_records * sizeof(record)));
    has_failed = records == nullptr;
  }
  if (has_failed || made == most_records) return 0;
  const std::uint32_t number = made;
  new (static_cast<record*>(records) + number) record;
  made = number + 1;
  return number;
}

void put(std::uint32_t number) noexcept {
  const internal::lock_scope held(guard);
  at(number)->next = first_free;
  first_free = number;
}

}  // namespace

void add(span& s, std::uint32_t index, std::uint64_t goid,
         std::span<const std::uintptr_t> pcs) noexcept {
  const std::uint32_t number = take();
  if (number == 0) return;
  record& r = *at(number);
  r.goid = goid;
  r.index = index;
  r.freed_in = 0;
  r.count = static_cast<std::uint32_t>(std::min(pcs.size(), most_frames));
  for (std::uint32_t i = 0; i < r.count; ++i) r.pcs[i] = pcs[i];
  r.next = std::uint32_t{s.first_site};
  s.first_site = number;
}

void sweep(span& s, std::uint32_t collection) noexcept {
  relaxed<std::uint32_t>* from = &s.first_site;
  while (const std::uint32_t number = *from) {
    record& r = *at(number);
    if (r.freed_in != 0 && s.is_allocated(r.index)) {
      *from = std::uint32_t{r.next};
      put(number);
      continue;
    }
    if (r.freed_in == 0 && !s.is_marked(r.index)) r.freed_in = collection;
    from = &r.next;
  }
}

void forget(span& s) noexcept {
  while (const std::uint32_t number = s.first_site) {
    s.first_site = std::uint32_t{at(number)->next};
    put(number);
  }
}

bool find(const span& s, std::uint32_t index, bool lives, site& out) noexcept {
  constexpr unsigned most_steps = 2 * most_objects;  // each twice, and a circle has an end
  std::uint32_t number = s.first_site;
  for (unsigned i = 0; i < most_steps && number != 0; ++i) {
    const record* const r = at(number);
    if (r == nullptr) return false;
    if (r->index == index && (r->freed_in == 0) == lives) {
      out.goid = r->goid;
      out.freed_in = r->freed_in;
      out.count = std::min<std::uint32_t>(r->count, most_frames);
      std::copy_n(r->pcs.begin(), out.count, out.pcs.begin());
      return true;
    }
    number = r->next;
  }
  return false;
}

}  // namespace gander::heap::sites
