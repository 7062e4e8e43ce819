// SPDX-License-Identifier: Apache-2.0
#include "base/print.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdint>
#include <string>
#include <thread>

namespace gander {
namespace {

struct pipe_ends {
  int fd[2];
  pipe_ends() { EXPECT_EQ(pipe(fd), 0); }
  ~pipe_ends() { close_read(), close_write(); }
  void close_read() {
    if (fd[0] >= 0) close(fd[0]);
    fd[0] = -1;
  }
  void close_write() {
    if (fd[1] >= 0) close(fd[1]);
    fd[1] = -1;
  }
  std::string drain() {
    std::string all;
    char block[4096];
    for (ssize_t n; (n = read(fd[0], block, sizeof block)) > 0;)
      all.append(block, static_cast<std::size_t>(n));
    return all;
  }
};

std::string printed(auto&& print) {
  std::array<char, 256> buffer;
  text_writer w(buffer);
  print(w);
  return std::string(w.view());
}

TEST(print, numbers_look_as_in_go) {
  EXPECT_EQ(printed([](auto& w) { w.dec(0).character(' ').dec(~std::uint64_t{0}); }),
            "0 18446744073709551615");
  EXPECT_EQ(printed([](auto& w) { w.hex(0).character(' ').hex(0xdeadBEEF01u); }),
            "0x0 0xdeadbeef01");
  EXPECT_EQ(printed([](auto& w) { w.hex(~std::uint64_t{0}); }), "0xffffffffffffffff");
  EXPECT_EQ(printed([](auto& w) { w.signed_dec(-1).signed_dec(INT64_MIN); }),
            "-1-9223372036854775808");
  EXPECT_EQ(printed([](auto& w) { w.padded("rip", 7).text("x").padded("longer than", 3); }),
            "rip    xlonger than");
}

TEST(print, cuts_without_a_descriptor) {
  std::array<char, 4> buffer;
  text_writer w(buffer);
  w.text("abcdef").text("g");
  EXPECT_EQ(w.view(), "abcd");
}

TEST(print, writes_to_both_descriptors_through_a_small_buffer) {
  pipe_ends a, b;
  std::array<char, 7> buffer;
  {
    text_writer w(buffer, a.fd[1], b.fd[1]);
    for (int i = 0; i < 100; ++i) w.text("goroutine ").dec(static_cast<unsigned>(i)).text("\n");
  }
  a.close_write(), b.close_write();
  std::string text = a.drain();
  EXPECT_EQ(text, b.drain());
  EXPECT_EQ(text.size(), 10u * 12 + 90u * 13);
  EXPECT_NE(text.find("goroutine 57\n"), std::string::npos);
}

TEST(print, gives_a_closed_descriptor_up_and_goes_on_with_the_other) {
  pipe_ends gone, stays;
  gone.close_read();
  auto old = std::signal(SIGPIPE, SIG_IGN);
  std::array<char, 8> buffer;
  {
    text_writer w(buffer, gone.fd[1], stays.fd[1]);
    errno = 5;
    w.text("some longer text");
    w.flush();
    EXPECT_EQ(errno, 5);
    EXPECT_FALSE(w.failed());
  }
  std::signal(SIGPIPE, old);
  stays.close_write();
  EXPECT_EQ(stays.drain(), "some longer text");
  text_writer nobody(buffer, 987);
  nobody.text("twelve bytes").flush();
  EXPECT_TRUE(nobody.failed());
}

TEST(print, waits_for_a_full_pipe_but_not_for_ever) {
  pipe_ends slow, stuck;
  for (pipe_ends* p : {&slow, &stuck}) fcntl(p->fd[1], F_SETFL, O_NONBLOCK);
  std::string big(300'000, 'x');
  std::array<char, 65536> buffer;
  std::string got;
  std::thread reader([&] { got = slow.drain(); });
  {
    text_writer w(buffer, slow.fd[1]);
    w.text(big);
  }
  slow.close_write();
  reader.join();
  EXPECT_TRUE(got == big);
  text_writer w(buffer, stuck.fd[1]);
  w.text(big).flush();
  EXPECT_TRUE(w.failed());
}

// The usual kind of pipe: a plain write() would block until somebody reads.
TEST(print, is_not_blocked_by_a_full_pipe) {
  pipe_ends stuck;
  std::string big(300'000, 'x');
  std::array<char, 65536> buffer;
  text_writer w(buffer, stuck.fd[1]);
  w.text(big).flush();
  EXPECT_TRUE(w.failed());
}

TEST(print, cuts_what_is_not_flushed_and_knows_where_a_line_starts) {
  pipe_ends to;
  std::array<char, 64> buffer;
  {
    text_writer w(buffer, to.fd[1]);
    EXPECT_TRUE(w.at_line_start());
    w.text("one\ntwo");
    EXPECT_FALSE(w.at_line_start());
    w.cut(4);
    EXPECT_EQ(w.view(), "one\n");
    EXPECT_TRUE(w.at_line_start());
    w.text("t").flush();
    EXPECT_FALSE(w.at_line_start());
    w.text("hree\n").cut(0);
    EXPECT_FALSE(w.at_line_start());
  }
  to.close_write();
  EXPECT_EQ(to.drain(), "one\nt");
}

}  // namespace
}  // namespace gander
