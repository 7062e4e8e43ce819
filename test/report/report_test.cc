// SPDX-License-Identifier: Apache-2.0

// The reader against reports that Go 1.23 printed, and against lines that no Go program prints.
#include "report/report.h"

#include <gtest/gtest.h>

namespace {

TEST(ReportTest, ReadsANilDereference) {
  const auto r = report::parse(
      "panic: runtime error: invalid memory address or nil pointer dereference\n"
      "[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x493055]\n"
      "\n"
      "goroutine 1 [running]:\n"
      "main.rec(0xc000066000?)\n"
      "\t/src/crash/main.go:17 +0x15\n"
      "main.main()\n"
      "\t/src/crash/main.go:41 +0x92\n");
  EXPECT_TRUE(r.unknown.empty());
  EXPECT_EQ(r.opening.size(), 2u);
  ASSERT_EQ(r.goroutines.size(), 1u);
  const auto& g = r.goroutines[0];
  EXPECT_EQ(g.id, 1);
  EXPECT_EQ(g.status, "running");
  ASSERT_EQ(g.frames.size(), 2u);
  EXPECT_EQ(g.frames[0].function, "main.rec");
  EXPECT_EQ(g.frames[0].arguments, "0xc000066000?");
  EXPECT_EQ(g.frames[1].file, "/src/crash/main.go");
  EXPECT_EQ(g.frames[1].line, 41);
  EXPECT_TRUE(g.frames[1].has_offset);
  EXPECT_FALSE(g.frames[1].has_addresses);
}

TEST(ReportTest, ReadsAPanicInsideAPanic) {
  const auto r = report::parse(
      "panic: main.Str(\"first\")\n"
      "\tpanic: myerr:second\n"
      "\n"
      "goroutine 1 [running]:\n"
      "main.main.func2()\n"
      "\t/src/crash/main.go:50 +0x25\n"
      "panic({0x49c7e0?, 0x4d9030?})\n"
      "\t/go/src/runtime/panic.go:785 +0x132\n");
  EXPECT_TRUE(r.unknown.empty());
  EXPECT_TRUE(r.goroutines[0].calls("panic"));
  EXPECT_TRUE(r.goroutines[0].calls("main.main.func2"));
}

TEST(ReportTest, ReadsAThrowWithAddresses) {
  const auto r = report::parse(
      "unexpected fault address 0x7f0000001000\n"
      "fatal error: fault\n"
      "[signal SIGSEGV: segmentation violation code=0x1 addr=0x7f0000001000 pc=0x479180]\n"
      "\n"
      "goroutine 1 gp=0xc0000061c0 m=0 mp=0x525520 [running]:\n"
      "runtime.throw({0x49487b?, 0xc000066000?})\n"
      "\t/go/src/runtime/panic.go:1067 +0x48 fp=0xc00008ce80 sp=0xc00008ce50 pc=0x464188\n");
  EXPECT_TRUE(r.unknown.empty());
  EXPECT_TRUE(r.goroutines[0].has_addresses);
  EXPECT_TRUE(r.goroutines[0].frames[0].has_addresses);
}

TEST(ReportTest, ReadsAStackOverflow) {
  const auto r = report::parse(
      "runtime: goroutine stack exceeds 1000000000-byte limit\n"
      "runtime: sp=0xc0200e0390 stack=[0xc0200e0000, 0xc0400e0000]\n"
      "fatal error: stack overflow\n"
      "\n"
      "runtime stack:\n"
      "runtime.throw({0x4b4d41?, 0x7ffcd87ead08?})\n"
      "\t/go/src/runtime/panic.go:1067 +0x48 fp=0x7ffcd87eacd8 sp=0x7ffcd87eaca8 pc=0x4650c8\n"
      "\n"
      "goroutine 1 gp=0xc0000061c0 m=0 mp=0x55b9c0 [running]:\n"
      "main.inf(0x1555522?)\n"
      "\t/src/crash/main.go:22 +0x2d fp=0xc0200e03a8 sp=0xc0200e0398 pc=0x493010\n"
      "...22369474 frames elided...\n"
      "main.main()\n"
      "\t/src/crash/main.go:60 +0x1\n");
  EXPECT_TRUE(r.unknown.empty());
  ASSERT_EQ(r.goroutines.size(), 2u);
  EXPECT_EQ(r.goroutines[0].id, -1);
  EXPECT_EQ(r.goroutines[1].elided, 22369474);
}

TEST(ReportTest, ReadsTheRelayOfSigquit) {
  const auto r = report::parse(
      "SIGQUIT: quit\n"
      "PC=0x493141 m=0 sigcode=0\n"
      "\n"
      "goroutine 18 gp=0xc000084540 m=0 mp=0x55b9c0 [running]:\n"
      "main.spin(0x0?, 0x0?)\n"
      "\t/src/crash/main.go:33 +0x1 fp=0xc000079fd0 sp=0xc000079fc8 pc=0x493141\n"
      "created by main.main in goroutine 1\n"
      "\t/src/crash/main.go:74 +0x317\n"
      "\n"
      "goroutine 1 gp=0xc0000081c0 m=nil [sleep, 3 minutes, locked to thread]:\n"
      "main.main()\n"
      "\t/src/crash/main.go:75 +0x1\n"
      "\n"
      "goroutine 19 gp=0xc000084700 m=4 mp=0xc000080008 [running]:\n"
      "\tgoroutine running on other thread; stack unavailable\n"
      "created by main.main in goroutine 1\n"
      "\t/src/crash/main.go:74 +0x317\n"
      "\n"
      "rax    0x0\n"
      "rip    0x493141\n"
      "\n"
      "-----\n"
      "\n"
      "SIGQUIT: quit\n"
      "PC=0x46d3f7 m=1 sigcode=0\n");
  EXPECT_TRUE(r.unknown.empty());
  EXPECT_EQ(r.find(18)->parent, 1);
  EXPECT_EQ(r.find(18)->creator.function, "main.main");
  EXPECT_EQ(r.find(18)->creator.line, 74);
  EXPECT_EQ(r.find(1)->minutes, 3);
  EXPECT_EQ(r.find(1)->status, "sleep");
  EXPECT_TRUE(r.find(1)->locked);
  EXPECT_TRUE(r.find(19)->unavailable);
  EXPECT_EQ(r.registers, (std::vector<std::string>{"rax", "rip"}));
}

TEST(ReportTest, TakesNamesOfCpp) {
  const auto r = report::parse(
      "panic: text\n"
      "\tof two lines\n"
      "\n"
      "goroutine 7 [chan receive (nil chan)]:\n"
      "(anonymous namespace)::f<int, char>::operator()(...)\n"
      "\t/a path/x y.cc:9\n"
      "created by shop::serve()::{lambda()#1}::operator() in goroutine 1\n"
      "\t/src/shop.cc:4 +0x2\n");
  EXPECT_TRUE(r.unknown.empty());
  EXPECT_EQ(r.goroutines[0].status, "chan receive (nil chan)");
  EXPECT_EQ(r.goroutines[0].frames[0].function, "(anonymous namespace)::f<int, char>::operator()");
  EXPECT_FALSE(r.goroutines[0].frames[0].has_offset);
  EXPECT_EQ(r.goroutines[0].creator.function, "shop::serve()::{lambda()#1}::operator()");
}

TEST(ReportTest, SkipsLinesOfTheRuntimeBetweenGoroutines) {
  const auto r = report::parse(
      "fatal error: all goroutines are asleep - deadlock!\n"
      "\n"
      "goroutine 1 [sync.Mutex.Lock]:\n"
      "main()\n"
      "\t/src/main.cc:9 +0x2\n"
      "created by shop::serve in goroutine 3\n"
      "\t/src/shop.cc:4 +0x2\n"
      "\n"
      "runtime: goroutine 1 waits for mutex 0x7f00 held by goroutine 2 (locked at x.cc:1 (f))\n"
      "runtime: one more\n"
      "\n"
      "goroutine 2 [select]:\n"
      "serve()\n"
      "\t/src/main.cc:9 +0x2\n"
      "\n"
      "runtime: goroutine 2 waits for something\n");
  EXPECT_TRUE(r.unknown.empty());
  ASSERT_EQ(r.goroutines.size(), 2u);
  EXPECT_EQ(r.goroutines[0].frames.size(), 1u);
  EXPECT_EQ(r.goroutines[0].creator.function, "shop::serve");
  EXPECT_EQ(r.goroutines[1].frames.size(), 1u);
  // Without the empty line it would be taken for a frame, or end the goroutine.
  EXPECT_FALSE(report::parse("goroutine 1 [select]:\nserve()\n\t/src/main.cc:9 +0x2\n"
                             "runtime: goroutine 1 waits for something\n")
                   .unknown.empty());
}

TEST(ReportTest, TellsWhatGoWouldNotPrint) {
  const char* const strange[] = {
      "Segmentation fault (core dumped)\n",
      "terminate called after throwing an instance of 'int'\n",
      "goroutine 1 [running]\n",
      "goroutine 1 []:\n",
      "goroutine 1 [running, tired]:\n",
      "goroutine 1 [running]:\nmain.main\n",
      "goroutine 1 [running]:\nmain.main()\n/x.go:1\n",
      "goroutine 1 [running]:\nmain.main()\n\t/x.go\n",
      "goroutine 1 [running]:\nmain.main()\n\t/x.go:1 +15\n",
      "goroutine 1 [running]:\nmain.main()\n",
      "goroutine 1 [running]:\nmain.main()\n\t/x.go:1 fp=0x1\n",
      "goroutine 1 gp=0x1 [running]:\n",
      "rax 0x0\n",  // registers before any goroutine
      "panic: one\ntwo\n",
  };
  for (const char* text : strange) EXPECT_EQ(report::parse(text).unknown.size(), 1u) << text;
}

}  // namespace
