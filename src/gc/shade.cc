// SPDX-License-Identifier: Apache-2.0
#include "gc/shade.h"

#include <gander/internal/lock.h>

#include <new>
#include <utility>

#include "base/check.h"
#include "os/os.h"

namespace gander::gc::shade {
namespace {

internal::lock guard;  // all lists
shade_buffer* full[2] = {};
shade_buffer* unused = nullptr;
relaxed<std::uint32_t> current{0};  // the cycle; written in a stop
relaxed<bool> keeps{true};          // likewise
relaxed<bool> checks{false};        // likewise

shade_buffer*& full_of(told what) noexcept { return full[static_cast<std::size_t>(what)]; }

// What has no room, and no memory to be put into, would be lost, and with it an object in use.
shade_buffer* take_unused() noexcept {
  if (unused == nullptr) {
    constexpr std::size_t block_bytes = std::size_t{1} << 15;
    char* const block = static_cast<char*>(os::reserve(block_bytes));
    check(block != nullptr, "no memory for the write barrier");
    for (std::size_t i = 0; i < block_bytes / sizeof(shade_buffer); ++i) {
      auto* const b = new (block + i * sizeof(shade_buffer)) shade_buffer;
      b->next = unused;
      unused = b;
    }
  }
  shade_buffer* const b = unused;
  unused = b->next;
  b->next = nullptr;
  b->count = 0;
  return b;
}

void exchange(shade_buffer*& own, told what) noexcept {
  const internal::lock_scope held(guard);
  // In the stop that looks at them, all of this or nothing has happened.
  if (own != nullptr && is_current(*own)) {
    own->next = std::exchange(full_of(what), own);
    own = nullptr;
  }
  if (own == nullptr) own = take_unused();
  own->count = 0;
  own->cycle = std::uint32_t{current};
}

}  // namespace

void begin(std::uint32_t cycle, bool keeps_overwritten, bool checks_written) noexcept {
  current = cycle;
  keeps = keeps_overwritten;
  checks = checks_written;
}

bool keeps_overwritten() noexcept { return keeps; }
bool checks_written() noexcept { return checks; }

void hold() noexcept { guard.acquire(); }
void let_go() noexcept { guard.release(); }

bool is_current(const shade_buffer& b) noexcept { return b.cycle == current; }

shade_buffer* take_full(told what) noexcept { return std::exchange(full_of(what), nullptr); }
const shade_buffer* first_full(told what) noexcept { return full_of(what); }

void give_back(shade_buffer* first) noexcept {
  while (shade_buffer* const b = first) {
    first = b->next;
    b->next = unused;
    unused = b;
  }
}

void enter(shade_buffer*& own, const void* value, told what) noexcept {
  if (own == nullptr || !is_current(*own) || own->count == shade_buffer::capacity)
    exchange(own, what);
  const std::uint32_t count = own->count;
  own->words[count] = reinterpret_cast<std::uintptr_t>(value);
  own->count = count + 1;
}

}  // namespace gander::gc::shade
