// Two engines talk to each other over two strings.
#include "weir/tls/engine.h"

#include <deque>

#include "certificates.h"

namespace weir::tls {
namespace {

using test::client_context;
using test::server_context;
using Outcome = Engine::Outcome;

/// One end: an engine, and what is on its way to it.
struct End {
  explicit End(std::unique_ptr<Engine> e) : engine(std::move(e)) {}

  /// Takes the next `most` bytes off the wire when they are wanted.
  bool take(std::size_t most) {
    if (!engine->hungry() || at == wire.size()) return false;
    const std::size_t size = std::min(most, wire.size() - at);
    piece = wire.substr(at, size);
    at += size;
    engine->feed(piece);
    return true;
  }
  void say_to(End& other) {
    other.wire += engine->pending();
    engine->clear_pending();
  }
  void write_to(End& other, Bytes plain) {
    say_to(other);
    std::string record(plain.size() + Engine::kRecordOverhead, '\0');
    const std::size_t size = engine->write(plain, record);
    ASSERT_GT(size, plain.size());
    other.wire += Bytes(record).substr(0, size);
  }
  /// Reads all that is there. The last outcome.
  Outcome read_all(std::size_t most = SIZE_MAX, std::size_t memory = 100) {
    std::string into(memory, '\0');
    for (;;) {
      const auto read = engine->read(into);
      if (read.outcome == Outcome::done) {
        EXPECT_GT(read.size, 0u);
        heard += Bytes(into).substr(0, read.size);
      } else if (read.outcome != Outcome::wants_input || !take(most)) {
        return read.outcome;
      }
    }
  }

  std::unique_ptr<Engine> engine;
  std::string wire;
  std::size_t at = 0;
  std::string piece;
  std::string heard;
};

struct Pair {
  Pair(const ClientContext& c, const ServerContext& s, const std::string& host = "weir.test",
       const Session& session = {})
      : client(c.connect(host, session)), server(s.accept()) {}

  /// Until both are through, or one has failed.
  void shake(std::size_t most = SIZE_MAX) {
    for (int i = 0; i < 100'000; ++i) {
      const Outcome c = step(client, server, most);
      const Outcome s = step(server, client, most);
      if (c == Outcome::failed || s == Outcome::failed) return;
      if (c == Outcome::done && s == Outcome::done) return;
    }
    ADD_FAILURE() << "the handshake never ends";
  }
  static Outcome step(End& self, End& other, std::size_t most) {
    const Outcome outcome = self.engine->handshake();
    self.say_to(other);
    if (outcome == Outcome::wants_input) self.take(most);
    return outcome;
  }

  End client;
  End server;
};

TEST(Engine, ShakesHandsAndTalksInBothDirections) {
  const auto clients = client_context();
  const auto servers = server_context();
  Pair pair(*clients, *servers);
  pair.shake();
  ASSERT_TRUE(pair.client.engine->established() && pair.server.engine->established());
  EXPECT_EQ(pair.client.engine->version(), "TLSv1.3");
  EXPECT_EQ(pair.client.engine->protocol(), "http/1.1");
  EXPECT_EQ(pair.server.engine->protocol(), "http/1.1");

  pair.client.write_to(pair.server, "a question");
  EXPECT_EQ(pair.server.read_all(), Outcome::wants_input);
  EXPECT_EQ(pair.server.heard, "a question");
  const std::string answer(Engine::kMaxRecord, 'a');
  pair.server.write_to(pair.client, answer);
  pair.server.write_to(pair.client, "end");
  EXPECT_EQ(pair.client.read_all(), Outcome::wants_input);
  EXPECT_EQ(pair.client.heard, answer + "end");
}

TEST(Engine, DoesNotDependOnHowTheWireIsCut) {
  const auto clients = client_context();
  const auto servers = server_context();
  for (const std::size_t most : {1, 2, 5, 100, 1000}) {
    Pair pair(*clients, *servers);
    pair.shake(most);
    ASSERT_TRUE(pair.client.engine->established() && pair.server.engine->established()) << most;
    pair.client.write_to(pair.server, "one");
    pair.client.write_to(pair.server, "two");
    EXPECT_EQ(pair.server.read_all(most, 2), Outcome::wants_input);
    EXPECT_EQ(pair.server.heard, "onetwo");
  }
}

TEST(Engine, SendsTicketsRightAfterTheHandshake) {
  const auto clients = client_context();
  const auto servers = server_context();
  Pair pair(*clients, *servers);
  pair.shake();
  EXPECT_LT(pair.client.at, pair.client.wire.size()) << "a ticket is on its way before the first answer";
}

TEST(Engine, ResumesASessionAtAnyServerWithTheSameContext) {
  const auto clients = client_context();
  const auto servers = server_context();
  Session session;
  {
    Pair first(*clients, *servers);
    first.shake();
    EXPECT_EQ(first.client.read_all(), Outcome::wants_input);
    EXPECT_FALSE(first.client.engine->resumed());
    session = first.client.engine->session();
  }
  ASSERT_TRUE(session);
  for (int i = 0; i < 2; ++i) {
    Pair next(*clients, *servers, "weir.test", session);
    next.shake();
    ASSERT_TRUE(next.client.engine->established());
    EXPECT_TRUE(next.client.engine->resumed());
    EXPECT_TRUE(next.server.engine->resumed());
  }
  const auto others = server_context();  // another key for tickets
  Pair strange(*clients, *others, "weir.test", session);
  strange.shake();
  EXPECT_TRUE(strange.client.engine->established());
  EXPECT_FALSE(strange.client.engine->resumed());
}

TEST(Engine, HasNoSessionBeforeTheTicketWasRead) {
  // What wolfSSL gives out then is refused by servers, with an alert: no connection could be made any more.
  const auto clients = client_context();
  const auto servers = server_context();
  Pair pair(*clients, *servers);
  pair.shake();
  ASSERT_TRUE(pair.client.engine->established());
  EXPECT_FALSE(pair.client.engine->session());
  EXPECT_EQ(pair.client.read_all(), Outcome::wants_input);
  EXPECT_TRUE(pair.client.engine->session());
}

TEST(Engine, AResumedSessionIsNoSessionBeforeItsOwnTicket) {
  const auto clients = client_context();
  const auto servers = server_context();
  Session session;
  for (int i = 0; i < 4; ++i) {
    Pair pair(*clients, *servers, "weir.test", session);
    pair.shake();
    ASSERT_TRUE(pair.client.engine->established()) << i << pair.client.engine->reason();
    EXPECT_EQ(pair.client.engine->resumed(), i > 0);
    EXPECT_FALSE(pair.client.engine->session()) << "the ticket is on its way";
    EXPECT_EQ(pair.client.read_all(), Outcome::wants_input);
    session = pair.client.engine->session();
    ASSERT_TRUE(session);
  }
}

TEST(Engine, SaysAndHearsAProperEnd) {
  const auto clients = client_context();
  const auto servers = server_context();
  Pair pair(*clients, *servers);
  pair.shake();
  pair.server.write_to(pair.client, "last words");
  pair.server.engine->end();
  pair.server.say_to(pair.client);
  EXPECT_EQ(pair.client.read_all(SIZE_MAX, 1000), Outcome::ended);
  EXPECT_EQ(pair.client.heard, "last words");
  EXPECT_EQ(pair.client.read_all(), Outcome::ended) << "it stays so";
  pair.client.write_to(pair.server, "one direction only");
  EXPECT_EQ(pair.server.read_all(), Outcome::wants_input);
  EXPECT_EQ(pair.server.heard, "one direction only");
}

TEST(Engine, NoticesAChangedByte) {
  const auto clients = client_context();
  const auto servers = server_context();
  Pair pair(*clients, *servers);
  pair.shake();
  EXPECT_EQ(pair.client.read_all(), Outcome::wants_input);
  pair.server.write_to(pair.client, "good");
  const std::size_t begin = pair.client.wire.size();
  pair.server.write_to(pair.client, "bad");
  pair.client.wire[begin + 7] = static_cast<char>(pair.client.wire[begin + 7] ^ 1);
  EXPECT_EQ(pair.client.read_all(), Outcome::failed);
  EXPECT_EQ(pair.client.heard, "good");
  EXPECT_EQ(pair.client.engine->fault(), Fault::tls_failed);
  EXPECT_FALSE(pair.client.engine->pending().empty()) << "an alert is to be sent";
}

struct BadCertificate {
  const char* chain;
  const char* host;
  Fault fault;
};

TEST(Engine, RefusesACertificateThatProvesNothing) {
  const auto clients = client_context();
  constexpr BadCertificate kCases[] = {
      {"expired.pem", "weir.test", Fault::tls_expired},       {"stranger.pem", "weir.test", Fault::tls_untrusted},
      {"other.pem", "weir.test", Fault::tls_wrong_host},      {"server.pem", "other.test", Fault::tls_wrong_host},
      {"server.pem", "a.b.wild.test", Fault::tls_wrong_host}, {"server.pem", "127.0.0.2", Fault::tls_wrong_host},
      {"server.pem", "::2", Fault::tls_wrong_host},
  };
  for (const BadCertificate& bad : kCases) {
    const auto servers = server_context(bad.chain);
    Pair pair(*clients, *servers, bad.host);
    pair.shake();
    EXPECT_FALSE(pair.client.engine->established()) << bad.chain << " " << bad.host;
    EXPECT_EQ(pair.client.engine->fault(), bad.fault) << bad.chain << " " << bad.host << pair.client.engine->reason();
    EXPECT_FALSE(pair.client.engine->reason().empty());
  }
}

TEST(Engine, AcceptsNamesWildcardsAndAddresses) {
  const auto clients = client_context();
  for (const char* chain : {"server.pem", "rsa.pem"}) {
    const auto servers = server_context(chain, Bytes(chain) == "rsa.pem" ? "rsa.key" : "server.key");
    for (const char* host : {"weir.test", "WEIR.test", "a.wild.test", "127.0.0.1", "::1"}) {
      Pair pair(*clients, *servers, host);
      pair.shake();
      EXPECT_TRUE(pair.client.engine->established() && pair.server.engine->established())
          << chain << " " << host << ": " << pair.client.engine->reason();
    }
  }
}

TEST(Engine, AsksClientsForACertificateWhenTold) {
  const auto servers = server_context("server.pem", "server.key", "root.pem");
  for (const bool shows : {true, false}) {
    const auto clients = client_context(shows);
    Pair pair(*clients, *servers);
    pair.shake();
    EXPECT_EQ(pair.server.engine->established(), shows) << pair.server.engine->reason();
  }
}

TEST(Engine, TurnsAwayWhatIsNoTls) {
  const auto servers = server_context();
  End server(servers->accept());
  server.wire = "GET / HTTP/1.1\r\nhost: weir.test\r\n\r\n";
  EXPECT_EQ(server.engine->handshake(), Outcome::wants_input);
  EXPECT_TRUE(server.take(SIZE_MAX));
  EXPECT_EQ(server.engine->handshake(), Outcome::failed);
  EXPECT_EQ(server.engine->fault(), Fault::tls_failed);
}

TEST(Context, SaysWhatIsWrongWithItsTexts) {
  const auto make = [](const std::string& chain, const std::string& key) {
    auto made = ServerContext::make(
        {.identity = {.chain = chain, .key = Secret(key)}, .client_roots = {}, .ocsp_response = {}});
    return made ? std::string() : made.error();
  };
  const std::string chain = test::text_of("server.pem");
  const std::string key = test::text_of("server.key");
  EXPECT_EQ(make(chain, key), "");
  EXPECT_NE(make("no certificate", key).find("the certificate cannot be read"), std::string::npos);
  EXPECT_NE(make(chain, "no key").find("the private key cannot be read"), std::string::npos);
  EXPECT_EQ(make(chain, test::text_of("client.key")), "the private key is not that of the certificate.");
  EXPECT_EQ(make(chain, "no key").find("no key"), std::string::npos) << "no text of a key is repeated";
  EXPECT_FALSE(ClientContext::make({.roots = "nothing", .identity = {}}));
}

}  // namespace
}  // namespace weir::tls
