// SPDX-License-Identifier: Apache-2.0
#include "trace_command.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>

#include "trace/perfetto.h"
#include "trace/reader.h"
#include "trace/summary_output.h"
#include "trace/text.h"
#include "view/trace_index.h"
#include "view_server.h"

namespace gander::tool {
namespace {

// The file, or standard input.
class opened {
 public:
  explicit opened(const std::string& path) : fd_(STDIN_FILENO) {
    if (path == "-") return;
    fd_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    struct stat status {};
    if (fd_ < 0 || ::fstat(fd_, &status) != 0)
      error_ = std::strerror(errno);
    else if (S_ISDIR(status.st_mode))
      error_ = "it is a folder";
  }
  ~opened() {
    if (fd_ > STDIN_FILENO) ::close(fd_);
  }
  opened(const opened&) = delete;

  int fd() const { return fd_; }
  const std::string& error() const { return error_; }

 private:
  int fd_;
  std::string error_;
};

class printing_events : public trace_consumer {
 public:
  explicit printing_events(bool stacks) : stacks_(stacks) {}
  void take(const event& e, const generation& tables) override {
    std::puts(describe(e, tables).c_str());
    if (stacks_) std::fputs(describe_stacks(e, tables).c_str(), stdout);
  }

 private:
  bool stacks_;
};

void tell(const std::string& file, std::uint64_t offset, const std::string& what) {
  std::fprintf(stderr, "gander: %s: offset %llu: %s\n", printable(file).c_str(),
               static_cast<unsigned long long>(offset), printable(what).c_str());
}

void tell(const std::string& file, const problem_log& problems, std::size_t most) {
  std::size_t told = 0;
  for (const problem& p : problems.kept()) {
    if (told == most) break;
    tell(file, p.offset, p.how == severity::strict ? p.what + " (Go's tools take it)" : p.what);
    ++told;
  }
  if (problems.count() > told)
    std::fprintf(stderr, "gander: %s: and %s more%s\n", printable(file).c_str(),
                 grouped(problems.count() - told).c_str(),
                 told < problem_log::most_kept ? " (--check tells of them)" : "");
}

int check(const trace_options& options, const trace_totals& totals, const problem_log& problems) {
  std::printf("%s events, %s goroutines, %s generations: ", grouped(totals.events).c_str(),
              grouped(totals.goroutines).c_str(), grouped(totals.generations).c_str());
  if (problems.count() == 0) {
    std::puts("ok");
  } else {
    std::printf("%s violation%s\n", grouped(problems.count()).c_str(),
                problems.count() == 1 ? "" : "s");
  }
  if (totals.against_time != 0)
    std::printf("%s events come after one of a later time, by at most %s\n",
                grouped(totals.against_time).c_str(), duration(totals.against_time_ns).c_str());
  std::fflush(stdout);
  tell(options.file, problems, problem_log::most_kept);
  return problems.count() == 0 ? 0 : 1;
}

int summarize(const trace_options& options, input& in, problem_log& problems) {
  summary consumer(options.top, options.each);
  const trace_totals totals = read_trace(in, problems, consumer);
  if (options.json)
    write_summary_json(consumer, totals, problems, stdout);
  else if (totals.generations != 0 || problems.count() == 0)
    std::fputs(summary_text(consumer, totals).c_str(), stdout);
  return 0;
}

int write_perfetto(const trace_options& options, input& in, problem_log& problems) {
  const bool to_stdout = options.perfetto == "-";
  std::FILE* const out = to_stdout ? stdout : std::fopen(options.perfetto.c_str(), "we");
  if (out == nullptr) {
    std::fprintf(stderr, "gander: %s: %s\n", printable(options.perfetto).c_str(),
                 std::strerror(errno));
    return 2;
  }
  try {
    perfetto consumer(out);
    read_trace(in, problems, consumer);
  } catch (const format_error&) {  // no trace at all
    if (!to_stdout) {
      std::fclose(out);
      std::remove(options.perfetto.c_str());
    }
    throw;
  }
  const bool failed = std::fflush(out) != 0 || std::ferror(out) != 0;
  const int error = errno;
  if (!to_stdout) std::fclose(out);
  if (!failed) return 0;
  std::fprintf(stderr, "gander: %s: %s\n", printable(options.perfetto).c_str(),
               std::strerror(error));
  return 2;
}

// Of a broken trace what could be read; the page tells what is wrong.
int view(const trace_options& options, const address& where, input& in, problem_log& problems) {
  trace_index all;
  const trace_totals totals = read_trace(in, problems, all);
  tell(options.file, problems, 1);
  return serve_view(api(all, options.file, totals, problems), where, options.file, stdout);
}

// Before the trace is read, which may take a while.
std::optional<address> address_of(const trace_options& options) {
  if (!can_serve()) {
    std::fputs(
        "gander: --http: this gander was built without cpp-httplib (Debian: libcpp-httplib-dev)\n",
        stderr);
    return {};
  }
  if (options.address.empty()) return address{};
  std::optional<address> where = parse_address(options.address);
  if (!where)
    std::fprintf(stderr, "gander: --http %s: HOST:PORT, [ADDRESS]:PORT, :PORT or PORT is wanted\n",
                 printable(options.address).c_str());
  return where;
}

// What was asked for: 0, or 2 when it could not be written.
int serve(const trace_options& options, input& in, problem_log& problems) {
  if (!options.perfetto.empty()) return write_perfetto(options, in, problems);
  if (options.events) {
    printing_events consumer(options.stacks);
    read_trace(in, problems, consumer);
    return 0;
  }
  return summarize(options, in, problems);
}

constexpr const char* examples = R"(Examples:
  gander trace out.trace                     where the time went, on one page
  gander trace out.trace --json | jq .scheduling_latency
  gander trace out.trace --perfetto out.json
                                             for ui.perfetto.dev and chrome://tracing
  gander trace --http out.trace              the timeline, in a browser
  gander trace --check out.trace             is it right?
  gander trace --events out.trace | grep ' G=7 '
                                             what goroutine 7 did

Exit status: 0 all is well; 1 something is wrong with the trace (the message says where, and what
could be read is shown all the same); 2 a file could not be opened or written, or a mistake on the
command line.)";

}  // namespace

CLI::App* add_trace_command(CLI::App& app, trace_options& options) {
  CLI::App* const command = app.add_subcommand(
      "trace",
      "Tells what an execution trace says, of Gander's runtime or of Go's (1.22 and later): where\n"
      "the time of goroutines went, how long they waited for a P, where they blocked, and what\n"
      "stopped the world.");
  command->footer(examples);
  command->add_option("FILE", options.file, "the trace; - is the standard input")
      ->required()
      ->type_name("");
  const CLI::Option* const json = command->add_flag("--json", options.json, "the summary as JSON");
  const CLI::Option* const each =
      command->add_flag("--each", options.each, "in the summary each goroutine, too");
  const CLI::Option* const top =
      command->add_option("--top", options.top, "how many places and waits the summary shows: 10")
          ->type_name("N");
  const CLI::Option* const perfetto =
      command
          ->add_option("--perfetto", options.perfetto,
                       "no summary: write the trace as JSON for ui.perfetto.dev and\n"
                       "chrome://tracing; - is the standard output")
          ->type_name("OUT");
  CLI::Option* const http =
      command
          ->add_option("--http", options.address,
                       "no summary: serve a page with the timeline and each goroutine's\n"
                       "history, until Ctrl-C. ADDR is HOST:PORT, :PORT or PORT; without a\n"
                       "host, the loopback; without a port, one that is free")
          ->expected(0, 1)
          ->type_name("[ADDR]");
  const CLI::Option* const check =
      command->add_flag("--check", options.check,
                        "no summary: check the trace, more strictly than Go's tools do,\n"
                        "and say \"N events, N goroutines, N generations: ok\", or what is\n"
                        "wrong and where");
  const CLI::Option* const events = command->add_flag(
      "--events", options.events, "no summary: each event on a line, in their order");
  const CLI::Option* const stacks =
      command->add_flag("--stacks", options.stacks, "below each of the --events its stack");
  command->callback([=, &options] {
    options.http = http->count() != 0;
    const bool summary = json->count() + each->count() + top->count() != 0;
    if (perfetto->count() + http->count() + check->count() + events->count() + (summary ? 1U : 0U) >
        1)
      throw CLI::ValidationError(
          "--perfetto, --http, --check, --events and the options of the summary",
          "only one at a time");
    if (stacks->count() != 0 && events->count() == 0)
      throw CLI::ValidationError("--stacks", "only with --events");
  });
  return command;
}

int run_trace_command(const trace_options& options) {
  const std::optional<address> where = options.http ? address_of(options) : address{};
  if (!where) return 2;
  const opened file(options.file);
  if (!file.error().empty()) {
    std::fprintf(stderr, "gander: %s: %s\n", printable(options.file).c_str(), file.error().c_str());
    return 2;
  }
  problem_log problems;
  problems.strictly = options.check;
  input in(file.fd());
  try {
    if (options.check) {
      trace_consumer nothing;
      const trace_totals totals = read_trace(in, problems, nothing);
      return check(options, totals, problems);
    }
    if (options.http) return view(options, *where, in, problems);
    const int status = serve(options, in, problems);
    if (std::fflush(stdout) != 0) {
      std::fprintf(stderr, "gander: standard output: %s\n", std::strerror(errno));
      return 2;
    }
    tell(options.file, problems, 1);
    return status != 0 ? status : problems.count() == 0 ? 0 : 1;
  } catch (const format_error& error) {
    tell(options.file, error.offset,
         in.error() != 0 ? std::string("it cannot be read: ") + std::strerror(in.error())
                         : std::string(error.what()));
    return 1;
  }
}

}  // namespace gander::tool
