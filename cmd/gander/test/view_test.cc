// SPDX-License-Identifier: Apache-2.0
//
// What is answered to whom, without a network.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "indexed.h"
#include "json_check.h"
#include "random_trace.h"
#include "view/site.h"

namespace gander::tool::testing {
namespace {

using e = event_type;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// A page for one trace.
class viewer {
 public:
  explicit viewer(const bytes& data, address served = {})
      : all_(data),
        answers_(all_.index, "out.trace", all_.totals, all_.problems),
        site_(answers_, std::move(served)) {}

  // "/path?name=value&...", as GET of the loopback.
  response get(const std::string& target) const {
    request r{.path = target.substr(0, target.find('?')), .host = "127.0.0.1:80"};
    std::string_view rest(target);
    rest.remove_prefix(std::min(rest.size(), r.path.size() + 1));
    while (!rest.empty()) {
      const std::string_view part = rest.substr(0, rest.find('&'));
      const std::size_t equals = part.find('=');
      r.parameters.emplace(part.substr(0, equals), part.substr(equals + 1));
      rest.remove_prefix(std::min(rest.size(), part.size() + 1));
    }
    return site_.serve(r);
  }
  int status(const std::string& target) const { return get(target).status; }
  std::string body(const std::string& target) const {
    const response r = get(target);
    EXPECT_EQ(r.status, 200) << r.body;
    EXPECT_TRUE(json_check::holds(r.body)) << r.body;
    return r.body;
  }
  const site& pages() const { return site_; }
  const trace_index& index() const { return all_.index; }

 private:
  indexed all_;
  api answers_;
  site site_;
};

const bytes& some_trace() {
  static const bytes data = random_trace({.seed = 7, .events = 3000});
  return data;
}

TEST(trace_view, page) {
  const viewer v(some_trace());
  const response page = v.get("/");
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.type, "text/html; charset=utf-8");
  EXPECT_THAT(page.body, StartsWith("<!DOCTYPE html>"));
  EXPECT_EQ(v.get("/main.js").type, "text/javascript; charset=utf-8");
  EXPECT_EQ(v.get("/page.css").type, "text/css; charset=utf-8");
  EXPECT_EQ(v.get("/icon.svg").type, "image/svg+xml");
  for (const char* const nothing : {"", "/x", "//", "/../index.html", "/api", "/api/", "/api/x"})
    EXPECT_EQ(v.status(nothing), 404) << nothing;
}

// Names are put into it as text; nothing that would take them for markup is in its source.
TEST(trace_view, page_makes_no_markup_of_names) {
  const viewer v(some_trace());
  for (const char* const file :
       {"/main.js", "/timeline.js", "/goroutine.js", "/list.js", "/paint.js", "/common.js", "/"}) {
    const response r = v.get(file);
    ASSERT_EQ(r.status, 200) << file;
    for (const char* const word : {"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write",
                                   "eval(", "javascript:", "https://"})
      EXPECT_THAT(r.body, Not(HasSubstr(word))) << file;
  }
}

TEST(trace_view, methods) {
  const viewer v(some_trace());
  for (const char* const method : {"POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", ""})
    EXPECT_EQ(v.pages().serve({.method = method, .path = "/", .host = "localhost"}).status, 405)
        << method;
  EXPECT_EQ(v.pages().serve({.method = "HEAD", .path = "/", .host = "localhost"}).status, 200);
}

TEST(trace_view, hosts) {
  const auto status = [](const address& served, const std::string& host) {
    return viewer(some_trace(), served).pages().serve({.path = "/", .host = host}).status;
  };
  for (const char* const host : {"127.0.0.1", "localhost:8080", "LOCALHOST", "[::1]:9"})
    EXPECT_EQ(status({}, host), 200) << host;
  for (const char* const host :
       {"", ":80", "evil.example", "evil.example:80", "localhost.evil.example", "127.0.0.1.nip.io",
        "192.168.1.2", "[::2]", "0.0.0.0", "evil@localhost", "localhost@evil"})
    EXPECT_EQ(status({}, host), 403) << host;
  EXPECT_EQ(status({"build.example", 80}, "build.example:80"), 200);
  EXPECT_EQ(status({"build.example", 80}, "other.example:80"), 403);
  EXPECT_EQ(status({"192.168.1.2", 80}, "192.168.1.2"), 200);
  EXPECT_EQ(status({"192.168.1.2", 80}, "192.168.1.3"), 403);
  // All addresses of the machine: any address, but no name.
  EXPECT_EQ(status({"0.0.0.0", 80}, "192.168.1.3"), 200);
  EXPECT_EQ(status({"::", 80}, "[fe80::1]:80"), 200);
  EXPECT_EQ(status({"::", 80}, "evil.example"), 403);
  // Nothing is told to who is refused.
  EXPECT_EQ(viewer(some_trace()).pages().serve({.path = "/api/summary", .host = "x"}).status, 403);
}

TEST(trace_view, headers) {
  std::string all;
  for (const auto& [name, value] : site::headers()) all += name + ": " + value + "\n";
  EXPECT_THAT(all, HasSubstr("Content-Security-Policy: default-src 'none'; script-src 'self';"));
  EXPECT_THAT(all, HasSubstr("frame-ancestors 'none'"));
  EXPECT_THAT(all, Not(HasSubstr("unsafe")));
  EXPECT_THAT(all, HasSubstr("X-Content-Type-Options: nosniff"));
}

TEST(trace_view, bad_parameters) {
  const viewer v(some_trace());
  const std::string timeline = "/api/timeline?";
  EXPECT_EQ(v.status(timeline + "from=0&to=1000&width=10&rows=p0"), 200);
  std::string many = "p0";
  for (std::size_t i = 1; i < api::most_rows; ++i) many += ",p0";
  EXPECT_EQ(v.status(timeline + "from=0&to=1000&width=10&rows=" + many), 200);
  for (const char* const bad :
       {"", "from=0", "from=0&to=0&width=1&rows=p0", "from=5&to=4&width=1&rows=p0",
        "from=-1&to=4&width=1&rows=p0", "from=0&to=4&width=0&rows=p0",
        "from=0&to=4&width=10001&rows=p0", "from=0&to=4&width=1.5&rows=p0",
        "from=0&to=9223372036854775808&width=1&rows=p0", "from=0&to=4&width=1",
        "from=0&to=4&width=1&rows=", "from=0&to=4&width=1&rows=x", "from=0&to=4&width=1&rows=p",
        "from=0&to=4&width=1&rows=p0,,p1", "from=0&to=4&width=1&rows=pg1",
        "from=0&to=4&width=1&rows=p-1"})
    EXPECT_EQ(v.status(timeline + bad), 400) << bad;
  EXPECT_EQ(v.status(timeline + "from=0&to=1000&width=10&rows=p0," + many), 400);
  for (const char* const bad :
       {"sort=x", "sort=", "sort=-", "limit=0", "limit=201", "limit=x", "offset=-1", "offset=x"})
    EXPECT_EQ(v.status("/api/goroutines?" + std::string(bad)), 400) << bad;
  for (const char* const bad :
       {"limit=0", "limit=501", "offset=x", "at=x", "at=-1", "at=9223372036854775807"})
    EXPECT_EQ(v.status("/api/goroutine/1/history?" + std::string(bad)), 400) << bad;
  for (const char* const bad :
       {"/api/goroutine/", "/api/goroutine/x", "/api/goroutine/1/", "/api/goroutine/1/x",
        "/api/goroutine//history", "/api/stack/x", "/api/stack/", "/api/stack/-1"})
    EXPECT_EQ(v.status(bad), 400) << bad;
  EXPECT_THAT(v.get("/api/goroutines?sort=x").body, HasSubstr("one of id, begin, running"));
}

TEST(trace_view, unknown_ids) {
  const viewer v(some_trace());
  for (const char* const unknown :
       {"/api/goroutine/999999", "/api/goroutine/999999/history", "/api/stack/0",
        "/api/stack/999999", "/api/stack/18446744073709551615",
        "/api/timeline?from=0&to=4&width=1&rows=p77",
        "/api/timeline?from=0&to=4&width=1&rows=g999999"})
    EXPECT_EQ(v.status(unknown), 404) << unknown;
}

TEST(trace_view, summary) {
  const viewer v(some_trace());
  const std::string summary = v.body("/api/summary");
  EXPECT_THAT(summary, StartsWith(R"({"file":"out.trace","format":"Go 1.26",)"));
  EXPECT_THAT(summary, HasSubstr(R"("generations":1,)"));
  EXPECT_THAT(summary, HasSubstr(R"("proc_count":3,"procs":["0","1","2"])"));
  EXPECT_THAT(summary, HasSubstr(R"("problem_count":0,"problems":[])"));
  EXPECT_THAT(summary, HasSubstr(R"({"function":"main.worker","count":)"));
}

TEST(trace_view, broken_trace) {
  bytes data = random_trace({.seed = 7, .events = 3000, .generations = 3});
  data.resize(data.size() * 3 / 4);
  const viewer v(data);
  const std::string summary = v.body("/api/summary");
  EXPECT_THAT(summary, HasSubstr(R"("generations":2,)"));
  EXPECT_THAT(summary, HasSubstr(R"("problem_count":1,"problems":[{"offset":)"));
  EXPECT_THAT(summary, HasSubstr("a batch is cut off"));
  EXPECT_NE(v.body("/api/goroutine/1/history").size(), 0U);
}

TEST(trace_view, nothing_in_it) {
  const viewer v(encoder(23).sync(1).data());
  v.body("/api/summary");
  EXPECT_THAT(v.body("/api/goroutines"), HasSubstr(R"("total":0,"offset":0,"goroutines":[])"));
  EXPECT_THAT(v.body("/api/timeline?from=0&to=1&width=1&rows=stops,marking"),
              HasSubstr(R"({"row":"stops","cell_ns":1,"slices":[]})"));
}

// Two goroutines, one of a hostile name.
bytes small_trace() {
  encoder out(23);
  out.sync(1, 1000000000)
      .events(1, 100, 1000,
              {{e::proc_status, {0, 1}},
               {e::go_status, {1, 100, 2}},
               {e::go_create, {22, 2, 1}, 11},
               {e::go_block, {4, 1}, 100},
               {e::go_start, {22, 1}, 10},
               {e::go_unblock, {1, 1, 3}, 20},
               {e::go_syscall_begin, {1, 3}, 30},
               {e::go_syscall_end, {}, 40},
               {e::go_destroy, {}, 50}})
      .stacks(1, {{1, {{16, 1, 3, 11}}}, {2, {{17, 2, 3, 22}}}, {3, {{18, 2, 3, 33}}}})
      .strings(1, {{1, "main.main"},
                   {2, "<img src=x onerror=\"a()\">\x01\xff"},
                   {3, "/m.cc"},
                   {4, "sleep"}});
  return out.data();
}

TEST(trace_view, timeline) {
  const viewer v(small_trace());
  const std::string all =
      v.body("/api/timeline?from=0&to=1000&width=1000&rows=p0,g1,g22,stops,marking");
  EXPECT_EQ(all, R"({"rows":[{"row":"p0","cell_ns":1,"slices":[[0,112,2,0],[122,172,2,1],)"
                 R"([172,212,3,1],[212,262,2,1]]},)"
                 R"({"row":"g1","cell_ns":1,"slices":[[0,112,2,0],[112,142,4,1],[142,262,1,0]]},)"
                 R"({"row":"g22","cell_ns":1,"slices":[[12,122,1,0],[122,172,2,0],[172,212,3,0],)"
                 R"([212,262,2,0]]},{"row":"stops","cell_ns":1,"slices":[]},)"
                 R"({"row":"marking","cell_ns":1,"slices":[]}],)"
                 R"("goroutines":[["1",2],["22",3]],"labels":["","sleep","main.main",)"
                 R"("<img src=x onerror=\"a()\">\u0001\ufffd"]})");
  // Seen from far away: one, with the times of each kind.
  EXPECT_THAT(v.body("/api/timeline?from=0&to=1000&width=1&rows=p0"),
              HasSubstr(R"("slices":[[0,262,0,4,0,212,40,0]])"));
  EXPECT_THAT(v.body("/api/timeline?from=130&to=140&width=10&rows=g1"),
              HasSubstr(R"("slices":[[112,142,4,0]])"));
}

TEST(trace_view, goroutine) {
  const viewer v(small_trace());
  const std::string one = v.body("/api/goroutine/22");
  EXPECT_THAT(one, HasSubstr(R"("begin_ns":12,"end_ns":262,"from_the_start":false,)"
                             R"("to_the_end":false,"running_ns":100,"runnable_ns":110,)"
                             R"("syscall_ns":40,"blocked_ns":0,"creator":{"id":"1",)"));
  EXPECT_THAT(one, HasSubstr(R"("creation_stack":[{"function":"main.main","file":"/m.cc",)"
                             R"("line":11}])"));
  EXPECT_THAT(v.body("/api/goroutine/1"),
              HasSubstr(R"("blocked_by_reason":[{"reason":"sleep","count":1,"ns":30}])"));
  const std::string history = v.body("/api/goroutine/1/history");
  EXPECT_THAT(history, StartsWith(R"({"total":5,"offset":0,"moments":[{"time_ns":0,)"
                                  R"("event":"GoStatus","state":"running","changes":true,)"
                                  R"("ns":112,"proc":"0"},)"
                                  R"({"time_ns":12,"event":"GoCreate","state":"running",)"
                                  R"("changes":false,"other":"22",)"));
  EXPECT_THAT(history, HasSubstr(R"({"time_ns":112,"event":"GoBlock","state":"blocked",)"
                                 R"("changes":true,"ns":30,"name":"sleep","stack":)"));
  EXPECT_THAT(history, HasSubstr(R"("event":"GoUnblock","state":"runnable","changes":true,)"
                                 R"("ns":120,"other":"22",)"));
  EXPECT_THAT(history, HasSubstr(R"("line":33)"));
  // What was going on then: the state, not what was done in it.
  EXPECT_THAT(v.body("/api/goroutine/1/history?at=100"), HasSubstr(R"("offset":0,)"));
  EXPECT_THAT(v.body("/api/goroutine/1/history?at=112"), HasSubstr(R"("offset":2,)"));
  EXPECT_THAT(v.body("/api/goroutine/1/history?at=9999"), HasSubstr(R"("offset":4,)"));
  EXPECT_THAT(v.body("/api/goroutine/1/history?offset=99"), HasSubstr(R"("moments":[])"));
}

// Ids of the goroutines in an answer, in its order.
std::vector<std::string> ids(const std::string& answer) {
  std::vector<std::string> result;
  const std::string key = R"({"id":")";
  for (std::size_t at = answer.find(key); at != std::string::npos; at = answer.find(key, at + 1)) {
    const std::size_t begin = at + key.size();
    result.push_back(answer.substr(begin, answer.find('"', begin) - begin));
  }
  return result;
}

TEST(trace_view, search) {
  const viewer v(small_trace());
  const auto found = [&](const std::string& search) {
    return ids(v.body("/api/goroutines?search=" + search));
  };
  using ::testing::ElementsAre;
  EXPECT_THAT(found(""), ElementsAre("1", "22"));
  EXPECT_THAT(found("22"), ElementsAre("22"));
  EXPECT_THAT(found("g22"), ElementsAre("22"));
  EXPECT_THAT(found("2"), ElementsAre());
  EXPECT_THAT(found("MAIN"), ElementsAre("1"));
  EXPECT_THAT(found("<img"), ElementsAre("22"));
  EXPECT_THAT(found("main.maine"), ElementsAre());
}

// All pages together are all goroutines, in the order that was asked for.
TEST(trace_view, pages_of_goroutines) {
  const viewer v(some_trace());
  const auto& all = v.index().goroutines();
  std::vector<std::uint32_t> wanted(all.size());
  for (std::uint32_t g = 0; g < all.size(); ++g) wanted[g] = g;
  std::sort(wanted.begin(), wanted.end(), [&](std::uint32_t a, std::uint32_t b) {
    const std::size_t blocked = 4;
    return all[a].times[blocked] != all[b].times[blocked]
               ? all[a].times[blocked] > all[b].times[blocked]
               : all[a].id < all[b].id;
  });
  std::vector<std::string> found;
  for (std::size_t offset = 0; offset < all.size(); offset += 7)
    for (const std::string& id :
         ids(v.body("/api/goroutines?sort=-blocked&limit=7&offset=" + std::to_string(offset))))
      found.push_back(id);
  ASSERT_EQ(found.size(), wanted.size());
  for (std::size_t i = 0; i < wanted.size(); ++i)
    EXPECT_EQ(found[i], std::to_string(all[wanted[i]].id)) << i;
}

// As the server does.
TEST(trace_view, asked_by_several_threads) {
  const viewer v(some_trace());
  const std::vector<std::string> targets = {
      "/api/summary",
      "/api/goroutines?sort=-running&search=work",
      "/api/goroutine/1",
      "/api/goroutine/1/history?at=5000",
      "/api/timeline?from=0&to=99999999&width=100&rows=p0,p1,g1",
      "/"};
  std::vector<std::string> wanted;
  for (const std::string& target : targets) wanted.push_back(v.get(target).body);
  std::atomic<int> others = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int round = 0; round < 20; ++round)
        for (std::size_t i = 0; i < targets.size(); ++i)
          if (v.get(targets[i]).body != wanted[i]) ++others;
    });
  for (std::thread& t : threads) t.join();
  EXPECT_EQ(others, 0);
}

TEST(trace_view, long_names_are_cut) {
  std::string name;
  for (int i = 0; i < 500; ++i) name += "ä";
  encoder out(23);
  out.sync(1)
      .events(1, 100, 1000,
              {{e::proc_status, {0, 1}}, {e::go_status, {1, 100, 2}}, {e::go_block, {1, 1}}})
      .stacks(1, {{1, {{16, 1, 1, 11}}}})
      .strings(1, {{1, name}});
  const viewer v(out.data());
  for (const char* const path : {"/api/summary", "/api/goroutine/1", "/api/goroutine/1/history",
                                 "/api/timeline?from=0&to=999&width=1&rows=p0,g1"}) {
    const std::string body = v.body(path);
    EXPECT_LT(body.size(), 4000U) << path;
    EXPECT_THAT(body, HasSubstr("ä…\"")) << path;
    EXPECT_THAT(body, Not(HasSubstr("ufffd"))) << path;
  }
}

}  // namespace
}  // namespace gander::tool::testing
