// SPDX-License-Identifier: Apache-2.0

// An independent reader of crash reports: it knows the grammar of Go's reports and nothing of ours,
// so that what it takes, the tools of Go's users take. A line that the grammar does not have is
// kept as unknown; nothing is guessed. Lines before the first goroutine header are free text where
// Go has free text.
//
//   report    = opening* block*
//   block     = header (frame | elided | unavailable)* created? blank
//   header    = "goroutine " ID [" gp=" HEX (" m=" N " mp=" HEX | " m=nil")]
//               " [" STATUS [", " N " minutes"] [", locked to thread"] "]:"  |  "runtime stack:"
//   frame     = FUNC "(" ARGS ")" newline
//               tab FILE ":" LINE [" +" HEX] [" fp=" HEX " sp=" HEX " pc=" HEX]
//   created   = "created by " FUNC [" in goroutine " ID] newline tab FILE ":" LINE [" +" HEX]
//   registers = NAME spaces HEX, one line each
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace report {

struct frame {
  std::string function;  // without the arguments
  std::string arguments;
  std::string file;
  int line = 0;
  bool has_offset = false;     // "+0x…": a physical frame
  bool has_addresses = false;  // "fp=… sp=… pc=…"
};

struct goroutine {
  std::int64_t id = -1;  // -1: "runtime stack:"
  std::string status;
  std::int64_t minutes = 0;
  bool locked = false;
  bool has_addresses = false;  // "gp=… m=… mp=…"
  bool unavailable = false;    // "running on other thread; stack unavailable"
  std::int64_t elided = 0;     // frames left out in the middle
  std::vector<frame> frames;
  frame creator;  // function is empty where there is no "created by"
  std::int64_t parent = 0;

  bool calls(std::string_view function) const;
};

struct report {
  std::vector<std::string>
      opening;  // "panic: …", "fatal error: …", "[signal …]", "SIGQUIT: quit", "PC=…", …
  std::vector<goroutine> goroutines;
  std::vector<std::string> registers;  // their names, in order
  std::vector<std::string> unknown;    // "line N: text"

  const goroutine* find(std::int64_t id) const;
};

report parse(std::string_view text);

}  // namespace report
