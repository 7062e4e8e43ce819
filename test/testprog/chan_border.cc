// SPDX-License-Identifier: Apache-2.0
//
// Shows that no user code runs inside the border: a program that owns operator new and a type whose
// moves, copies and destructor look where they are. Exits with 0 when all of that ran outside, and
// when what promises not to allocate did not. Sees the inside, and replaces operator new for the
// process.
#include <gander/go.h>
#include <gander/run.h>
#include <gander/select.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <string>

#include "base/sanitizers.h"
#include "sched/current.h"

namespace {

std::atomic<int> inside{0};
std::atomic<int> looks{0};
std::atomic<int> allocations{0};

void look_where_we_are() noexcept {
  const gander::M* const m = gander::current_m();
  ++looks;
  if (m != nullptr && m->in_runtime.load() != 0) ++inside;
}

#if defined(GANDER_ASAN) || defined(GANDER_TSAN)
// Sanitizers have an operator new of their own: under them the travelers alone look around.
}  // namespace
#else
void* allocate(std::size_t size, std::size_t align) {
  look_where_we_are();
  ++allocations;
  void* const memory = std::aligned_alloc(align, (size + align - 1) / align * align);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

void* operator new(std::size_t size) { return allocate(size, 16); }
void* operator new(std::size_t size, std::align_val_t align) {
  return allocate(size, static_cast<std::size_t>(align));
}
void operator delete(void* memory) noexcept {
  look_where_we_are();
  std::free(memory);
}
void operator delete(void* memory, std::align_val_t) noexcept {
  look_where_we_are();
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept { operator delete(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t a) noexcept {
  operator delete(memory, a);
}
#endif

namespace {

struct traveler {
  traveler() = default;
  traveler(const traveler&) { look_where_we_are(); }
  traveler(traveler&&) noexcept { look_where_we_are(); }
  ~traveler() { look_where_we_are(); }
};
struct alignas(128) wide_traveler : traveler {};

using gander::chan;
using gander::on_default;
using gander::on_recv;
using gander::on_send;
using gander::select;

// All the ways there are, from both ends.
template <typename T>
void travel(std::size_t capacity) {
  constexpr int rounds = 200;
  auto c = gander::make_chan<T>(capacity);
  auto back = gander::make_chan<T>(capacity);
  gander::go([=] {
    for (int i = 0; i < rounds; ++i) {
      std::optional<T> v;
      if (i % 3 == 0) {
        select(on_recv(c, v), on_recv(chan<int>()));
      } else {
        if (auto got = c.recv()) v.emplace(std::move(*got));
      }
      if (i % 2 == 0) {
        back.send(std::move(*v));
      } else {
        select(on_send(back, *v), on_recv(chan<int>()));
      }
    }
    back.close();
  });
  for (int i = 0; i < rounds; ++i) {
    T v;
    if (i % 5 == 0) {
      c.send(v);
    } else if (i % 5 == 1) {
      while (!c.try_send(std::move(v))) gander::yield();
    } else if (i % 5 == 2) {
      select(on_send(c, std::move(v), look_where_we_are), on_recv(chan<int>()));
    } else {
      c.send_for(std::move(v), std::chrono::hours(1));
    }
    if (i % 2 == 0) {
      (void)back.recv();
    } else {
      while (!back.try_recv()) gander::yield();
    }
  }
  for (std::size_t i = 0; i < capacity; ++i) c.send(T());  // left behind
}

void allocate_nothing() {
  auto a = gander::make_chan<long>(1);
  auto b = gander::make_chan<std::string>(1);
  auto echo = gander::make_chan<long>();
  auto back = gander::make_chan<long>();
  gander::go([=] {
    for (long& n : echo) back.send(n);
  });
  std::string word(100, 'x');
  const int before = allocations;
  for (int i = 0; i < 100; ++i) {
    a.send(i);
    (void)a.try_recv();
    b.send(std::move(word));
    std::optional<std::string> w;
    select(on_recv(a), on_recv(b, w), on_recv(echo), on_default());
    word = std::move(*w);
    echo.send(i);
    std::optional<long> n;
    select(on_recv(a), on_recv(back, n), on_recv(a), on_recv(a), on_recv(a), on_recv(a), on_recv(a),
           on_recv(a), on_recv(a), on_recv(a), on_recv(a), on_recv(a), on_recv(a), on_recv(a));
  }
  if (allocations != before) {
    std::printf("%d allocations where there should be none\n", allocations - before);
    std::exit(1);
  }
  echo.close();
}

}  // namespace

int main() {
  return gander::run([] {
    for (const std::size_t capacity : {0u, 1u, 3u}) {
      travel<traveler>(capacity);
      travel<wide_traveler>(capacity);
    }
    allocate_nothing();
    while (gander::num_goroutine() > 1) gander::yield();
    std::printf("%d looks, %d of them inside\n", looks.load(), inside.load());
    return inside == 0 && looks > 1000 ? 0 : 1;
  });
}
