// SPDX-License-Identifier: Apache-2.0

// gander_trace_fuzz [--seed N] [--mutants N] [FILE...]: reads traces with damage at random, and
// with all of what the command does. A mutant is decided by the seed and its number, so that it can
// be had again: the number is printed when something is wrong (or with the sanitizer's report:
// --from N). FILEs are traces to damage beside the built-in ones.
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <random>
#include <string>

#include "../encoder.h"
#include "../indexed.h"
#include "../json_check.h"
#include "../memory_file.h"
#include "trace/perfetto.h"
#include "trace/summary_output.h"
#include "view/api.h"
#include "view/site.h"

namespace gander::tool::testing {
namespace {

using random = std::mt19937_64;

std::size_t below(random& r, std::size_t n) { return static_cast<std::size_t>(r() % n); }

// One of many ways to damage it. The header is left alone most of the time. (What is drawn is drawn
// in statements of its own: compilers differ in the order of arguments.)
void damage(bytes& data, const bytes& other, random& r) {
  const std::size_t first = below(r, 50) == 0 ? 0 : 16;
  if (data.size() <= first) return;
  const auto place = [&] { return first + below(r, data.size() - first); };
  const auto at = [&](std::size_t i) { return data.begin() + static_cast<std::ptrdiff_t>(i); };
  constexpr std::uint8_t telling[] = {0, 1, 2, 4, 6, 8, 49, 50, 52, 0x7f, 0x80, 0xff};
  const std::size_t way = below(r, 8), where = place(), length = 1 + below(r, 64);
  const auto byte = static_cast<std::uint8_t>(r());
  switch (way) {
    case 0:
      data[where] ^= static_cast<std::uint8_t>(1U << byte % 8);
      break;
    case 1:
      data[where] = telling[byte % std::size(telling)];
      break;
    case 2:
      data[where] = byte;
      break;
    case 3:
      data.insert(at(where), byte);
      break;
    case 4:
      data.erase(at(where));
      break;
    case 5: {  // a piece again, somewhere else
      const bytes piece(at(where), at(std::min(data.size(), where + length)));
      data.insert(at(place()), piece.begin(), piece.end());
      break;
    }
    case 6: {  // the end of another one
      const std::size_t from = below(r, other.size());
      data.resize(where);
      data.insert(data.end(), other.begin() + static_cast<std::ptrdiff_t>(from), other.end());
      break;
    }
    default:  // a number of the widest kind
      data.insert(at(where), 9, 0xff);
      break;
  }
}

std::size_t peak_kib() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::size_t>(usage.ru_maxrss);
}

bool in_order(const row& of) {
  for (std::size_t i = 0; i + 1 < of.size(); ++i)
    if (of.time_ns(i) > of.time_ns(i + 1)) return false;
  return of.size() == 0 || of.kind(of.size() - 1) == 0;
}

// The same of the trace in memory, and of what is answered of it.
std::string view_in_all_ways(const bytes& data) {
  const indexed all(data);
  const api answers(all.index, "fuzz", all.totals, all.problems);
  const site pages(answers, {});
  std::string rows = "stops,marking";
  for (const proc_row& p : all.index.procs()) {
    if (!in_order(p.row)) return "the row of P " + std::to_string(p.id) + " is out of order";
    if (rows.size() < 500) rows += ",p" + std::to_string(p.id);
  }
  std::vector<std::string> paths = {"summary", "goroutines", "stack/1"};
  const history& moments = all.index.moments();
  for (std::uint32_t g = 0; g < all.index.goroutines().size(); ++g) {
    const std::string id = std::to_string(all.index.goroutines()[g].id);
    if (!in_order(goroutine_row(moments, g))) return "the row of G " + id + " is out of order";
    for (std::size_t i = moments.begin(g); i + 1 < moments.end(g); ++i)
      if (moments[i].time_ns > moments[i + 1].time_ns) return "G " + id + " goes back in time";
    if (rows.size() < 1000) rows += ",g" + id;
    paths.push_back("goroutine/" + id);
    paths.push_back("goroutine/" + id + "/history");
  }
  const std::string end = std::to_string(all.index.duration_ns() + 1);
  for (const char* const width : {"1", "1000"}) {
    const response r =
        pages.serve({.path = "/api/timeline",
                     .parameters = {{"from", "0"}, {"to", end}, {"width", width}, {"rows", rows}},
                     .host = "localhost"});
    if (r.status != 200 || !json_check::holds(r.body)) return "the timeline: " + r.body;
  }
  for (const std::string& path : paths) {
    const response r = pages.serve({.path = "/api/" + path, .host = "localhost"});
    if (!json_check::holds(r.body)) return path + " is no JSON: " + r.body;
  }
  return "";
}

// What is wrong with what became of it; empty: nothing.
std::string read_in_all_ways(const bytes& data) {
  const auto start = std::chrono::steady_clock::now();
  const outcome checked = read_bytes(data);
  summary sums(5, true);
  problem_log problems;
  memory_file json, events;
  try {
    input in{std::span(data)};
    const trace_totals totals = read_trace(in, problems, sums);
    for (const char c : summary_text(sums, totals))
      if (static_cast<unsigned char>(c) < 0x20 && c != '\n') return "a control character";
    write_summary_json(sums, totals, problems, json.file());
    input again{std::span(data)};
    perfetto viewers(events.file());
    read_trace(again, problems, viewers);
  } catch (const format_error&) {
    if (checked.refused.empty()) return "refused only once";
    return "";
  }
  if (!json_check::holds(json.text())) return "the summary is no JSON: " + json.text();
  if (!json_check::holds(events.text())) return "no JSON for the viewers: " + events.text();
  const std::string wrong = view_in_all_ways(data);
  if (!wrong.empty()) return wrong;
  const auto took = std::chrono::steady_clock::now() - start;
  if (took > std::chrono::seconds(10)) return "it took too long";
  return "";
}

int run(std::uint64_t seed, std::uint64_t from, std::uint64_t mutants,
        const std::vector<bytes>& sources) {
  const std::size_t before = peak_kib();
  std::uint64_t clean = 0;
  for (std::uint64_t i = from; i < from + mutants; ++i) {
    random r(seed * 1'000'003 + i);
    bytes data = sources[below(r, sources.size())];
    const bytes& other = sources[below(r, sources.size())];
    for (std::size_t times = 1 + below(r, 6); times > 0; --times) damage(data, other, r);
    const std::string wrong = read_in_all_ways(data);
    if (!wrong.empty()) {
      std::printf("seed %llu, mutant %llu: %s\n", static_cast<unsigned long long>(seed),
                  static_cast<unsigned long long>(i), wrong.c_str());
      return 1;
    }
    if (read_bytes(data, false).problems.count() == 0) ++clean;
  }
  std::printf("%llu mutants read, %llu of them without a complaint, %zu KiB of memory at most\n",
              static_cast<unsigned long long>(mutants), static_cast<unsigned long long>(clean),
              peak_kib() - before);
  return 0;
}

}  // namespace
}  // namespace gander::tool::testing

int main(int argc, char** argv) {
  using namespace gander::tool::testing;
  std::uint64_t seed = 1, from = 0, mutants = 1000;
  std::vector<bytes> sources;
  for (const unsigned minor : {22U, 23U, 25U, 26U}) sources.push_back(full_trace(minor));
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const auto number = [&] { return i + 1 < argc ? std::strtoull(argv[++i], nullptr, 10) : 0; };
    if (word == "--seed") {
      seed = number();
    } else if (word == "--from") {
      from = number();
    } else if (word == "--mutants") {
      mutants = number();
    } else {
      std::ifstream file(word, std::ios::binary);
      sources.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
      if (sources.back().empty()) {
        std::fprintf(stderr, "gander_trace_fuzz: %s: nothing to read\n", word.c_str());
        return 2;
      }
    }
  }
  return run(seed, from, mutants, sources);
}
