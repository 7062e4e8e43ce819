// SPDX-License-Identifier: Apache-2.0
//
// replicas [MILLISECONDS]: asks three search services at once, each of which has two servers, and
// takes what comes first from each, if it comes in that time (default: 300).
//
// The deadline travels in a context. Servers that are no longer waited for learn of it from there,
// and have all returned before the answers are printed.
#include <gander/gander.h>

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

using namespace std::chrono_literals;

namespace {

struct server {
  const char* name;
  std::chrono::milliseconds takes;
};

struct service {
  const char* topic;
  server replicas[2];
};

constexpr service services[] = {
    {"web", {{"web-1", 1h}, {"web-2", 1ms}}},
    {"images", {{"images-1", 2ms}, {"images-2", 1h}}},
    {"videos", {{"videos-1", 1h}, {"videos-2", 1h}}},  // overloaded, both
};

void ask(const gander::context& ctx, const server& s, const gander::send_chan<std::string>& out) {
  gander::select(
      gander::on_recv(gander::after(s.takes),
                      [&](auto) { out.try_send("42 results of " + std::string(s.name)); }),
      gander::on_recv(ctx.done(), [] {}));
}

std::string first_answer(const gander::context& parent, const service& of) {
  const auto answers = gander::make_chan<std::string>(1);
  gander::task_group asked(parent);
  for (const server& s : of.replicas)
    asked.go([&](const gander::context& ctx) { ask(ctx, s, answers); });

  std::string result;
  gander::select(gander::on_recv(answers, [&](std::optional<std::string> text) { result = *text; }),
                 gander::on_recv(parent.done(), [&] { result = parent.err().message(); }));
  asked.cancel();
  return result;
}

}  // namespace

int main(int argc, char** argv) {
  const std::chrono::milliseconds limit(argc > 1 ? std::atoi(argv[1]) : 300);
  return gander::run([=] {
    const auto [ctx, cancel] = gander::with_timeout(gander::background(), limit);
    std::vector<gander::handle<std::string>> results;
    for (const service& s : services)
      results.push_back(gander::spawn([&ctx = ctx, &s] { return first_answer(ctx, s); }));
    for (std::size_t i = 0; i < results.size(); ++i)
      std::printf("%s: %s\n", services[i].topic, results[i].join().c_str());
  });
}
