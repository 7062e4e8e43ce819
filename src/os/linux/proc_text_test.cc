// SPDX-License-Identifier: Apache-2.0
#include "os/linux/proc_text.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "os/os.h"
#include "os/task.h"

namespace gander::os {
namespace {

// --- the texts

TEST(proc_text, of_a_mapping) {
  mapping m;
  ASSERT_TRUE(parse_mapping("5600-5800 r-xp 0000a000 08:01 1234    /a path/x.so (deleted)", m));
  EXPECT_EQ(m.begin, 0x5600u);
  EXPECT_EQ(m.end, 0x5800u);
  EXPECT_TRUE(m.readable && !m.writable && m.executable);
  EXPECT_EQ(m.offset, 0xa000u);
  EXPECT_EQ(m.name, "/a path/x.so (deleted)");
  ASSERT_TRUE(parse_mapping("0-1000 ---p 00000000 00:00 0", m));
  EXPECT_EQ(m.name, "");
  EXPECT_FALSE(m.readable || m.writable || m.executable);
}

TEST(proc_text, that_is_no_mapping) {
  mapping m;
  for (const char* line : {"", "-", "5600", "5600-", "5800-5600 r-xp 0 08:01 1 ",
                           "x-y r-xp 0 08:01 1", "5600-5800 r-x", "5600-5800 r-xp 0 0801 1",
                           "5600-5800r-xp 0 08:01 1", "11111111111111111111-5800 r-xp 0 08:01 1"})
    EXPECT_FALSE(parse_mapping(line, m)) << line;
}

TEST(proc_text, of_a_status) {
  task_status status;
  ASSERT_TRUE(parse_task_status(
      "Name:\tmy \"thread\"\nUmask:\t0022\nState:\tD (disk sleep)\nSigBlk:\t0000000000400001\n",
      status));
  EXPECT_EQ(status.state, 'D');
  EXPECT_EQ(status.blocked, 0x400001u);
  EXPECT_STREQ(status.name, "my ?thread?");
  EXPECT_FALSE(parse_task_status("Name:\tx\n", status));
  EXPECT_FALSE(parse_task_status("State:", status));
  EXPECT_FALSE(parse_task_status("", status));
}

TEST(proc_text, of_a_system_call) {
  task_call call;
  ASSERT_TRUE(parse_task_call("0 0x3 0x7ff0 0x400 0x0 0x1 0x2 0x7ffe 0x7f12\n", call));
  EXPECT_EQ(call.number, 0);
  EXPECT_EQ(call.arguments[0], 3u);
  EXPECT_EQ(call.arguments[5], 2u);
  EXPECT_EQ(call.sp, 0x7ffeu);
  EXPECT_EQ(call.pc, 0x7f12u);
  ASSERT_TRUE(parse_task_call("-1 0x7ffe 0x7f12\n", call));
  EXPECT_EQ(call.number, -1);
  for (const char* text : {"running\n", "", "-1", "-2 0x1 0x2\n", "0 0x3 0x7ff0\n", "0x0 0x3",
                           "99999999999 0x1 0x2 0x3 0x4 0x5 0x6 0x7 0x8\n"})
    EXPECT_FALSE(parse_task_call(text, call)) << text;
}

// Texts with bytes changed, cut and repeated; each in memory that ends at a page that faults. By
// hand with GANDER_FUZZ_TEXTS=1000000.
TEST(proc_text, that_is_damaged_does_no_harm) {
  const char* const wished = std::getenv("GANDER_FUZZ_TEXTS");
  const int rounds = wished != nullptr ? std::atoi(wished) : 20'000;
  const std::vector<std::string> seeds = {
      "7f12a000-7f12c000 r-xp 00001000 08:01 1234                     /usr/lib/libx.so",
      "Name:\tthread\nState:\tS (sleeping)\nSigBlk:\t00000000ffffffff\n",
      "202 0x7ff0 0x80 0x0 0x0 0x0 0x0 0x7ffe 0x7f12\n", "-1 0x7ffe 0x7f12\n", "running\n"};
  const std::size_t page = page_size();
  auto* const memory = static_cast<char*>(reserve(2 * page));
  ASSERT_TRUE(protect(memory + page, page));
  std::mt19937 random(1);
  for (int i = 0; i < rounds; ++i) {
    std::string text = seeds[random() % seeds.size()];
    for (std::size_t changes = random() % 6; changes > 0 && !text.empty(); --changes) {
      const std::size_t at = random() % text.size();
      switch (random() % 4) {
        case 0:
          text[at] = static_cast<char>(random());
          break;
        case 1:
          text.resize(at);
          break;
        case 2:
          text.insert(at, text.substr(at, random() % 9));
          break;
        default:
          text[at] = "0 -x:\n\tfF9"[random() % 10];
      }
    }
    char* const at = memory + page - text.size();
    std::memcpy(at, text.data(), text.size());
    const std::string_view shown(at, text.size());
    mapping m;
    if (parse_mapping(shown, m)) {
      EXPECT_LE(m.begin, m.end);
      EXPECT_TRUE(m.name.empty() || (m.name.data() >= at && m.name.data() <= memory + page));
    }
    task_status status;
    if (parse_task_status(shown, status)) {
      EXPECT_LT(std::strlen(status.name), sizeof status.name);
    }
    task_call call;
    if (parse_task_call(shown, call)) {
      EXPECT_GE(call.number, -1);
    }
  }
  release(memory, 2 * page);
}

// --- what stands behind them

TEST(task, of_this_thread_is_listed_and_known) {
  bool found = false;
  EXPECT_TRUE(for_each_task([&](int tid) { found |= tid == thread_id(); }));
  EXPECT_TRUE(found);
  task_status status;
  ASSERT_TRUE(read_task_status(thread_id(), status));
  EXPECT_EQ(status.state, 'R');
  EXPECT_FALSE(read_task_status(1 << 30, status));
}

TEST(task, that_waits_tells_its_system_call_and_its_blocked_signals) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  std::atomic<int> tid{0};
  std::thread reader([&] {
    sigset_t blocked;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR2);
    ::pthread_sigmask(SIG_BLOCK, &blocked, nullptr);
    ::pthread_setname_np(::pthread_self(), "reader");
    tid = thread_id();
    char c;
    EXPECT_EQ(::read(ends[0], &c, 1), 1);
  });
  task_status status;
  task_call call;
  while (tid == 0 || !read_task_call(tid, call) || call.number != SYS_read) ::usleep(100);
  ASSERT_TRUE(read_task_status(tid, status));
  EXPECT_EQ(status.state, 'S');
  EXPECT_STREQ(status.name, "reader");
  EXPECT_EQ(status.blocked >> (SIGUSR2 - 1) & 1, 1u);
  EXPECT_EQ(call.arguments[0], static_cast<std::uintptr_t>(ends[0]));
  EXPECT_EQ(call.arguments[2], 1u);
  EXPECT_STREQ(system_call_of(call.number).name, "read");
  EXPECT_EQ(system_call_of(call.number).arguments, 3u);
  ASSERT_EQ(::write(ends[1], "x", 1), 1);
  reader.join();
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST(mappings, are_visited_in_order_and_hold_code_and_data) {
  static int data = 0;
  const auto code_at = reinterpret_cast<std::uintptr_t>(&read_task_status);
  const auto data_at = reinterpret_cast<std::uintptr_t>(&data);
  bool code = false;
  bool writable = false;
  std::uintptr_t last = 0;
  EXPECT_TRUE(for_each_mapping([&](const mapping& m) {
    EXPECT_GE(m.begin, last);
    last = m.end;
    if (code_at - m.begin < m.end - m.begin) code = m.executable && m.name.starts_with('/');
    if (data_at - m.begin < m.end - m.begin) writable = m.writable;
    return true;
  }));
  EXPECT_TRUE(code);
  EXPECT_TRUE(writable);
  int visits = 0;
  for_each_mapping([&](const mapping&) { return ++visits < 2; });
  EXPECT_EQ(visits, 2);
}

}  // namespace
}  // namespace gander::os
