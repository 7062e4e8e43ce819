// SPDX-License-Identifier: Apache-2.0
//
// chat: three people in a chat room, and what each of them gets to read.
//
// The room is a goroutine that owns the list of those who are there. Nobody else touches it, so
// there is no lock: people come, speak and leave by channels, and a select takes what comes first.
#include <gander/gander.h>

#include <cstddef>
#include <cstdio>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

namespace {

using line = std::string;
using mailbox = gander::chan<line>;

struct room {
  gander::chan<mailbox> entering = gander::make_chan<mailbox>();
  gander::chan<mailbox> leaving = gander::make_chan<mailbox>();
  gander::chan<line> saying = gander::make_chan<line>();
};

void serve(const room& r) {
  std::vector<mailbox> present;
  for (;;) {
    std::optional<mailbox> comes, goes;
    std::optional<line> said;
    switch (gander::select(gander::on_recv(r.entering, comes), gander::on_recv(r.leaving, goes),
                           gander::on_recv(r.saying, said))) {
      case 0:
        present.push_back(comes.value());
        break;
      case 1:
        std::erase(present, goes.value());
        goes->close();
        break;
      case 2:
        for (const mailbox& box : present) box.send(said.value());
        break;
    }
  }
}

struct person {
  const char* name;
  const char* waits_for;  // speaks when it has read a line that ends with this
  const char* answer;
};

constexpr person people[] = {{"Ann", "Who is there?", "A goroutine."},
                             {"Bob", "Knock, knock.", "Who is there?"},
                             {"Cem", "A goroutine.", "There is always one more."}};

// Returns what it has read until it left, which is after the last line of all.
std::vector<line> take_part(const room& r, const mailbox& box, const person& me) {
  std::vector<line> read;
  for (const line& said : box) {
    read.push_back(said);
    if (said.ends_with(me.waits_for)) r.saying.send(line(me.name) + ": " + me.answer);
    if (said.ends_with(std::end(people)[-1].answer)) r.leaving.send(box);
  }
  return read;
}

void converse() {
  const room r;
  gander::go(serve, r);
  std::vector<gander::handle<std::vector<line>>> readers;
  for (const person& one : people) {
    const auto box = gander::make_chan<line>(8);  // holds all that is said: the room never waits
    r.entering.send(box);
    readers.push_back(gander::spawn(take_part, r, box, one));
  }
  r.saying.send("Door: Knock, knock.");
  for (std::size_t i = 0; i < readers.size(); ++i) {
    std::printf("%s has read:\n", people[i].name);
    for (const line& said : readers[i].join()) std::printf("  %s\n", said.c_str());
  }
}

}  // namespace

int main() { return gander::run(converse); }
