// SPDX-License-Identifier: Apache-2.0

// An exception that leaves its goroutine. The report shows the stack of the throw.
#include <gander/gander.h>

#include <stdexcept>
#include <string>

#include "crashes.h"

namespace crashes {

[[gnu::noinline]] static int parse_port(const std::string& text) {
  if (text.find_first_not_of("0123456789") != std::string::npos)
    throw std::invalid_argument("no port number: " + text);
  return std::stoi(text);
}

[[gnu::noinline]] static int configure(const std::string& text) { return parse_port(text) + 1; }

void uncaught_exception() {
  gander::wait_group servers;
  servers.go([] {
    until_main_waits();
    configure("http");
  });
  servers.wait();
}

}  // namespace crashes
