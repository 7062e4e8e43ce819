// SPDX-License-Identifier: Apache-2.0
//
// Where traces go, and what becomes of them when that goes wrong.
#include <fcntl.h>
#include <gander/gander.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <streambuf>
#include <thread>
#include <utility>

#include "support/await.h"
#include "support/build.h"
#include "trace/traced.h"

namespace gander::testing {
namespace {

using namespace std::chrono_literals;

void do_something() {
  const auto c = make_chan<int>();
  go([=] {
    for (int i = 0; i < 100; ++i) c.send(i);
    c.close();
  });
  for ([[maybe_unused]] const int n : c) {
  }
}

// Takes so many bytes and then fails, in one of the ways in which streams do.
class short_buffer : public std::streambuf {
 public:
  short_buffer(std::size_t room, bool throws) : room_(room), throws_(throws) {}

 protected:
  int_type overflow(int_type c) override {
    if (room_ == 0) return fail();
    --room_;
    return c;
  }
  std::streamsize xsputn(const char*, std::streamsize size) override {
    const auto taken = std::min(static_cast<std::size_t>(size), room_);
    room_ -= taken;
    if (taken < static_cast<std::size_t>(size)) fail();
    return static_cast<std::streamsize>(taken);
  }

 private:
  int_type fail() const {
    if (throws_) throw std::runtime_error("no more room");
    return traits_type::eof();
  }
  std::size_t room_;
  bool throws_;
};

TEST(trace_sinks, a_stream) {
  std::ostringstream out;
  run([&] {
    ASSERT_FALSE(trace::start(out));
    do_something();
    const trace::result r = trace::stop();
    EXPECT_EQ(r.bytes, out.str().size());
  });
  EXPECT_EQ(out.str().substr(0, 13), "go 1.23 trace");
}

std::string read_to_the_end(std::size_t at_once) {
  std::string all;
  std::vector<std::byte> bytes(at_once);
  while (const std::size_t size = trace::read(bytes))
    all.append(reinterpret_cast<const char*>(bytes.data()), size);
  return all;
}

TEST(trace_reading, gives_what_a_sink_would_get) {
  run([] {
    ASSERT_FALSE(trace::start_for_reading());
    const auto all = make_chan<std::string>();
    go([=] { all.send(read_to_the_end(100)); });
    do_something();
    EXPECT_FALSE(trace::stop().error);
    const temporary_folder folder;
    const std::string path = folder.path() / "trace";
    std::ofstream(path, std::ios::binary) << all.recv().value();
    EXPECT_GE(count(go_dump(path), "Reason=\"chan receive\""), 1U);
  });
}

TEST(trace_reading, may_follow_the_stop_by_the_same_goroutine) {
  run([] {
    std::array<std::byte, 16> some;
    EXPECT_EQ(trace::read(some), 0U) << "there is none";
    for (int i = 0; i < 3; ++i) {
      ASSERT_FALSE(trace::start_for_reading());
      EXPECT_EQ(trace::start_for_reading(), std::errc::device_or_resource_busy);
      EXPECT_EQ(trace::read({}), 0U) << "into no room";
      do_something();
      trace::stop();
      EXPECT_EQ(trace::start_for_reading(), std::errc::device_or_resource_busy) << "not read yet";
      EXPECT_EQ(read_to_the_end(1 << 20).substr(0, 13), "go 1.23 trace");
      EXPECT_EQ(trace::read(some), 0U);
    }
    std::ostringstream out;
    ASSERT_FALSE(trace::start(out));
    EXPECT_EQ(trace::start_for_reading(), std::errc::device_or_resource_busy);
    EXPECT_GT(trace::stop().bytes, 0U);
  });
}

TEST(trace_reading, is_refused_without_a_descriptor_for_its_pipe) {
  rlimit before;
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit none = before;
  none.rlim_cur = 0;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  const std::error_code refused = trace::start_for_reading();
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_EQ(refused, std::errc::too_many_files_open);
  EXPECT_FALSE(trace::enabled());
  run([] {
    ASSERT_FALSE(trace::start_for_reading());
    trace::stop();
    EXPECT_EQ(read_to_the_end(4096).substr(0, 13), "go 1.23 trace");
  });
}

// What nobody reads fills the queue, not the program.
TEST(trace_reading, too_slow_blocks_nobody) {
  run([] {
    ASSERT_FALSE(trace::start_for_reading({.max_buffered_bytes = 1}));
    const auto end = std::chrono::steady_clock::now() + 200ms;
    while (std::chrono::steady_clock::now() < end) do_something();
    const trace::result r = trace::stop();
    EXPECT_EQ(r.generations, 0U) << "it is more than a pipe holds";
    EXPECT_GT(read_to_the_end(4096).size(), std::size_t{64} << 10);
  });
}

TEST(trace_sinks, the_newer_format) {
  std::ostringstream out;
  run([&] {
    ASSERT_FALSE(trace::start(out, {.version = trace::format::go_1_26}));
    do_something();
    trace::stop();
  });
  EXPECT_EQ(out.str().substr(0, 13), "go 1.26 trace");
  EXPECT_EQ(out.str().back(), 52);  // a generation's end
}

// That thread is hope, whose goroutines wait for nothing else.
TEST(trace_sinks, a_stream_that_wakes_a_goroutine) {
  class buffer : public std::streambuf {
   public:
    explicit buffer(chan<int> c) : c_(c) {}

   protected:
    std::streamsize xsputn(const char*, std::streamsize size) override {
      if (std::exchange(sent_, true)) return size;
      std::this_thread::sleep_for(300ms);  // the deadlock rule looks
      c_.send(1);
      return size;
    }

   private:
    chan<int> c_;
    bool sent_ = false;
  };
  run([] {
    const auto c = make_chan<int>();
    buffer b(c);
    std::ostream out(&b);
    ASSERT_FALSE(trace::start(out));
    EXPECT_EQ(c.recv(), 1);
    EXPECT_FALSE(trace::stop().error);
  });
}

TEST(trace_sinks, only_one_trace_at_a_time) {
  std::ostringstream out;
  std::ostringstream other;
  ASSERT_FALSE(trace::start(out));
  EXPECT_TRUE(trace::enabled());
  EXPECT_EQ(trace::start(other), std::errc::device_or_resource_busy);
  EXPECT_GT(trace::stop().bytes, 0U);
  EXPECT_FALSE(trace::enabled());
  EXPECT_TRUE(other.str().empty());
  const trace::result none = trace::stop();
  EXPECT_EQ(none.bytes + none.generations + none.dropped, 0U);
}

TEST(trace_sinks, options_that_make_no_sense) {
  std::ostringstream out;
  for (const int rate : {-1, 1001})
    EXPECT_EQ(trace::start(out, {.cpu_samples_per_second = rate}), std::errc::invalid_argument);
  EXPECT_FALSE(trace::enabled());
}

TEST(trace_sinks, one_that_fails_at_any_byte) {
  std::ostringstream whole;
  run([&] {
    ASSERT_FALSE(trace::start(whole));
    do_something();
    trace::stop();
    const auto tries = static_cast<std::size_t>(scaled(1'000'000, 100, 30));
    const std::size_t step = whole.str().size() / tries + 1;
    std::size_t room = 0;
    for (;; room += step) {
      short_buffer buffer(room, room % 2 == 1);
      std::ostream out(&buffer);
      ASSERT_FALSE(trace::start(out));
      do_something();
      const trace::result r = trace::stop();
      EXPECT_EQ(r.generations + r.dropped, 1U) << "at " << room;
      EXPECT_EQ(r.error ? 1U : 0U, r.dropped) << "at " << room;
      if (!r.error) break;  // there was room for all of it
    }
    EXPECT_GT(room, whole.str().size() / 2);
  });
}

TEST(trace_sinks, a_pipe_that_nobody_reads_any_more) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  ::close(ends[0]);
  run([&] {
    ASSERT_FALSE(trace::start(ends[1]));
    do_something();
    const trace::result r = trace::stop();
    EXPECT_EQ(r.error, std::errc::broken_pipe);
    EXPECT_EQ(r.generations, 0U);
  });
  ::close(ends[1]);
}

TEST(trace_sinks, a_closed_descriptor) {
  run([&] {
    ASSERT_FALSE(trace::start(-1));
    do_something();
    EXPECT_EQ(trace::stop().error, std::errc::bad_file_descriptor);
  });
}

TEST(trace_sinks, a_pipe_that_is_full_blocks_nobody_and_loses_whole_generations) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  run([&] {
    ASSERT_FALSE(trace::start(ends[1], {.max_buffered_bytes = 1}));
    const auto end = std::chrono::steady_clock::now() + 200ms;
    while (std::chrono::steady_clock::now() < end) do_something();
    std::string got;
    std::thread reader([&] {
      char bytes[4096];
      for (ssize_t n; (n = ::read(ends[0], bytes, sizeof bytes)) > 0;)
        got.append(bytes, static_cast<std::size_t>(n));
    });
    const trace::result r = trace::stop();
    ::close(ends[1]);
    reader.join();
    EXPECT_FALSE(r.error);
    EXPECT_EQ(r.bytes, got.size());
    EXPECT_GT(r.generations, 0U);
  });
  ::close(ends[0]);
}

// By hand with GANDER_TRACE_STARTS=10000.
TEST(trace_sinks, started_and_stopped_again_and_again) {
  run([] {
    std::atomic<bool> stop{false};
    wait_group busy;
    busy.add(2);
    for (int i = 0; i < 2; ++i)
      go([&] {
        while (!stop) do_something();
        busy.done();
      });
    const char* const wished = std::getenv("GANDER_TRACE_STARTS");
    const int times = wished != nullptr ? std::atoi(wished) : scaled(200, 100, 50);
    const int fd = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    for (int i = 0; i < times; ++i) {
      ASSERT_FALSE(trace::start(fd));
      const trace::result r = trace::stop();
      ASSERT_EQ(r.dropped, 0U);
      ASSERT_GE(r.generations, 1U);
    }
    ::close(fd);
    stop = true;
    busy.wait();
  });
}

}  // namespace
}  // namespace gander::testing
