// SPDX-License-Identifier: Apache-2.0
//
// Whoever gives an object away does so in a function of its own, whose frame is gone when the rest
// of the way is waited for.
#include "campaign/ways.h"

#include <gander/context.h>
#include <gander/gander.h>

#include <array>
#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <vector>

namespace gander::campaign {
namespace {

node* take(gc::ptr<node>& from) {
  node* const n = from;
  from = nullptr;
  return n;
}

using way = void(dice& d, echoes& e, gc::ptr<node>& from, gc::ptr<node>& to);

node* received(const chan<node*>& c) { return c.recv().value(); }

// --- channels

[[gnu::noinline]] void send(const chan<node*>& c, gc::ptr<node>& from) { c.send(take(from)); }

void by_buffer(dice& d, echoes&, gc::ptr<node>& from, gc::ptr<node>& to) {
  const auto c = make_chan<node*>(1 + d.below(3));
  send(c, from);
  dawdle(d);
  to = received(c);
}

void by_goroutine(dice& d, echoes&, gc::ptr<node>& from, gc::ptr<node>& to) {
  const auto there = make_chan<node*>();
  const auto back = make_chan<node*>();
  go([=, d = d.fork()]() mutable {
    node* const n = received(there);
    dawdle(d);
    back.send(n);
  });
  send(there, from);
  dawdle(d);
  to = received(back);
}

struct wide {
  std::array<char, 3'000> before = {};
  node* n = nullptr;
};

[[gnu::noinline]] void send_wide(const chan<wide>& c, gc::ptr<node>& from) {
  wide w;
  w.n = take(from);
  c.send(w);
}

void by_wide_elements(dice& d, echoes&, gc::ptr<node>& from, gc::ptr<node>& to) {
  const auto c = make_chan<wide>(d.below(2));
  const auto back = make_chan<node*>(1);
  go([=, d = d.fork()]() mutable {
    dawdle(d);
    back.send(c.recv().value().n);
  });
  send_wide(c, from);
  dawdle(d);
  to = received(back);
}

[[gnu::noinline]] void send_to(const chan<echoes::message>& echo, const chan<node*>& back,
                               gc::ptr<node>& from) {
  echo.send({take(from), back});
}

void by_echo(const chan<echoes::message>& echo, dice& d, gc::ptr<node>& from, gc::ptr<node>& to) {
  const auto back = make_chan<node*>(d.below(2));
  send_to(echo, back, from);
  dawdle(d);
  to = received(back);
}

void by_echoing_goroutine(dice& d, echoes& e, gc::ptr<node>& from, gc::ptr<node>& to) {
  by_echo(e.to_goroutine, d, from, to);
}
void by_echoing_thread(dice& d, echoes& e, gc::ptr<node>& from, gc::ptr<node>& to) {
  by_echo(e.to_thread, d, from, to);
}

// --- select

[[gnu::noinline]] void send_by_select(const chan<node*>& c, const chan<int>& never, node* n) {
  select(on_recv(never, [](std::optional<int>) {}), on_send(c, n));
}

void by_select(dice& d, echoes&, gc::ptr<node>& from, gc::ptr<node>& to) {
  const auto c = make_chan<node*>(d.below(2));
  const auto never = make_chan<int>();
  const auto back = make_chan<node*>();
  go([=, d = d.fork()]() mutable {
    dawdle(d);
    node* n = nullptr;
    select(on_recv(never, [](std::optional<int>) {}),
           on_recv(c, [&](std::optional<node*> got) { n = *got; }));
    dawdle(d);
    send_by_select(back, never, n);
  });
  send_by_select(c, never, take(from));
  dawdle(d);
  select(on_recv(back, [&](std::optional<node*> got) { to = *got; }),
         on_recv(never, [](std::optional<int>) {}));
}

[[gnu::noinline]] void add_case(std::vector<select_case>& cases, const chan<node*>& c,
                                gc::ptr<node>& from) {
  cases.emplace_back(on_send(c, take(from), [] {}));
}

void by_many_cases(dice& d, echoes&, gc::ptr<node>& from, gc::ptr<node>& to) {
  const auto c = make_chan<node*>();
  const auto never = make_chan<int>();
  const auto back = make_chan<node*>(1);
  go([=, d = d.fork()]() mutable {
    dawdle(d);
    back.send(received(c));
  });
  std::vector<select_case> cases;
  add_case(cases, c, from);
  for (std::size_t left = d.below(20); left > 0; --left)
    cases.emplace_back(on_recv(never, [](std::optional<int>) {}));
  dawdle(d);
  select(cases);
  to = received(back);
}

// --- what goroutines are made of

struct bulky {
  std::array<char, 17'000> before = {};
  node* n = nullptr;
};

[[gnu::noinline]] handle<node*> spawn_with(dice& d, gc::ptr<node>& from) {
  node* const n = take(from);
  if (d.one_in(4))
    return spawn([b = bulky{{}, n}, d = d.fork()]() mutable {
      dawdle(d);
      return b.n;
    });
  return spawn([n, d = d.fork()]() mutable {
    dawdle(d);
    return n;
  });
}

// By a closure, and a result that waits for a while.
void by_result(dice& d, echoes&, gc::ptr<node>& from, gc::ptr<node>& to) {
  auto h = spawn_with(d, from);
  dawdle(d);
  to = h.join();
}

goroutine_local<node*> kept;

[[gnu::noinline]] void keep(node* n) { *kept = n; }

[[gnu::noinline]] handle<node*> spawn_keeping(dice& d, gc::ptr<node>& from) {
  const auto c = make_chan<node*>(1);
  send(c, from);
  return spawn([c, d = d.fork()]() mutable {
    keep(received(c));
    dawdle(d);
    return *kept;
  });
}

void by_goroutine_local(dice& d, echoes&, gc::ptr<node>& from, gc::ptr<node>& to) {
  auto h = spawn_keeping(d, from);
  dawdle(d);
  to = h.join();
}

const context_key<node*> key;

[[gnu::noinline]] context with(gc::ptr<node>& from) {
  return with_value(background(), key, take(from));
}

void by_context(dice& d, echoes&, gc::ptr<node>& from, gc::ptr<node>& to) {
  const context ctx = with(from);
  dawdle(d);
  to = *ctx.value(key);
}

[[gnu::noinline]] timer start_timer(dice& d, const chan<node*>& c, gc::ptr<node>& from) {
  return timer::after_func(std::chrono::microseconds(d.below(100)),
                           [c, n = take(from)] { c.send(n); });
}

void by_timer(dice& d, echoes&, gc::ptr<node>& from, gc::ptr<node>& to) {
  const auto c = make_chan<node*>();
  const auto t = start_timer(d, c, from);
  dawdle(d);
  to = received(c);
}

// --- stacks

[[gnu::noinline]] node* hold_deep(dice& d, gc::ptr<node>& from, std::size_t depth) {
  if (depth > 0) {
    node* const n = hold_deep(d, from, depth - 1);
    if (d.one_in(20)) dawdle(d);
    return n;
  }
  node* const n = take(from);
  dawdle(d);
  return n;
}

void by_deep_stack(dice& d, echoes&, gc::ptr<node>& from, gc::ptr<node>& to) {
  to = hold_deep(d, from, d.below(100));
}

// Now and then for longer than a cycle takes.
std::size_t loops(dice& d) { return d.below(d.one_in(8) ? 4'000'000 : 20'000); }

// In a register, for as long as it computes.
[[gnu::noinline]] void by_register(dice& d, echoes&, gc::ptr<node>& from, gc::ptr<node>& to) {
  std::size_t left = loops(d);
  node* n = take(from);
  for (; left > 0; --left) asm volatile("" : "+r"(left), "+r"(n));
  to = n;
}

// In a frame that was never made room for, where there is such a thing.
[[gnu::noinline]] node* hold_below_stack(node* n, std::size_t rounds) {
  node* volatile held = n;
  n = nullptr;
  for (; rounds > 0; --rounds) asm volatile("" : "+r"(rounds), "+r"(n));
  return held;
}

void by_red_zone(dice& d, echoes&, gc::ptr<node>& from, gc::ptr<node>& to) {
  const std::size_t rounds = loops(d);
  to = hold_below_stack(take(from), rounds);
}

// --- exceptions

struct carrier {
  node* n;
};

struct dawdler {
  dice d;
  ~dawdler() { dawdle(d); }
};

[[gnu::noinline]] void throw_it(dice& d, gc::ptr<node>& from) {
  const dawdler waits{d.fork()};
  throw carrier{take(from)};
}

void by_exception(dice& d, echoes&, gc::ptr<node>& from, gc::ptr<node>& to) {
  try {
    throw_it(d, from);
  } catch (const carrier& c) {
    dawdle(d);
    to = c.n;
  }
}

[[gnu::noinline]] std::exception_ptr catch_it(dice& d, gc::ptr<node>& from) {
  std::exception_ptr caught;
  try {
    throw_it(d, from);
  } catch (...) {
    caught = std::current_exception();
  }
  return caught;
}

void by_exception_ptr(dice& d, echoes&, gc::ptr<node>& from, gc::ptr<node>& to) {
  auto caught = catch_it(d, from);
  dawdle(d);
  auto h = spawn([caught = std::move(caught), d = d.fork()]() mutable {
    dawdle(d);
    std::rethrow_exception(std::move(caught));
  });
  dawdle(d);
  try {
    h.join();
  } catch (const carrier& c) {
    to = c.n;
  }
}

// --- places of the collected heap, and of its roots

gc::atomic_ptr<node> globals[64];

void by_global(dice& d, echoes& e, gc::ptr<node>& from, gc::ptr<node>& to) {
  gc::atomic_ptr<node>& place = globals[d.below(std::size(globals))];
  node* before = nullptr;
  if (from == nullptr || !place.compare_exchange_strong(before, from))
    return by_deep_stack(d, e, from, to);  // somebody else has the place
  from = nullptr;
  dawdle(d);
  to = place.exchange(nullptr);
}

void by_root(dice& d, echoes&, gc::ptr<node>& from, gc::ptr<node>& to) {
  std::vector<gc::root<node>> roots(1 + d.below(3));
  roots.back() = take(from);
  dawdle(d);
  to = roots.back();
}

void by_containers(dice& d, echoes&, gc::ptr<node>& from, gc::ptr<node>& to) {
  gc::vector<gc::ptr<node>> v;
  gc::map<int, gc::ptr<node>> m;
  m[7] = take(from);
  dawdle(d);
  for (std::size_t left = d.below(20); left > 0; --left) v.push_back(nullptr);
  v.push_back(nullptr);
  std::swap(v.back(), m[7]);
  dawdle(d);
  for (std::size_t left = d.below(20); left > 0; --left) v.insert(v.begin(), nullptr);
  to = std::move(v.back());
}

struct box {
  gc::ptr<node> inside;
};

// What was made just now holds what is only on this stack.
void by_new_object(dice& d, echoes&, gc::ptr<node>& from, gc::ptr<node>& to) {
  box* const b = gc::make<box>(take(from));
  dawdle(d);
  to = take(b->inside);
}

constexpr way* all[] = {by_buffer,          by_goroutine, by_wide_elements, by_echoing_goroutine,
                        by_echoing_thread,  by_select,    by_many_cases,    by_result,
                        by_goroutine_local, by_context,   by_timer,         by_deep_stack,
                        by_register,        by_red_zone,  by_exception,     by_exception_ptr,
                        by_global,          by_root,      by_containers,    by_new_object};
static_assert(std::size(all) == ways);

}  // namespace

echoes::echoes(dice d) {
  go([=, in = to_goroutine, ended = goroutine_has_ended_]() mutable {
    while (auto m = in.recv()) {
      const chan<node*> back = m->back;
      node* const n = m->what;
      m.reset();
      dawdle(d);
      back.send(n);
    }
    ended.close();
  });
  thread_ = std::thread([=, in = to_thread]() mutable {
    while (auto m = in.recv()) {
      const chan<node*> back = m->back;
      node* const n = m->what;
      m.reset();
      for (volatile std::size_t left = d.below(20'000); left > 0;) left = left - 1;
      back.send(n);
    }
  });
}

echoes::~echoes() {
  to_goroutine.close();
  to_thread.close();
  goroutine_has_ended_.recv();
  blocking([&] { thread_.join(); });
}

void move_by(int way, dice& d, echoes& e, gc::ptr<node>& from, gc::ptr<node>& to) {
  all[way](d, e, from, to);
}

}  // namespace gander::campaign
