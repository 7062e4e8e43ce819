// SPDX-License-Identifier: Apache-2.0
//
// Types that the collected heap must refuse, and what pointers into it must not do: as chan.cc.
#include <gander/gc.h>

#include <memory>
#include <string>
#include <utility>

namespace gc = gander::gc;

struct base {
  virtual ~base() = default;
};
struct closes {
  int fd;
  ~closes() { fd = -1; }
};
struct closes_too {
  gc::ptr<int> p;
  ~closes_too() { p = nullptr; }
};
struct destroyed {
  GANDER_GC_DESTROY(destroyed)
  std::string text;
};
struct promised {
  GANDER_GC_FIELDS(promised, p)
  gc::ptr<int> p;
  ~promised() {}
};
struct derived_from_promised : promised {
  std::string text;
};
struct alignas(8192) page {
  char bytes[8192];
};
struct linked {
  gc::ptr<linked> next;
};

void use() {
  gc::ptr<const int> constant;
  gc::ptr<int> p;
  gc::ptr<void> any;
#if CASE == 0
  p = gc::make<int>(1);
  constant = p;
  any = p;
  gc::make<destroyed>();
  gc::make<promised>();
  gc::make<linked>();
  gc::make_array<linked>(3);
  gc::make<std::pair<int, linked>>();
#elif CASE == 1   // EXPECT: GANDER_GC_DESTROY(type)
  gc::make<std::string>();
#elif CASE == 2   // EXPECT: GANDER_GC_FIELDS(type, fields...)
  gc::make<closes>(1);
#elif CASE == 3   // EXPECT: GANDER_GC_DESTROY(type)
  gc::make<closes_too>();
#elif CASE == 4   // EXPECT: GANDER_GC_DESTROY(type)
  gc::make<derived_from_promised>();
#elif CASE == 5   // EXPECT: GANDER_GC_DESTROY(type)
  gc::make_array<std::unique_ptr<int>>(2);
#elif CASE == 6   // EXPECT: GANDER_GC_DESTROY(type)
  gc::make<gc::root<int>>();
#elif CASE == 7   // EXPECT: GANDER_GC_DESTROY(type)
  gc::make<base>();
#elif CASE == 8   // EXPECT: use gc::make_array<T>(n)
  gc::make<int[3]>();
#elif CASE == 9   // EXPECT: at most 4,096 bytes
  gc::make<page>();
#elif CASE == 10  // EXPECT: only objects
  gc::make<void>();
#elif CASE == 11  // EXPECT: operator=
  p = constant;
#elif CASE == 12  // EXPECT: operator=
  p = any;
#elif CASE == 13  // EXPECT: f(args...) cannot be called
  gc::add_cleanup(gc::make<int>(), [](int*) {}, 1.5);
#elif CASE == 14  // EXPECT: gc::ptr<void>
  *any;
#elif CASE == 15  // EXPECT: deleted
  gc::atomic_ptr<int> a;
  gc::atomic_ptr<int> b(a);
#elif CASE == 16  // EXPECT: GANDER_GC_DESTROY(type)
  gc::vector<std::unique_ptr<int>>().resize(1);
#elif CASE == 17  // EXPECT: let the container hold gc::ptr
  gc::vector<destroyed>().resize(1);
#elif CASE == 18  // EXPECT: GANDER_GC_FIELDS(type, fields...)
  gc::map<int, std::string>()[1];
#endif
}
