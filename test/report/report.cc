// SPDX-License-Identifier: Apache-2.0

#include "report/report.h"

#include <algorithm>
#include <cstdlib>
#include <regex>

namespace report {
namespace {

using match = std::smatch;

// What Go's runtime prints before the stacks, one alternative per kind of line: how it begins. (The
// rest may be long, and std::regex takes a stack frame for each character.)
const std::regex opening_line(
    "(panic: |\tpanic: |fatal error: |\tfatal error: |runtime: |\\[signal |unexpected fault "
    "address 0x"
    "|SIG[A-Z0-9]+: |Signal [0-9]+$|PC=0x[0-9a-f]+ m=[0-9]+ sigcode=[0-9]+"
    "|signal arrived during cgo execution$|instruction bytes:( 0x[0-9a-f]+)+$|panic during panic$"
    "|stack trace unavailable$|exit status [0-9]+$|-----$)");
const std::regex header_line(
    "goroutine ([0-9]+)( gp=0x[0-9a-f]+ (?:m=[0-9]+ mp=0x[0-9a-f]+|m=nil))? \\[([^\\]]*)\\]:");
const std::regex minutes_part("([0-9]+) minutes");
const std::regex function_line("(\\S.*)\\((.*)\\)");
const std::regex file_line(
    "\t(.+):([0-9]+)( \\+0x[0-9a-f]+)?( fp=0x[0-9a-f]+ sp=0x[0-9a-f]+ pc=0x[0-9a-f]+)?");
const std::regex creator_line("created by (.+?)(?: in goroutine ([0-9]+))?");
const std::regex elided_line("\\.\\.\\.([0-9]+) frames elided\\.\\.\\.");
const std::regex register_line("([a-z][a-z0-9]{1,5}) +0x[0-9a-f]+");

bool opens(const std::string& line) {
  return std::regex_search(line, opening_line, std::regex_constants::match_continuous);
}

std::int64_t number(const std::string& digits) { return std::strtoll(digits.c_str(), nullptr, 10); }

class parser {
 public:
  explicit parser(report& into) : report_(into) {}

  // States: opening -> block -> (blank) between -> block …, registers after the blocks. A frame
  // or a creator leaves pending_ set until its file line has come.
  void take(const std::string& line) {
    ++line_number_;
    if (pending_ != nullptr) return take_file(line);
    if (line.empty()) {
      block_ = nullptr;
      return;
    }
    match m;
    if (line == "runtime stack:" || std::regex_match(line, m, header_line)) return take_header(m);
    if (block_ != nullptr && take_in_block(line)) return;
    if (block_ == nullptr && std::regex_match(line, m, register_line) &&
        !report_.goroutines.empty()) {
      report_.registers.push_back(m[1]);
    } else if (block_ == nullptr && opens(line)) {
      report_.opening.push_back(line);
      in_message_ = report_.goroutines.empty();
    } else if (in_message_ && report_.goroutines.empty() && line.front() == '\t') {
      report_.opening.push_back(line);  // a message of several lines: Go indents all but the first
    } else {
      unknown(line);
    }
  }

  void end() {
    if (pending_ != nullptr) unknown("(a frame without its file line at the end)");
  }

 private:
  void take_header(const match& m) {
    report_.goroutines.emplace_back();
    block_ = &report_.goroutines.back();
    if (m.empty()) return;
    block_->id = number(m[1]);
    block_->has_addresses = m[2].matched;
    std::string rest = m[3];
    // The parts behind the status; a status itself has no ", ".
    for (bool first = true; !rest.empty(); first = false) {
      const std::size_t comma = rest.find(", ");
      const std::string part = rest.substr(0, comma);
      rest = comma == std::string::npos ? "" : rest.substr(comma + 2);
      match minutes;
      if (first) {
        block_->status = part;
      } else if (std::regex_match(part, minutes, minutes_part)) {
        block_->minutes = number(minutes[1]);
      } else if (part == "locked to thread") {
        block_->locked = true;
      } else {
        unknown("(part of a header) " + part);
      }
    }
    if (block_->status.empty()) unknown("(a header without a status)");
  }

  bool take_in_block(const std::string& line) {
    match m;
    if (line == "\tgoroutine running on other thread; stack unavailable") {
      block_->unavailable = true;
    } else if (std::regex_match(line, m, elided_line)) {
      block_->elided = number(m[1]);
    } else if (std::regex_match(line, m, creator_line)) {
      block_->creator.function = m[1];
      block_->parent = m[2].matched ? number(m[2]) : 0;
      pending_ = &block_->creator;
    } else if (std::regex_match(line, m, function_line)) {
      block_->frames.emplace_back();
      pending_ = &block_->frames.back();
      pending_->function = m[1];
      pending_->arguments = m[2];
    } else {
      return false;
    }
    return true;
  }

  void take_file(const std::string& line) {
    match m;
    if (!std::regex_match(line, m, file_line)) {
      unknown("(instead of a file) " + line);
    } else {
      pending_->file = m[1];
      pending_->line = static_cast<int>(number(m[2]));
      pending_->has_offset = m[3].matched;
      pending_->has_addresses = m[4].matched;
    }
    pending_ = nullptr;
  }

  void unknown(const std::string& line) {
    report_.unknown.push_back("line " + std::to_string(line_number_) + ": " + line);
  }

  report& report_;
  goroutine* block_ = nullptr;
  frame* pending_ = nullptr;
  bool in_message_ = false;
  int line_number_ = 0;
};

}  // namespace

bool goroutine::calls(std::string_view function) const {
  return std::any_of(frames.begin(), frames.end(),
                     [&](const frame& f) { return f.function == function; });
}

const goroutine* report::find(std::int64_t id) const {
  for (const goroutine& g : goroutines)
    if (g.id == id) return &g;
  return nullptr;
}

report parse(std::string_view text) {
  report result;
  parser p(result);
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    p.take(std::string(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  p.end();
  return result;
}

}  // namespace report
