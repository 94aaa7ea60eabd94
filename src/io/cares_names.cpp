#include "weir/io/cares_names.h"

#include <ares.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <vector>

namespace weir::io {
namespace {

constexpr std::size_t kMaxAddresses = 64;  // of one answer; what is beyond is not looked at

NameStatus status_of(int ares_status) {
  switch (ares_status) {
    case ARES_SUCCESS:
      return NameStatus::found;
    case ARES_ENOTFOUND:
    case ARES_ENODATA:
    case ARES_EBADNAME:
    case ARES_ENONAME:
      return NameStatus::not_found;
    case ARES_ETIMEOUT:
      return NameStatus::timed_out;
    default:
      return NameStatus::failed;
  }
}

bool read_address(const ares_addrinfo_node& node, Address& out) {
  if (node.ai_family == AF_INET6) {
    const auto& in6 = *reinterpret_cast<const sockaddr_in6*>(node.ai_addr);
    out.v6 = true;
    std::memcpy(out.ip.data(), &in6.sin6_addr, 16);
    return true;
  }
  if (node.ai_family != AF_INET) return false;
  const auto& in4 = *reinterpret_cast<const sockaddr_in*>(node.ai_addr);
  std::memcpy(out.ip.data(), &in4.sin_addr, 4);
  return true;
}

}  // namespace

/// A lookup from its start until c-ares has let go of it, which may be later than its last answer.
struct CaresNames::Request : ListHook<CaresNames>, Timer {
  Request(CaresNames& n, Lookup& l, Bytes h) : Timer(&CaresNames::on_request_due), names(n), lookup(&l), host(h) {}

  CaresNames& names;
  Lookup* lookup;  // null: it has had its last answer
  std::string host;
  std::vector<NameAddress> found;
  NameStatus status = NameStatus::not_found;  // of what has come in so far
  int running = 0;                            // questions that c-ares works on
  bool told = false;                          // what came first has been given already
  bool cancelled = false;
};

/// A socket of c-ares. It outlives the socket by the cancellation of its poll.
struct CaresNames::Watch : ListHook<>, Op {
  Watch(CaresNames& n, int f) : Op(&CaresNames::on_poll), names(n), fd(f) {}

  CaresNames& names;
  int fd;
  unsigned wanted = 0;
  unsigned armed = 0;
  bool closed = false;
};

ares_channeldata* CaresNames::open_channel(const NameOptions& options, const char* lookups, CaresNames* watched) {
  ares_options wanted{};
  std::string order = lookups;
  wanted.lookups = order.data();
  wanted.timeout = static_cast<int>(to_ms(options.attempt_timeout));
  wanted.tries = options.attempts;
  wanted.sock_state_cb = &CaresNames::on_socket;
  wanted.sock_state_cb_data = watched;
  const int mask = ARES_OPT_LOOKUPS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB;
  ares_channel channel = nullptr;
  if (ares_init_options(&channel, &wanted, mask) != ARES_SUCCESS) return nullptr;
  if (options.servers.empty()) return channel;
  std::vector<ares_addr_port_node> servers(options.servers.size());
  for (std::size_t i = 0; i < servers.size(); ++i) {
    const Address& address = options.servers[i];
    servers[i].next = i + 1 < servers.size() ? &servers[i + 1] : nullptr;
    servers[i].family = address.v6 ? AF_INET6 : AF_INET;
    std::memcpy(&servers[i].addr, address.ip.data(), address.v6 ? 16 : 4);
    servers[i].udp_port = servers[i].tcp_port = address.port;
  }
  if (ares_set_servers_ports(channel, servers.data()) == ARES_SUCCESS) return channel;
  ares_destroy(channel);
  return nullptr;
}

CaresNames::CaresNames(Loop& loop, const NameOptions& options)
    : loop_(loop),
      resolution_delay_(options.resolution_delay),
      hosts_(open_channel(options, "f", this)),
      dns_(open_channel(options, "b", this)),
      expiry_(*this) {}

CaresNames::~CaresNames() {
  WEIR_ASSERT(requests_.empty() && watches_.empty() && !dns_, "names are closed before they die");
}

// ---- Requests.

void CaresNames::start(Lookup& lookup, Bytes host) {
  lookup.start();
  auto* request = new Request(*this, lookup, host);
  requests_.push_back(*request);
  ++request->running;  // until all questions are asked: c-ares may answer from inside the call
  if (const auto literal = Address::from_literal(host, 0)) {
    request->found.push_back({*literal, 1h});
  } else if (hosts_ && dns_) {
    ask(*request, hosts_, AF_UNSPEC);
    if (request->found.empty()) {
      request->status = NameStatus::not_found;
      ask(*request, dns_, AF_INET6);
      ask(*request, dns_, AF_INET);
    }
  } else {
    request->status = NameStatus::failed;
  }
  on_result(request, ARES_ENODATA, 0, nullptr);
  process(ARES_SOCKET_BAD, ARES_SOCKET_BAD);
}

void CaresNames::ask(Request& request, ares_channeldata* channel, int family) {
  ares_addrinfo_hints hints{};
  hints.ai_flags = ARES_AI_NOSORT;  // the order of attempts is decided by who connects
  hints.ai_family = family;
  hints.ai_socktype = SOCK_STREAM;
  ++request.running;
  ares_getaddrinfo(channel, request.host.c_str(), nullptr, &hints, &CaresNames::on_result, &request);
}

void CaresNames::on_result(void* object, int ares_status, int, ares_addrinfo* result) {
  auto& request = *static_cast<Request*>(object);
  const std::unique_ptr<ares_addrinfo, decltype(&ares_freeaddrinfo)> owned(result, &ares_freeaddrinfo);
  if (result && ares_status == ARES_SUCCESS) {
    for (const auto* node = result->nodes; node && request.found.size() < kMaxAddresses; node = node->ai_next) {
      NameAddress one;
      if (!read_address(*node, one.address)) continue;
      one.ttl = std::chrono::seconds(std::max(0, node->ai_ttl));
      request.found.push_back(one);
    }
  } else if (const NameStatus status = status_of(ares_status); status != NameStatus::not_found) {
    request.status = status;
  }
  auto& loop = request.names.loop_;
  if (--request.running == 0) {
    loop.timers().set(request, loop.now());
  } else if (!request.found.empty() && !request.told && !request.armed()) {
    loop.timers().set(request, loop.now() + request.names.resolution_delay_);
  }
}

void CaresNames::on_request_due(Timer& timer) {
  auto& request = static_cast<Request&>(timer);
  const bool last = request.running == 0;
  if (Lookup* lookup = request.lookup) {
    NameAnswer answer;
    if (request.cancelled) {
      answer.status = NameStatus::cancelled;
    } else if (request.found.empty()) {
      answer.status = request.status;
    } else {
      answer = {NameStatus::found, request.found, !last};
      request.told = true;
    }
    if (!answer.more) request.lookup = nullptr;
    lookup->deliver(answer);  // it may start or cancel, which may move this timer
  }
  if (!last) return;
  CaresNames& names = request.names;
  request.ListHook<CaresNames>::unlink();
  delete &request;
  names.wake_closer();
}

void CaresNames::cancel(Lookup& lookup) {
  requests_.for_each([&](Request& request) {
    if (request.lookup != &lookup) return;
    request.cancelled = true;  // c-ares goes on with its questions: it can only cancel all of them
    loop_.timers().set(request, loop_.now());
  });
}

// ---- Sockets and time.

void CaresNames::process(int readable, int writable) {
  if (!dns_) return;
  ares_process_fd(dns_, readable, writable);
  timeval left{};
  if (!ares_timeout(dns_, nullptr, &left)) return loop_.timers().cancel(expiry_);
  const Duration wait = std::chrono::seconds(left.tv_sec) + std::chrono::microseconds(left.tv_usec);
  loop_.timers().set(expiry_, loop_.now() + wait);
}

void CaresNames::on_expiry(Timer& timer) {
  static_cast<Expiry&>(timer).names.process(ARES_SOCKET_BAD, ARES_SOCKET_BAD);
}

void CaresNames::on_socket(void* object, int fd, int readable, int writable) {
  auto& self = *static_cast<CaresNames*>(object);
  Watch* watch = nullptr;
  self.watches_.for_each([&](Watch& one) {
    if (one.fd == fd && !one.closed) watch = &one;
  });
  if (!readable && !writable) {
    if (!watch) return;
    // c-ares closes the descriptor right after this, and its number may come again with the next socket: from here on
    // the poll in flight belongs to nobody.
    watch->closed = true;
    if (watch->in_flight()) return self.loop_.ring().cancel(*watch);
    if (watch != self.processing_) self.release(*watch);
    return;
  }
  if (!watch) {
    watch = new Watch(self, fd);
    self.watches_.push_back(*watch);
  }
  watch->wanted = static_cast<unsigned>((readable ? POLLIN : 0) | (writable ? POLLOUT : 0));
  if (watch != self.processing_) self.arm(*watch);
}

void CaresNames::arm(Watch& watch) {
  if (!watch.in_flight()) {
    watch.armed = watch.wanted;
    loop_.ring().poll(watch, Fd{watch.fd}, watch.wanted);
  } else if (watch.armed != watch.wanted) {
    loop_.ring().cancel(watch);  // its last completion arms it anew
  }
}

void CaresNames::on_poll(Op& op, const Completion& completion) {
  auto& watch = static_cast<Watch&>(op);
  CaresNames& self = watch.names;
  if (!watch.closed && completion.result != -ECANCELED) {
    // Errors of the socket are found by c-ares when it reads.
    const auto ready = completion.result < 0 ? ~0U : static_cast<unsigned>(completion.result);
    const bool readable = (ready & (POLLIN | POLLERR | POLLHUP | POLLNVAL)) != 0;
    const bool writable = (ready & POLLOUT) != 0;
    self.processing_ = &watch;
    self.process(readable ? watch.fd : ARES_SOCKET_BAD, writable ? watch.fd : ARES_SOCKET_BAD);
    self.processing_ = nullptr;
  }
  watch.closed ? self.release(watch) : self.arm(watch);
}

void CaresNames::release(Watch& watch) {
  watch.unlink();
  delete &watch;
  wake_closer();
}

// ---- The end.

Task<> CaresNames::close() {
  requests_.for_each([this](Request& request) {
    request.cancelled = true;
    loop_.timers().set(request, loop_.now());
  });
  loop_.timers().cancel(expiry_);
  // Ends every question, and every socket with the word that it is closed.
  if (ares_channeldata* dns = std::exchange(dns_, nullptr)) ares_destroy(dns);
  if (ares_channeldata* hosts = std::exchange(hosts_, nullptr)) ares_destroy(hosts);
  struct Awaiter {
    CaresNames& names;
    bool await_ready() { return names.requests_.empty() && names.watches_.empty(); }
    void await_suspend(std::coroutine_handle<> handle) { names.closer_ = handle; }
    void await_resume() {}
  };
  Awaiter quiet{*this};
  co_await quiet;
}

void CaresNames::wake_closer() {
  if (closer_ && requests_.empty() && watches_.empty()) loop_.make_ready(std::exchange(closer_, {}));
}

}  // namespace weir::io
