// SPDX-License-Identifier: Apache-2.0
//
// collected HOW: programs at the limits of the collected heap. They say what was asked for.
//
//   executes      jumps into an object
//   executes_large the same, of large objects
//   executes_freed jumps into an object that is gone
//   stores_freed  stores the address of a field of one through a null pointer
//   uses_freed    follows a pointer that an object held which is gone (GODEBUG=clobberfree=1)
//   keeps_outside keeps a pointer in memory of malloc, and puts it back into an object later
//   keeps_end     keeps the end of a large object in another one; behind it there are free pages
//   churns        makes 64 MiB of garbage, in pieces
//   lives BYTES MIBS
//                 makes a list of so many bytes, so many MiB of garbage, and looks whether all of
//                 the list is there
//   refused       asks for more than there is, of each kind, and goes on with what there is
//   huge          an array of 10 GB
//   cleanups      cleanups that allocate, block, and start others; all run
//   throws        a cleanup that an exception leaves
//   deadlock      what nothing can wake any more
#include <gander/gander.h>
#include <gander/gc.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <stdexcept>
#include <string_view>

#include "support/ended.h"

namespace {

namespace gc = gander::gc;

struct node {
  gc::ptr<node> next;
  std::uint64_t number = 0;
  char rest[240] = {};
};

[[gnu::noinline]] void call(const void* address) {
  void (*function)();
  std::memcpy(&function, &address, sizeof function);
  function();
}

void executes() { call(gc::make<node>()); }

// The first one is large enough that the next is looked at.
void executes_large() {
  constexpr std::size_t bytes = std::size_t{2} << 20;
  gc::make_array<char>(bytes);
  call(gc::make_array<char>(bytes));
}

// What stands behind the call keeps compilers from making a jump of it, which would have no frame.
template <typename T>
T* make_here() {
  T* const made = gc::make<T>();
  asm volatile("" ::: "memory");
  return made;
}

template <typename Make>
std::uintptr_t hidden(Make make) {
  return gander::testing::run_to_the_end([=] { return ~reinterpret_cast<std::uintptr_t>(make()); });
}

std::uintptr_t address_of_freed() {
  const std::uintptr_t gone = hidden([] { return make_here<node>(); });
  const gc::root<node> keeps_the_span = gc::make<node>();
  gc::collect();
  gc::collect();
  return ~gone;
}

void executes_freed() { call(reinterpret_cast<const void*>(address_of_freed())); }

void stores_freed() {
  const volatile std::uintptr_t field = 8;
  const std::uintptr_t gone = address_of_freed() + 16;
  *reinterpret_cast<volatile std::uintptr_t*>(field) = gone;
}

// The processor shall find out, not a sanitizer.
__attribute__((no_sanitize("undefined"))) void uses_freed() {
  const std::uintptr_t gone_hidden = hidden([] {
    node* const n = gc::make<node>();
    n->next = gc::make<node>();
    return n;
  });
  gc::collect();
  gc::collect();
  const node* const gone = reinterpret_cast<const node*>(~gone_hidden);
  std::printf("number=%u\n", static_cast<unsigned>(gone->next->number));
}

struct page {
  char text[3000] = {};
};
struct book {
  std::uint64_t number = 0;
  gc::ptr<page> opened;
};

void keeps_outside() {
  // First: it might get the memory of what goes.
  const gc::root<book> holder = gc::make<book>();
  const auto outside = std::make_unique<std::uintptr_t>();  // hidden from the stack, too
  *outside = hidden([] { return make_here<page>(); });
  gc::collect();
  gc::collect();
  holder->opened = reinterpret_cast<page*>(~*outside);
  gc::collect();
  std::puts("goes on");
}

struct map {
  char text[1 << 16] = {};
};

void keeps_end() {
  struct end {
    gc::ptr<map> of;
  };
  const gc::root<end> holder = gc::make<end>();
  const gc::root<map> whole = gc::make<map>();
  holder->of = whole.get() + 1;
  gc::collect();
  std::puts("goes on");
}

[[gnu::noinline]] void churns() {
  std::size_t sum = 0;
  for (std::size_t i = 0; i < (std::size_t{64} << 20) / 4096; ++i)
    sum += static_cast<std::size_t>(gc::make_array<char>(4096)[i % 4096]);
  std::printf("sum=%zu\n", sum);
}

void lives(std::size_t bytes, std::size_t mibs) {
  gc::root<node> first;
  std::uint64_t count = 0;
  std::uint64_t most = 0;
  for (; count < bytes / sizeof(node); ++count) {
    node* const n = gc::make<node>();
    n->number = count;
    n->next = first.get();
    first = n;
  }
  for (std::size_t i = 0; i < mibs; ++i) {
    for (int k = 0; k < 256; ++k) gc::make_array<char>(4096)[0] = 1;
    most = std::max(most, gc::stats().heap_in_use_bytes);
  }
  for (const node* n = first; n != nullptr; n = n->next) count -= n->number == count - 1 ? 1U : 0U;
  std::printf("lost=%u\nmost=%llu\n", static_cast<unsigned>(count),
              static_cast<unsigned long long>(most));
}

template <typename F>
bool is_refused(F&& f) {
  try {
    f();
  } catch (const std::bad_alloc&) {
    return true;
  }
  return false;
}

void refused() {
  const bool array = is_refused([] { gc::make_array<char>(SIZE_MAX / 2); });
  const bool length = is_refused([] { gc::make_array<node>(SIZE_MAX / 2); });
  gc::root<node> first;
  const bool objects = is_refused([&] {
    for (;;) {
      node* const n = gc::make<node>();
      n->next = first.get();
      first = n;
    }
  });
  // Pointers to the last ones may still lie on this stack, and shall not hold all the others.
  for (int i = 0; i < 10; ++i) {
    node* const last = first;
    first = last->next.get();
    last->next = nullptr;
  }
  first->next = nullptr;
  first = nullptr;
  gc::collect();
  gc::collect();
  for (int i = 0; i < 10'000; ++i) gc::make<node>()->number = 1;
  std::printf("array=%d\nlength=%d\nobjects=%d\n", array, length, objects);
}

void huge() {
  constexpr std::uint64_t bytes = 10'000'000'000;
  if constexpr (sizeof(void*) == 4) {
    std::printf("there=%d\n", is_refused([] { gc::make_array<char>(3'000'000'000U); }));
  } else {
    gander::testing::run_to_the_end([] {
      char* const all = gc::make_array<char>(static_cast<std::size_t>(bytes));
      all[bytes - 1] = 1;
      gc::collect();
      std::printf("there=%d\n", all[bytes - 1] == 1 && all[bytes / 2] == 0);
    });
  }
  gc::collect();
  gc::collect();
  std::printf("gone=%d\n", gc::stats().heap_in_use_bytes < (std::uint64_t{1} << 20));
}

void cleanups() {
  auto ran = gander::make_chan<int>();  // each blocks until it is heard
  constexpr int count = 100;
  gander::spawn([=] {
    for (int i = 0; i < count; ++i)
      gc::add_cleanup(gc::make<node>(), [=] {
        node* const n = gc::make<node>();
        gc::add_cleanup(n, [=] { ran.send(1000 + i); });
        for (int k = 0; k < 100; ++k) gc::make_array<char>(1000)[0] = 1;
        ran.send(i);
      });
  }).join();
  int first = 0;
  int second = 0;
  while (first < count || second < count) {
    gc::collect();
    while (auto number = ran.recv_for(std::chrono::milliseconds(100)))
      ++(*number < 1000 ? first : second);
  }
  std::printf("first=%d\nsecond=%d\n", first, second);
}

void throws() {
  gander::spawn([] {
    gc::add_cleanup(gc::make<node>(), [] { throw std::runtime_error("in a cleanup"); });
  }).join();
  for (;;) {
    gc::collect();
    gander::sleep_for(std::chrono::milliseconds(1));
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view how = argc > 1 ? argv[1] : "";
  return gander::run([&] {
    if (how == "executes") executes();
    if (how == "executes_large") executes_large();
    if (how == "executes_freed") executes_freed();
    if (how == "stores_freed") stores_freed();
    if (how == "uses_freed") uses_freed();
    if (how == "keeps_outside") keeps_outside();
    if (how == "keeps_end") keeps_end();
    if (how == "churns") churns();
    if (how == "lives")
      lives(std::strtoul(argv[2], nullptr, 10), std::strtoul(argv[3], nullptr, 10));
    if (how == "refused") refused();
    if (how == "huge") huge();
    if (how == "cleanups") cleanups();
    if (how == "throws") throws();
    if (how == "deadlock") {
      gc::collect();
      gander::make_chan<int>().recv();
    }
  });
}
