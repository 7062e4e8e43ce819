// SPDX-License-Identifier: Apache-2.0
#include "crash/symbolizer.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>

#include "crash/recoverable.h"
#include "crash/symbol_reader.h"
#include "unwind/walk_test_helper.h"

namespace gander::crash {
namespace {

NOINLINE int named_function(int v) {
  asm volatile("");
  return v + 1;
}
std::uintptr_t pc_of(auto* f) { return reinterpret_cast<std::uintptr_t>(f); }

class symbolizer : public testing::Test {
 protected:
  symbolizer() { EXPECT_TRUE(start_symbolizer()); }
  static void recover(int signal, void*) {
    if (!step_recover(signal)) _exit(99);
  }
  unwind::fault_handler faults_{recover};
};

TEST_F(symbolizer, names_a_function_and_its_module) {
  auto frames = symbolize(pc_of(named_function), false);
  ASSERT_EQ(frames.size(), 1u);
  EXPECT_EQ(frames[0].function, "gander::crash::(anonymous namespace)::named_function");
  EXPECT_TRUE(frames[0].file.ends_with("symbolizer_test.cc")) << frames[0].file;
  EXPECT_GT(frames[0].line, 0u);
  EXPECT_EQ(frames[0].entry, pc_of(named_function));
  ASSERT_NE(frames[0].in, nullptr);
  EXPECT_EQ(frames[0].in->index, module_at(0)->index);
  EXPECT_EQ(symbolize(pc_of(named_function), false).data(), frames.data()) << "cached";
}

TEST_F(symbolizer, gives_unknown_addresses_one_unnamed_frame) {
  for (std::uintptr_t pc : {std::uintptr_t{0}, std::uintptr_t{4}, ~std::uintptr_t{0}}) {
    auto frames = symbolize(pc, true);
    ASSERT_EQ(frames.size(), 1u);
    EXPECT_EQ(frames[0].function, "?");
    EXPECT_EQ(frames[0].in, nullptr);
  }
}

TEST_F(symbolizer, knows_modules_with_text_and_build_id) {
  const module* self = find_module(pc_of(named_function));
  const module* libc = find_module(pc_of(&::getppid));
  ASSERT_NE(self, nullptr);
  ASSERT_NE(libc, nullptr);
  EXPECT_NE(self, libc);
  EXPECT_NE(std::string(libc->path).find("libc"), std::string::npos);
  EXPECT_EQ(libc->build_id_bytes, 20);  // Debian's
  EXPECT_LE(self->text_begin, pc_of(named_function));
  EXPECT_GT(self->text_end, pc_of(named_function));
  EXPECT_EQ(find_module(pc_of(named_function)), self);
  EXPECT_EQ(find_module(8), nullptr);
}

TEST_F(symbolizer, forgets_what_was_unloaded) {
  auto before = symbolize(pc_of(named_function), false);
  forget_unloaded_code();
  auto after = symbolize(pc_of(named_function), false);
  EXPECT_NE(before.data(), after.data());
  EXPECT_EQ(before[0].function, after[0].function);
}

TEST_F(symbolizer, neither_it_nor_the_walk_calls_malloc) {
  EXPECT_EQ(std::system(GANDER_TESTPROG_DIR "/report_without_malloc"), 0);
}

TEST_F(symbolizer, can_be_seized) {
  seize_symbolizer();
  forget_unloaded_code();
  EXPECT_EQ(symbolize(pc_of(named_function), false)[0].line > 0, true);
}

// A report made by a handler that interrupted the symbolizer on its own thread must not wait for
// it.
TEST_F(symbolizer, names_the_module_where_the_reader_is_busy) {
  static std::atomic<bool> inside{false};
  static std::string_view function, file;
  forget_unloaded_code();
  struct sigaction action {
  }, old;
  action.sa_handler = [](int) {
    auto frames = symbolize(pc_of(&load_modules), false);
    function = frames.back().function;
    file = frames.back().file;
    inside = true;
  };
  sigaction(SIGALRM, &action, &old);
  seize_symbolizer();  // reads the file anew, which takes long enough to be interrupted
  itimerval soon{{0, 0}, {0, 2000}};
  setitimer(ITIMER_REAL, &soon, nullptr);
  while (!inside) {
    forget_unloaded_code();
    symbolize(pc_of(named_function), false);
  }
  sigaction(SIGALRM, &old, nullptr);
  EXPECT_TRUE(function == "?" || function == "gander::crash::load_modules") << function;
  EXPECT_NE(file, "?");
}

// A report stops other threads wherever they are, and lets them go on afterwards.
TEST_F(symbolizer, that_is_held_is_read_by_no_thread_that_was_stopped) {
  static std::atomic<bool> stopped{false}, go_on{false};
  struct sigaction action {
  }, old;
  action.sa_handler = [](int) {
    stopped = true;
    while (!go_on) ::usleep(100);
  };
  sigaction(SIGUSR2, &action, &old);
  std::atomic<bool> over{false};
  std::atomic<int> read{0};
  std::thread reader([&] {
    for (; !over; ++read) {
      forget_unloaded_code();
      symbolize(pc_of(named_function), false);
    }
  });
  for (int held = 0; held < 20;) {
    for (const int before = read; read == before;) std::this_thread::yield();
    if (!hold_symbolizer()) {  // on a machine so busy that one reading took 2 s
      let_go_of_symbolizer();
      continue;
    }
    ++held;
    go_on = stopped = false;
    pthread_kill(reader.native_handle(), SIGUSR2);
    while (!stopped) std::this_thread::yield();
    forget_unloaded_code();
    EXPECT_NE(symbolize(pc_of(&load_modules), false).back().function, "?");
    go_on = true;
    let_go_of_symbolizer();
  }
  over = true;
  reader.join();
  sigaction(SIGUSR2, &old, nullptr);
}

// A copy of this program whose bytes we may damage, under an index that no real module has.
class damaged_copy {
 public:
  explicit damaged_copy(std::uint16_t index) {
    std::ifstream from("/proc/self/exe", std::ios::binary);
    std::stringstream all;
    all << from.rdbuf();
    bytes = all.str();
    m = *find_module(pc_of(named_function));
    m.index = index;
    m.file = path;
    int fd = mkstemp(path);
    close(fd);
  }
  ~damaged_copy() { unlink(path); }
  void write() const { std::ofstream(path, std::ios::binary) << bytes; }

  std::string bytes;
  module m;
  char path[32] = "/tmp/gander_symbols_XXXXXX";
};

TEST_F(symbolizer, survives_a_file_that_shrinks_under_it) {
  damaged_copy copy(400);
  copy.write();
  raw_symbols symbols;
  ASSERT_TRUE(read_symbols(copy.m, pc_of(named_function), symbols));
  ASSERT_GT(symbols.count, 0u);
  ASSERT_EQ(truncate(copy.path, 0), 0);
  raw_symbols other;
  EXPECT_FALSE(read_symbols(copy.m, pc_of(&load_modules), other));
  EXPECT_EQ(other.count, 0u);
  EXPECT_FALSE(read_symbols(copy.m, pc_of(named_function), other)) << "the module is given up";
  // All others go on.
  EXPECT_GT(symbolize(pc_of(named_function) + 1, false)[0].line, 0u);
}

TEST_F(symbolizer, survives_damaged_files) {
  const char* wanted = std::getenv("GANDER_FUZZ_FILES");
  const int files = wanted != nullptr ? std::atoi(wanted) : 10;
  std::uint64_t random = 88172645463325252u;
  auto next = [&] {
    random ^= random << 13, random ^= random >> 7, random ^= random << 17;
    return static_cast<std::size_t>(random);
  };
  int lost = 0;
  for (int i = 0; i < files; ++i) {
    damaged_copy copy(static_cast<std::uint16_t>(401 + i % 100));
    for (int k = 0; k < 200; ++k)
      copy.bytes[next() % copy.bytes.size()] = static_cast<char>(next());
    // Not resize(): GCC 12 warns of the growth that it cannot rule out.
    if (i % 3 == 0) copy.bytes.erase(copy.bytes.size() - next() % (copy.bytes.size() / 2));
    copy.write();
    raw_symbols symbols;
    lost += !read_symbols(copy.m, pc_of(named_function), symbols);
    abandon_symbol_readers();
  }
  RecordProperty("files_given_up", lost);
}

}  // namespace
}  // namespace gander::crash
