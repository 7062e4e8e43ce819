// SPDX-License-Identifier: Apache-2.0

// server_mix: sessions that answer requests. A client makes a request and hands it over; who serves
// the session allocates to answer it, keeps some of that for a while, and hands the request back
// with another body. How requests travel is the programs': over channels, or to a pool of threads.
// P is a policy: trees.h.
#pragma once

#include "live.h"

namespace gc_bench {

template <typename P>
struct request {
  ptr<P, item<P>> body{};
  ptr<P, request> next{};  // whose it is, who hands it over
  std::uint64_t session = 0, number = 0, answer = 0;
};

template <typename P>
struct session {
  ptr<P, item<P>> history[8]{};
  std::uint64_t handled = 0;
};

template <typename P>
local<P, request<P>> ask(std::uint64_t session, std::uint64_t number) {
  return P::template make<request<P>>(grow_items<P>(2, session + number), nullptr, session, number,
                                      std::uint64_t{0});
}

// 53 items, some 1.7 KB.
template <typename P>
void answer(session<P>* s, request<P>* r, histogram& steps) {
  const std::uint64_t begin = now_ns();
  {
    const auto scratch = grow_items<P>(4, r->number);
    r->answer = sum_items<P>(P::raw(scratch)) + sum_items<P>(P::raw(r->body));
    free_tree<P>(P::raw(scratch));
  }
  auto& kept = s->history[s->handled++ % 8];
  free_tree<P>(P::raw(kept));
  kept = grow_items<P>(3, r->number);
  free_tree<P>(P::raw(r->body));
  r->body = grow_items<P>(2, r->answer);
  steps.note(now_ns() - begin);
}

// What the client makes of it; by hand, it is freed.
template <typename P>
std::uint64_t accept(request<P>* r) {
  const std::uint64_t sum = r->answer + sum_items<P>(P::raw(r->body));
  if constexpr (P::by_hand) {
    free_tree<P>(P::raw(r->body));
    delete r;
  }
  return sum;
}

}  // namespace gc_bench
