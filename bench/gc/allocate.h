// SPDX-License-Identifier: Apache-2.0

// Small objects that live for a short while. P is a policy: trees.h.
#pragma once

#include "live.h"

namespace gc_bench {

// `Bytes` bytes where a pointer is a word.
template <typename P, std::size_t Bytes>
struct object {
  GC_BENCH_FIELDS(object, next)
  ptr<P, object> next{};
  std::uint8_t data[Bytes - sizeof(void*)]{};
};

// An op: an object is made, all of it zero, and takes the place of the one made 512 before. 64 make
// a step.
template <typename P, std::size_t Bytes>
void allocate(const params& p, outcome& out) {
  const std::int64_t ops_each = p.ops / p.procs + 64;
  out.start();
  P::parallel(p.procs, [&](int) {
    const auto window = P::template make<page<P, object<P, Bytes>>>();
    std::uint64_t sum = 0;
    std::size_t i = 0;
    stepper steps(out.steps);
    for (std::int64_t op = 0; op < ops_each; op += 64) {
      for (int k = 0; k < 64; ++k, ++i) {
        auto& slot = P::raw(window)->slot[i % page_slots];
        auto fresh = P::template make<object<P, Bytes>>();
        P::raw(fresh)->data[0] = static_cast<std::uint8_t>(i);
        if (P::raw(slot) != nullptr) {
          sum += P::raw(slot)->data[0];
          if constexpr (P::by_hand) delete P::raw(slot);
        }
        slot = std::move(fresh);
      }
      steps.step();
    }
    out.checksum += sum;
  });
  out.stop(ops_each * p.procs);
}

// Size: bytes of an object.
template <typename P>
void allocate(const params& p, outcome& out) {
  switch (p.size) {
    case 16:
      return allocate<P, 16>(p, out);
    case 64:
      return allocate<P, 64>(p, out);
    case 1024:
      return allocate<P, 1024>(p, out);
    default:
      expect(false, "objects have 16, 64 or 1024 bytes");
  }
}

}  // namespace gc_bench
