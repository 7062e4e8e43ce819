// SPDX-License-Identifier: Apache-2.0
#include "gc_types/fake_gc.h"

#include <gander/internal/gc_runtime.h>
#include <gander/internal/user_cells.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <map>
#include <new>

namespace gander::testing {
namespace {

struct known {
  fake_object object;
  internal::gc_weak_cell* weak = nullptr;
  internal::gc_cleanup* cleanups = nullptr;
};

struct state {
  std::map<std::uintptr_t, known> objects;
  std::map<std::uintptr_t, known> lost;
  shaded shades;
  std::size_t allocations = 0;
  std::size_t roots = 0;
  int until_failure = -1;
  std::uint64_t last_cleanup = 0;
};
state& all() {
  static state* const s = new state;
  return *s;
}

std::map<std::uintptr_t, known>::iterator find(const void* inside) {
  const auto address = reinterpret_cast<std::uintptr_t>(inside);
  auto& objects = all().objects;
  auto after = objects.upper_bound(address);
  if (after == objects.begin()) return objects.end();
  --after;
  return address < after->first + after->second.object.bytes ? after : objects.end();
}

}  // namespace

marking::marking() {
  all().shades.clear();
  internal::gc_now.marking = true;
}
marking::~marking() { internal::gc_now.marking = false; }
shaded marking::seen() { return std::exchange(all().shades, {}); }

fake_object allocated(const void* begin) {
  const auto it = find(begin);
  if (it == all().objects.end()) return {};
  return it->second.object;
}
std::size_t allocations() { return all().allocations; }
std::size_t roots() { return all().roots; }
void fail_allocation(int n) { all().until_failure = n; }

void lose(void* object) {
  const auto it = find(object);
  ASSERT_NE(it, all().objects.end());
  if (it->second.weak != nullptr) it->second.weak->object = 0;
  while (internal::gc_cleanup* const c = it->second.cleanups) {
    it->second.cleanups = c->next;
    if (c->keeps_object) c->object = it->first;
    c->run(c);
  }
  // Kept: tests look whether anybody uses it, and it is no leak.
  all().lost.insert(all().objects.extract(it));
}

std::vector<std::size_t> words_of(internal::gc_type& type) {
  std::vector<std::size_t> words;
  type.describe(
      [](void* to, std::size_t offset) {
        static_cast<std::vector<std::size_t>*>(to)->push_back(offset);
      },
      &words);
  std::sort(words.begin(), words.end());
  return words;
}

}  // namespace gander::testing

namespace gander::internal {

using testing::all;

constinit gc_phase gc_now;

void list_cells(cells_header*) noexcept {}
void unlist_cells(cells_header*) noexcept {}

void* gc_allocate(std::size_t bytes, std::size_t align, gc_type& type) {
  if (all().until_failure >= 0 && all().until_failure-- == 0) throw std::bad_alloc();
  align = std::max(align, alignof(std::max_align_t));
  void* const memory = std::aligned_alloc(align, (bytes + align - 1) / align * align);
  if (memory == nullptr) throw std::bad_alloc();
  std::memset(memory, 0, bytes);
  ++all().allocations;
  all().objects[reinterpret_cast<std::uintptr_t>(memory)] = {{bytes, align, &type}};
  return memory;
}

void gc_shade(const void* old_value, const void* new_value) noexcept {
  all().shades.emplace_back(old_value, new_value);
}

gc_root_cell* gc_take_root() {
  ++all().roots;
  return new gc_root_cell;
}
void gc_put_root(gc_root_cell* cell) noexcept {
  EXPECT_EQ(cell->value.load(), nullptr);
  --all().roots;
  delete cell;
}

gc_weak_cell* gc_weak_to(const void* inside) {
  const auto it = testing::find(inside);
  if (it == all().objects.end()) return nullptr;
  if (it->second.weak == nullptr) it->second.weak = new gc_weak_cell{it->first};
  return it->second.weak;
}
void* gc_weak_lock(gc_weak_cell* cell) noexcept {
  return reinterpret_cast<void*>(cell->object.load());
}

bool gc_add_cleanup(const void* inside, gc_cleanup* what) {
  const auto it = testing::find(inside);
  if (it == all().objects.end()) return false;
  what->next = it->second.cleanups;
  what->number = ++all().last_cleanup;
  it->second.cleanups = what;
  return true;
}
bool gc_stop_cleanup(const void* inside, std::uint64_t number) noexcept {
  const auto it = testing::find(inside);
  if (it == all().objects.end()) return false;
  for (gc_cleanup** c = &it->second.cleanups; *c != nullptr; c = &(*c)->next) {
    if ((*c)->number != number) continue;
    gc_cleanup* const found = *c;
    *c = found->next;
    found->drop(found);
    return true;
  }
  return false;
}

}  // namespace gander::internal
