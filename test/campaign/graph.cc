// SPDX-License-Identifier: Apache-2.0
#include "campaign/graph.h"

#include <gander/go.h>
#include <gander/time.h>
#include <unistd.h>

#include <chrono>
#include <new>

namespace gander::campaign {
namespace {

// Says nothing of itself: conservative.
class vague {
 public:
  node* make() { return ::new (memory_) node; }

 private:
  alignas(node) unsigned char memory_[sizeof(node) + 20] = {};
};

struct destroyed {
  GANDER_GC_DESTROY(destroyed)
  node inside;
  ~destroyed() {
    if (!is_whole(inside)) fail("an object is lost before its destructor runs");
  }
};

struct large_node {
  char before[40'000] = {};
  node inside;
  char behind[1'000] = {};
};

node* allocate(dice& d) {
  switch (d.below(16)) {
    case 0: {
      const std::size_t length = 1 + d.below(50);
      return gc::make_array<node>(length) + d.below(length);
    }
    case 1:
      return d.one_in(4) ? &gc::make<large_node>()->inside : gc::make<node>();
    case 2:
    case 3:
    case 4:
    case 5:
      return gc::make<vague>()->make();
    default:
      return gc::make<node>();
  }
}

}  // namespace

node* make_node(dice& d, std::uint32_t number) {
  node* const n = allocate(d);
  n->number = number;
  n->masked_number = number ^ node::mask;
  return n;
}

void dawdle(dice& d) {
  for (std::size_t i = d.below(4); i > 0; --i) switch (d.below(16)) {
      case 0:
        sleep_for(std::chrono::microseconds(d.below(50)));
        break;
      case 1:
        ::usleep(static_cast<useconds_t>(d.below(50)));
        break;
      case 2:
      case 3:
      case 4:
        yield();
        break;
      case 5: {
        volatile std::uint32_t sink = 0;
        for (std::size_t left = d.below(2'000); left > 0; --left) sink = sink + 1;
        break;
      }
      case 6:
        gc::make<destroyed>();
        break;
      default:
        gc::make_array<char>(1 + d.below(3'000))[0] = 1;
    }
}

}  // namespace gander::campaign
