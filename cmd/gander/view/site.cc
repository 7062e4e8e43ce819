// SPDX-License-Identifier: Apache-2.0
#include "view/site.h"

#include <algorithm>
#include <array>
#include <new>

#include "view/answer.h"
#include "view/page_files.h"

namespace gander::tool {
namespace {

response refused(int status, const std::string& why) {
  return json_answer(
      [&](json_writer& out) { out.begin_object().member("error", why).end_object(); }, status);
}

std::string type_of(std::string_view name) {
  if (name.ends_with(".html")) return "text/html; charset=utf-8";
  if (name.ends_with(".css")) return "text/css; charset=utf-8";
  if (name.ends_with(".js")) return "text/javascript; charset=utf-8";
  return "image/svg+xml";
}

}  // namespace

const std::vector<std::pair<std::string, std::string>>& site::headers() {
  static const std::vector<std::pair<std::string, std::string>> all = {
      {"Content-Security-Policy",
       "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
       "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
      {"X-Content-Type-Options", "nosniff"},
      {"Referrer-Policy", "no-referrer"},
      {"Cross-Origin-Resource-Policy", "same-origin"},
      {"Cache-Control", "no-store"},  // another trace at the same port
  };
  return all;
}

// The port is left out of it: it is another one behind a tunnel, and no protection.
bool site::meant_for_it(const std::string& header) const {
  const std::string host = host_of(header);
  constexpr std::array<std::string_view, 3> loopback = {"localhost", "127.0.0.1", "::1"};
  if (std::find(loopback.begin(), loopback.end(), host) != loopback.end()) return true;
  if (host == host_of(printed(served_))) return true;
  return is_wildcard(served_.host) && is_numeric(host);
}

response site::serve(const request& r) const {
  if (!meant_for_it(r.host)) return refused(403, "not for this host");
  if (r.method != "GET" && r.method != "HEAD") return refused(405, "only GET and HEAD");
  try {
    if (r.path.starts_with("/api/")) return answers_.answer(r);
    const std::string_view name =
        r.path == "/" ? "index.html" : std::string_view(r.path).substr(r.path.empty() ? 0 : 1);
    for (const page_file& file : page_files())
      if (file.name == name) return {200, type_of(name), std::string(file.text)};
    return refused(404, "there is nothing at " + cut(r.path));
  } catch (const refusal& no) {
    return refused(no.status, no.why);
  } catch (const std::bad_alloc&) {
    return refused(503, "out of memory");
  }
}

}  // namespace gander::tool
