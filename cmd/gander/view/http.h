// SPDX-License-Identifier: Apache-2.0
//
// What the viewer is asked and what it answers, without anything of how that travels.
#pragma once

#include <map>
#include <string>

namespace gander::tool {

struct request {
  std::string method = "GET";
  std::string path = {};  // decoded, without what stands behind '?'
  std::multimap<std::string, std::string> parameters = {};
  std::string host = {};  // the header
};

struct response {
  int status = 200;
  std::string type = {};
  std::string body = {};
};

// Thrown by what makes answers.
struct refusal {
  int status;
  std::string why;
};

}  // namespace gander::tool
