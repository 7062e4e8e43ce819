// SPDX-License-Identifier: Apache-2.0
//
// By cpp-httplib, which has a thread for each connection out of a few. They only read the index.
// The signals are blocked in all of them; the main thread takes them.
#include "view_server.h"

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <thread>

#include "trace/text.h"

#ifdef GANDER_HTTP
#include <httplib.h>
#endif

namespace gander::tool {

#ifdef GANDER_HTTP

namespace {

request read(const httplib::Request& from) {
  request r{from.method, from.path, {}, from.get_header_value("Host")};
  r.parameters.insert(from.params.begin(), from.params.end());
  return r;
}

// The library does not tell why it could not bind: so what it did is done again.
std::string why_not(const address& where) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  const int failure =
      ::getaddrinfo(where.host.c_str(), std::to_string(where.port).c_str(), &hints, &found);
  if (failure != 0) return ::gai_strerror(failure);
  std::string why = "it cannot be bound to";
  const int fd = ::socket(found->ai_family, found->ai_socktype | SOCK_CLOEXEC, 0);
  if (fd < 0 || ::bind(fd, found->ai_addr, found->ai_addrlen) != 0) why = std::strerror(errno);
  if (fd >= 0) ::close(fd);
  ::freeaddrinfo(found);
  return why;
}

void configure(httplib::Server& server, const site& pages) {
  server.set_pre_routing_handler([&pages](const httplib::Request& in, httplib::Response& out) {
    const response r = pages.serve(read(in));
    out.status = r.status;
    if (r.status == 405) out.set_header("Allow", "GET, HEAD");
    for (const auto& [name, value] : site::headers()) out.set_header(name, value);
    out.set_content(r.body, r.type);
    return httplib::Server::HandlerResponse::Handled;
  });
  // Not its own SO_REUSEPORT, under which two servers share a port without a word.
  server.set_socket_options([](int fd) {
    const int yes = 1;
    ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  });
  server.set_tcp_nodelay(true);
  server.set_keep_alive_max_count(1000);
  server.set_keep_alive_timeout(1);  // s: stopping waits for it
  server.set_payload_max_length(0);
  server.new_task_queue = [] { return new httplib::ThreadPool(8); };
}

}  // namespace

bool can_serve() { return true; }

int serve_view(const api& answers, const address& where, const std::string& file, std::FILE* out) {
  sigset_t ends;
  ::sigemptyset(&ends);
  ::sigaddset(&ends, SIGINT);
  ::sigaddset(&ends, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &ends, nullptr);
  const site pages(answers, where);
  httplib::Server server;
  configure(server, pages);
  address bound = where;
  if (where.port == 0) {
    const int port = server.bind_to_any_port(where.host);
    bound.port = static_cast<std::uint16_t>(port > 0 ? port : 0);
  } else if (!server.bind_to_port(where.host, where.port)) {
    bound.port = 0;
  }
  if (bound.port == 0) {
    std::fprintf(stderr, "gander: %s: %s\n", printed(where).c_str(), why_not(where).c_str());
    return 2;
  }
  bool failed = false;
  std::atomic<bool> ended = false;
  std::thread serving([&] {
    failed = !server.listen_after_bind();
    ended = true;
    if (failed) ::kill(::getpid(), SIGTERM);  // nobody else may send one
  });
  // Before it runs, it cannot be stopped.
  while (!server.is_running() && !ended) std::this_thread::yield();
  std::fprintf(out, "gander trace: serving %s at http://%s/ (Ctrl-C ends it)\n",
               printable(file).c_str(), printed(bound).c_str());
  std::fflush(out);
  int signal = 0;
  ::sigwait(&ends, &signal);
  server.stop();
  serving.join();
  if (failed)
    std::fprintf(stderr, "gander: %s: it cannot be served any more\n", printed(bound).c_str());
  return failed ? 2 : 0;
}

#else

bool can_serve() { return false; }

int serve_view(const api&, const address&, const std::string&, std::FILE*) { return 2; }

#endif

}  // namespace gander::tool
