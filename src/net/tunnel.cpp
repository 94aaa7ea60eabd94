#include "weir/net/tunnel.h"

#include "weir/codec/http1.h"
#include "weir/codec/http1_writer.h"

namespace weir::net {
namespace {

constexpr std::size_t kMaxHeadBytes = 16 * 1024;  // of the proxy's answer; real ones have a few hundred
constexpr Duration kLookAgain = 1ms;
constexpr std::size_t kLongestPort = 6;  // ":65535"

/// "host:port", IPv6 in brackets.
std::string authority_of(const Endpoint& endpoint) {
  std::string text;
  text.reserve(endpoint.host.size() + 2 + kLongestPort);
  const bool v6 = endpoint.host.contains(':');
  if (v6) text += '[';
  text += endpoint.host;
  if (v6) text += ']';
  return text + ":" + std::to_string(endpoint.port);
}

Fault fault_of(io::Status status) {
  if (status == io::Status::timed_out) return Fault::connect_timeout;
  return status == io::Status::cancelled ? Fault::cancelled : Fault::proxy_failed;
}

Result<void> send_request(Context& context, io::Socket& socket, const Endpoint& endpoint) {
  io::Chunk staging = context.loop.buffers().take();
  if (!staging) return fail(Fault::shed);
  const std::string authority = authority_of(endpoint);
  codec::HeadWriter writer(staging.writable());
  writer.request_line("CONNECT", {authority});
  writer.field("host", authority);
  if (!endpoint.proxy->authorization.empty())
    writer.field("proxy-authorization", endpoint.proxy->authorization.reveal());
  const auto head = writer.finish();
  if (!head) return fail(Fault::proxy_failed);
  socket.send(staging.slice(*head));
  return {};
}

/// An answer may be told before it is told that the question was sent; or the proxy may not have waited for it.
io::Task<Result<void>> is_sent(io::Socket& socket, Instant deadline) {
  io::Loop& loop = socket.loop();
  while (socket.unsent_bytes() > 0) {
    if (socket.interrupted()) co_return fail(Fault::cancelled);
    if (loop.now() >= deadline) co_return fail(Fault::connect_timeout);
    co_await loop.sleep_until(loop.now() + kLookAgain);
  }
  if (socket.broken() != io::Status::ok) co_return fail(Fault::proxy_failed);
  co_return Result<void>{};
}

}  // namespace

io::Task<Result<void>> open_tunnel(Context& context, io::Socket& socket, const Endpoint& endpoint, Instant deadline) {
  if (const auto sent = send_request(context, socket, endpoint); !sent) co_return fail(sent.error());
  codec::HeadScanner scanner(codec::Sender::provider);
  std::string gathered;
  for (;;) {
    const auto received = co_await socket.receive(deadline);
    if (received.status != io::Status::ok) co_return fail(fault_of(received.status));
    gathered.append(received.chunk.bytes());
    for (;;) {
      const auto place = scanner.scan(gathered);
      if (!place || (!*place && gathered.size() > kMaxHeadBytes)) co_return fail(Fault::proxy_failed);
      if (!*place) break;
      codec::ResponseHead& head = context.response_head;
      // As for HEAD: whatever its fields say, what follows is not a body that belongs to this head.
      if (!codec::parse_response_head((*place)->of(gathered), codec::Method::head, head))
        co_return fail(Fault::proxy_failed);
      const int status = head.status;
      gathered.erase(0, (*place)->end);
      scanner.reset();
      if (status < 200) continue;
      if (status >= 300) co_return fail(Fault::proxy_refused);
      // The provider waits for us to speak first: bytes behind the head are somebody's mistake, or an attack.
      if (!gathered.empty()) co_return fail(Fault::proxy_failed);
      const auto ready = co_await is_sent(socket, deadline);
      co_return ready;
    }
  }
}

}  // namespace weir::net
