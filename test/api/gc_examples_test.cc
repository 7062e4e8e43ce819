// SPDX-License-Identifier: Apache-2.0
//
// The examples of <gander/gc.h>, its parts and docs/collected-heap.md: as doc_examples_test.cc.
#include <gander/gc.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace {

// clang-format off

struct node {
  int value = 0;
  gander::gc::ptr<node> next;
};
node* push(node* head, int value) { return gander::gc::make<node>(value, head); }

struct stack {
  gander::gc::atomic_ptr<node> head;
  void push(node* n) {
    node* top = head.load();
    do n->next = top;
    while (!head.compare_exchange_weak(top, n));
  }
};

class tree {
 public:
  explicit tree(int key) : key_(key) {}
  int key() const { return key_; }

 private:
  GANDER_GC_FIELDS(tree, left_, right_)
  int key_;
  gander::gc::ptr<tree> left_;
  gander::gc::ptr<tree> right_;
};

struct log_file {
  GANDER_GC_DESTROY(log_file)
  int fd = -1;
  ~log_file() { if (fd >= 0) ::close(fd); }
};

void delete_texture(unsigned) {}
struct image {
  unsigned texture;
};
image* load(unsigned texture) {
  image* made = gander::gc::make<image>(texture);
  gander::gc::add_cleanup(made, [](unsigned t) { delete_texture(t); }, texture);
  return made;
}

struct odd {
  void* word;
};
}  // namespace
template <> inline constexpr bool gander::gc::enable_reflection<odd> = false;
static_assert(!gander::gc::enable_reflection<odd>);
namespace {

std::string written;
void write_all(int, std::string_view text) { written += text; }
void use(int) {}

TEST(gc_examples, objects) {
  struct point {
    double x = 0;
    double y = 0;
  };
  point* p = gander::gc::make<point>(1.0, 2.0);
  EXPECT_EQ(p->x + p->y, 3);

  int* squares = gander::gc::make_array<int>(10);
  for (int i = 0; i < 10; ++i) squares[i] = i * i;
  EXPECT_EQ(squares[9], 81);

  node* list = push(push(nullptr, 1), 2);
  EXPECT_EQ(list->next->value, 1);
  EXPECT_EQ(gander::gc::make<tree>(1)->key(), 1);
  EXPECT_EQ(gander::gc::make<log_file>()->fd, -1);
  EXPECT_EQ(load(3)->texture, 3u);
  stack* s = gander::gc::make<stack>();
  s->push(list);
  EXPECT_EQ(s->head.load(), list);
}

TEST(gc_examples, containers) {
  struct graph {
    gander::gc::vector<gander::gc::ptr<graph>> next;
  };
  graph* g = gander::gc::make<graph>();
  g->next.push_back(gander::gc::make<graph>());
  for (graph* n : g->next) n->next.push_back(g);
  EXPECT_EQ(g->next[0]->next[0], g);

  struct person {
    gander::gc::string name;
    gander::gc::ptr<person> parent;
  };
  person* p = gander::gc::make<person>("Ada");
  p->name += " Lovelace";
  EXPECT_EQ(p->name, "Ada Lovelace");

  struct directory {
    gander::gc::map<gander::gc::string, gander::gc::ptr<directory>> entries;
  };
  directory* home = gander::gc::make<directory>();
  home->entries["src"] = gander::gc::make<directory>();
  EXPECT_EQ(home->entries.size(), 1u);
}

TEST(gc_examples, pointers) {
  std::vector<gander::gc::root<node>> kept;
  kept.emplace_back(gander::gc::make<node>());
  EXPECT_EQ(kept[0]->value, 0);

  node* n = kept[0];
  gander::gc::weak<node> cached(n);
  if (node* still = cached.lock()) use(still->value);

  log_file* f = gander::gc::make<log_file>();
  const int fd = f->fd;
  write_all(fd, "text");
  gander::gc::keep_alive(f);
}

void work(int) {}
TEST(gc_examples, control) {
  const gander::gc::heap_stats before = gander::gc::stats();
  work(1);
  std::printf("%llu bytes\n", static_cast<unsigned long long>(
      gander::gc::stats().allocated_bytes - before.allocated_bytes));
  gander::gc::collect();
  gander::gc::set_memory_limit(std::int64_t{512} << 20);
}
TEST(gc_examples, percent) {
  const int before = gander::gc::set_percent(50);  // less memory, more work
  gander::gc::set_percent(before);
}

}  // namespace

namespace page {
namespace {

#include <gander/gc.h>

struct tree {
  int key = 0;
  gander::gc::ptr<tree> left;
  gander::gc::ptr<tree> right;
};

void insert(gander::gc::ptr<tree>& where, int key) {
  if (where == nullptr) {
    where = gander::gc::make<tree>(key);
  } else {
    insert(key < where->key ? where->left : where->right, key);
  }
}

int depth(const tree* t) {
  if (t == nullptr) return 0;
  return 1 + std::max(depth(t->left), depth(t->right));
}

class cache {
 public:
  explicit cache(std::size_t n) : limit_(n) {}
  std::size_t limit() const { return limit_; }

 private:
  GANDER_GC_FIELDS(cache, entries_, newest_)
  std::size_t limit_;
  gander::gc::map<gander::gc::string, gander::gc::ptr<tree>> entries_;
  gander::gc::ptr<tree> newest_;
};

struct connection {
  GANDER_GC_DESTROY(connection)
  int fd = -1;
  gander::gc::ptr<tree> routes;
  ~connection() { ::close(fd); }
};

std::atomic<int> trees_gone{0};

TEST(gc_examples, page) {
  gander::gc::ptr<tree> root;
  for (const int key : {3, 1, 2, 5}) insert(root, key);
  EXPECT_EQ(depth(root), 3);
  EXPECT_EQ(gander::gc::make<cache>(std::size_t{3})->limit(), 3u);
  EXPECT_EQ(gander::gc::make<connection>()->fd, -1);

  auto* const t = gander::gc::make<tree>(1);
  gander::gc::cleanup counted = gander::gc::add_cleanup(t, [] { ++trees_gone; });
  counted.stop();
  EXPECT_EQ(trees_gone, 0);
}

TEST(gc_examples, page_of_books) {
  struct library {
    gander::gc::map<gander::gc::string, gander::gc::vector<gander::gc::string>> books;
  };
  auto* const l = gander::gc::make<library>();
  l->books["Wirth"].push_back("Algorithms + Data Structures = Programs");
  EXPECT_EQ(l->books.size(), 1u);

  const gander::gc::heap_stats s = gander::gc::stats();
  std::printf("%llu cycles\n", static_cast<unsigned long long>(s.cycles));
}

// clang-format on

}  // namespace
}  // namespace page
