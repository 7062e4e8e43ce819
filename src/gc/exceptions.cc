// SPDX-License-Identifier: Apache-2.0
#include "gc/exceptions.h"

#include <gander/internal/gc_runtime.h>
#include <gander/internal/lock.h>

#include <array>
#include <atomic>
#include <new>

#include "base/check.h"
#include "os/os.h"
#include "os/page_probe.h"

namespace gander::gc::exceptions {
namespace {

struct node {
  void* object = nullptr;
  destroyer destroy = nullptr;
  node* next = nullptr;
};

struct alignas(64) part {
  internal::lock guard;
  node* first = nullptr;
  node* unused = nullptr;
  // For when there is no memory, which exceptions tell of.
  std::array<node, 8> reserve;
  std::size_t reserve_left = 8;
};

constexpr std::size_t part_count = 64;
part parts[part_count];
std::atomic<bool> is_child{false};
std::atomic<bool> begun{false};  // relaxed: an exception with an object is thrown after it was made

part& part_of(const void* object) noexcept {
  return parts[reinterpret_cast<std::uintptr_t>(object) / 64 % part_count];
}

node* take(part& from) noexcept {
  if (from.unused == nullptr) {
    constexpr std::size_t block_bytes = 4096;
    char* const block = static_cast<char*>(os::reserve(block_bytes));
    if (block == nullptr) {
      // What is not entered loses what it holds.
      check(from.reserve_left != 0, "no memory to keep what an exception holds");
      return &from.reserve[--from.reserve_left];
    }
    for (std::size_t i = 0; i < block_bytes / sizeof(node); ++i) {
      auto* const n = new (block + i * sizeof(node)) node;
      n->next = from.unused;
      from.unused = n;
    }
  }
  node* const n = from.unused;
  from.unused = n->next;
  return n;
}

// Where the exception is linked. REQUIRES: the part's lock, and that it was entered.
node** find(part& in, const void* object) noexcept {
  node** link = &in.first;
  while ((*link)->object != object) link = &(*link)->next;
  return link;
}

// The exception stays entered until its destructor has run: that may still use what it holds.
void destroy_and_leave(void* object) {
  part& in = part_of(object);
  const bool locks = !is_child.load(std::memory_order_relaxed);  // see after_fork()
  if (locks) in.guard.acquire();
  const destroyer destroy = (*find(in, object))->destroy;
  if (locks) in.guard.release();
  if (destroy != nullptr) destroy(object);
  if (!locks) return;
  const internal::lock_scope held(in.guard);
  node** const link = find(in, object);
  node* const n = *link;
  *link = n->next;
  n->next = in.unused;
  in.unused = n;
}

// The exception was made before it is entered: whoever looked at all of them in between has not
// seen it, nor what it holds, if nothing else does.
void tell(void* object) noexcept {
  // relaxed: it changes in stops; it was entered, under a lock that a stop holds, before this look
  if (!internal::gc_now.marking.load(std::memory_order_relaxed)) return;
  const auto begin = reinterpret_cast<std::uintptr_t>(object);
  internal::gc_shade_words(object, end_of(begin) - begin);
}

}  // namespace

void begin() noexcept { begun.store(true, std::memory_order_relaxed); }

void after_fork() noexcept {
  begun.store(false, std::memory_order_relaxed);
  is_child.store(true, std::memory_order_relaxed);
}

destroyer enter(void* object, destroyer destroy) noexcept {
  if (!begun.load(std::memory_order_relaxed)) return destroy;
  part& in = part_of(object);
  {
    const internal::lock_scope held(in.guard);
    node* const n = take(in);
    *n = {object, destroy, in.first};
    in.first = n;
  }
  tell(object);
  return destroy_and_leave;
}

void hold() noexcept {
  for (part& each : parts) each.guard.acquire();
}

void let_go() noexcept {
  for (part& each : parts) each.guard.release();
}

std::uintptr_t end_of(std::uintptr_t object) noexcept {
  constexpr std::size_t most_bytes = 4096;  // its size is not known
  const std::uintptr_t end = object + most_bytes;
  const std::uintptr_t border = end & ~std::uintptr_t{os::probe_page_bytes - 1};
  return os::page_is_readable(border) ? end : border;
}

void detail::for_each(void (*visit)(void* to, std::uintptr_t object), void* to) noexcept {
  for (const part& each : parts)
    for (const node* n = each.first; n != nullptr; n = n->next)
      visit(to, reinterpret_cast<std::uintptr_t>(n->object));
}

}  // namespace gander::gc::exceptions
