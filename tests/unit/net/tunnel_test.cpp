// The way through a proxy: one actor is the proxy.
#include "weir/net/tunnel.h"

#include "pool_world.h"

namespace weir::net::test {
namespace {

const io::Address kProxy = *io::Address::parse("192.0.2.99:3128");

Endpoint through(Bytes proxy_url, Bytes host = kHost) {
  return {std::string(host), 443, *catalog::parse_proxy_url(proxy_url), {}, {}};
}

/// The proxy: takes a head, answers with `reply` in pieces of `piece` bytes.
struct Proxied : PoolWorld {
  explicit Proxied(Bytes answer_text, std::size_t piece_bytes = 10'000, Endpoint endpoint = through("192.0.2.99:3128"),
                   const io::SimOptions& sim = {})
      : PoolWorld(std::move(endpoint), 0, sim), reply(answer_text), piece(piece_bytes) {
    network.listen(kProxy, [this](io::SimPeer& peer) {
      peer.on_data = [this](io::SimPeer& self, Bytes bytes) {
        heard.append(bytes);
        if (Bytes(heard).ends_with("\r\n\r\n")) give(self, 0);
      };
      peer.on_end = [](io::SimPeer& self) { self.close(); };
    });
  }
  void give(io::SimPeer& peer, std::size_t at) {
    if (at >= reply.size()) {
      if (closes) peer.finish();
      return;
    }
    peer.write(Bytes(reply).substr(at, piece));
    network.schedule(1ms, [this, &peer, at] { give(peer, at + piece); });
  }
  std::string reply;
  std::size_t piece;
  bool closes = false;
  std::string heard;
};

TEST(Tunnel, SaysWhereToAndNothingElse) {
  Proxied world("HTTP/1.1 200 Connection established\r\n\r\n");
  EXPECT_FALSE(world.dial().fault);
  EXPECT_EQ(world.heard, "CONNECT api.provider.test:443 HTTP/1.1\r\nhost: api.provider.test:443\r\n\r\n");
}

TEST(Tunnel, GivesItsCredentialToTheProxy) {
  Proxied world("HTTP/1.1 200 OK\r\n\r\n", 10'000,
                through("http://Aladdin:open%20sesame@192.0.2.99:3128", "2001:db8::7"));
  EXPECT_FALSE(world.dial().fault);
  EXPECT_EQ(world.heard,
            "CONNECT [2001:db8::7]:443 HTTP/1.1\r\nhost: [2001:db8::7]:443\r\n"
            "proxy-authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n");
}

TEST(Tunnel, ReadsItsAnswerHoweverItIsCut) {
  for (const std::size_t piece : {1U, 2U, 7U, 1000U}) {
    Proxied world("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 200 ok\r\nContent-Length: 7\r\nX: y\r\n\r\n", piece);
    EXPECT_FALSE(world.dial().fault) << piece;
  }
}

TEST(Tunnel, ARefusalIsAFaultOfItsOwn) {
  for (const Bytes status : {"407 Proxy Authentication Required", "403 Forbidden", "502 Bad Gateway", "302 Found"}) {
    Proxied world("HTTP/1.1 " + std::string(status) + "\r\nContent-Length: 4\r\n\r\nnope");
    EXPECT_EQ(world.dial().fault, Fault::proxy_refused) << status;
    EXPECT_EQ(world.pool.idle(), 0u);
  }
}

TEST(Tunnel, AnImproperAnswerIsNoWay) {
  const std::string long_head = "HTTP/1.1 200 OK\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n";
  for (const std::string& text : {std::string("SSH-2.0-OpenSSH_9.2\r\n\r\n"), std::string("HTTP/1.1 200 OK\n\n"),
                                  std::string("HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"), long_head}) {
    Proxied world(text, 3000);
    EXPECT_EQ(world.dial().fault, Fault::proxy_failed) << text.substr(0, 40);
  }
}

TEST(Tunnel, AProxyThatHangsUpOrIsNotThere) {
  {
    Proxied world("HTTP/1.1 200 O");
    world.closes = true;
    EXPECT_EQ(world.dial().fault, Fault::proxy_failed);
  }
  {
    PoolWorld world(through("192.0.2.98:3128"));
    EXPECT_EQ(world.dial().fault, Fault::proxy_failed);
  }
  PoolWorld world(through("no.such.proxy:3128"));
  EXPECT_EQ(world.dial().fault, Fault::proxy_failed);
}

TEST(Tunnel, TheDeadlineIsThatOfTheConnection) {
  Proxied world("HTTP/1.1 200 O");
  const Outcome out = world.dial();
  EXPECT_EQ(out.fault, Fault::connect_timeout);
  EXPECT_GE(out.took, 2s);
  EXPECT_LT(out.took, 2s + 5ms);
}

// The answer may be known before it is known that the question was sent.
TEST(Tunnel, IsReadyOnlyWhenEverythingIsSent) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    io::SimOptions sim{.seed = seed, .faults = io::SimFaults::only_cuts()};
    sim.faults.late_completion = 500;
    Proxied world("HTTP/1.1 200 OK\r\n\r\n", 5, through("http://user:password@192.0.2.99:3128"), sim);
    EXPECT_FALSE(world.dial().fault) << seed;
  }
}

TEST(Tunnel, CanBeCancelledAtEveryMoment) {
  for (Duration after{}; after < 60ms; after += 1ms) {
    Proxied world("HTTP/1.1 200 OK\r\nVia: 1.1 somewhere\r\n\r\n", 1);
    Outcome out;
    world.dial(out);
    world.run_for(after + 1us);
    if (!out.over) {
      out.upstream->cancel();
      ASSERT_TRUE(world.until([&] { return out.over; }));
      EXPECT_EQ(out.fault, Fault::cancelled);
    }
    EXPECT_LT(world.end(), 10ms);
  }
}

}  // namespace
}  // namespace weir::net::test
