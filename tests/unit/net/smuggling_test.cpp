// The corpus of tests/smuggling/shapes.txt, judged by codec and net: every shape as one piece and byte by byte.
#include "smuggling/shapes.h"

#include <gtest/gtest.h>

#include <optional>

#include "unit/io/sim_world.h"
#include "unit/net/source_root.h"
#include "weir/io/scope.h"
#include "weir/net/body_reader.h"
#include "weir/net/server.h"

namespace weir::net {
namespace {

constexpr Bytes kBody = R"({"model":"test-model","messages":[{"role":"user","content":"Hello?"}]})";
constexpr Bytes kEvilBody = R"({"model":"test-model","messages":[{"role":"user","content":"smuggled"}]})";
constexpr Bytes kJson = R"({"id":"good"})";

std::vector<smuggling::Shape> shapes(bool requests) {
  const auto words = smuggling::words("k", std::string(kBody), std::string(kEvilBody), std::string(kJson));
  auto all = smuggling::read(std::string(WEIR_SOURCE_ROOT) + "/tests/smuggling/shapes.txt", words);
  std::erase_if(all, [requests](const smuggling::Shape& shape) { return shape.is_request != requests; });
  return all;
}

/// Stands where gateway stands: reads the bodies of what asks for chat, answers everything, and keeps the bodies.
class Recorder final : public Handler {
 public:
  io::Task<> handle(Downstream& downstream, codec::RequestHead& head) override {
    const bool is_chat = head.method == codec::Method::post && head.target.starts_with("/v1/chat/completions");
    if (is_chat) {
      Body body;
      const auto read = co_await downstream.read_body(body);
      if (!read) co_return refuse(downstream, read.error());
      bodies.emplace_back(body.contiguous(scratch_));
    }
    downstream.release_request();
    downstream.answer(200, "text/plain", "good");
  }
  void refuse(Downstream& downstream, Fault fault) override {
    downstream.answer(row(fault).status, "text/plain", row(fault).name);
  }
  std::vector<std::string> bodies;

 private:
  std::string scratch_;
};

/// A server with one client, and what the client saw.
struct Line : io::test::SimWorld {
  explicit Line(const io::SimOptions& options) : SimWorld(options), context(loop, {}), server(context, recorder) {
    const auto address = *io::Address::parse("127.0.0.1:8080");
    listener.emplace(loop, *ring.listen(address, 16), [this](io::Fd fd) { server.serve(fd); });
    peer = &network.connect(address);
    peer->on_data = [this](io::SimPeer&, Bytes bytes) { received += bytes; };
    peer->on_end = [this](io::SimPeer&) { ended = true; };
    peer->on_reset = [this](io::SimPeer&) { was_reset = true; };
    peer->on_writable = [this](io::SimPeer&) { push(); };
    EXPECT_TRUE(until([this] { return peer->connected(); }));
  }
  ~Line() {
    scope.spawn(end(*this));
    EXPECT_TRUE(until([this] { return scope.running() == 0; }));
    peer->on_data = nullptr;
    peer->on_end = peer->on_reset = peer->on_writable = nullptr;
  }
  static io::Task<> end(Line& line) {
    co_await line.listener->close();
    line.server.stop();
    line.server.cut();
    co_await line.server.drained();
  }
  void push() { to_write.erase(0, peer->write(to_write)); }
  void send(Bytes bytes) {
    to_write += bytes;
    push();
    run_for(5s);  // longer than a server lingers, shorter than any other time-out
  }
  /// "200", or the status and the fault; what weir said so far.
  std::vector<std::string> answers(bool to_head) const {
    std::vector<std::string> out;
    for (Bytes rest = received; !rest.empty();) {
      const std::size_t head_end = rest.find("\r\n\r\n");
      if (!rest.starts_with("HTTP/1.1 ") || head_end == Bytes::npos) return {"no HTTP: " + received};
      const Bytes head = rest.substr(0, head_end + 2);
      std::string verdict(rest.substr(9, 3));
      rest.remove_prefix(head_end + 4);
      if (verdict == "100") continue;
      constexpr Bytes kLength = "content-length: ";
      const std::size_t at = head.find(kLength);
      if (at == Bytes::npos) return {"no length: " + received};
      const Bytes digits = head.substr(at + kLength.size());
      const std::uint64_t length = to_head ? 0 : *parse_decimal(digits.substr(0, digits.find('\r')));
      if (verdict != "200") verdict.append(" ").append(rest.substr(0, length));
      rest.remove_prefix(length);
      out.push_back(verdict);
    }
    return out;
  }

  Recorder recorder;
  Context context;
  Server server;
  std::optional<Listener> listener;
  io::Scope scope;
  io::SimPeer* peer = nullptr;
  std::string to_write;
  std::string received;
  bool ended = false;
  bool was_reset = false;
};

void judge_request(const smuggling::Shape& shape, std::size_t segment) {
  SCOPED_TRACE(shape.name + ", in pieces of " + std::to_string(segment));
  io::SimOptions options;
  options.link.segment = segment;
  Line line(options);
  line.send(shape.bytes);

  std::vector<std::string> wanted(shape.verdict.begin(), shape.verdict.end() - 1);
  std::vector<std::string> got = line.answers(shape.bytes.starts_with("HEAD"));
  const bool is_above = wanted.back().ends_with(" above");  // then gateway decides about the connection
  std::size_t chats = 0;
  for (std::string& answer : wanted) {
    chats += answer == "200";
    if (answer.ends_with(" local") || answer.ends_with(" above")) answer = "200";
  }
  EXPECT_EQ(got, wanted);
  std::size_t chats_seen = 0;
  for (const std::string& body : line.recorder.bodies) chats_seen += body == kBody || body == kEvilBody;
  if (!is_above) EXPECT_EQ(chats_seen, chats);
  EXPECT_FALSE(line.was_reset);
  if (is_above) return;
  EXPECT_EQ(line.ended ? "close" : "keep", shape.verdict.back());
  if (shape.verdict.back() != "keep") return;
  line.send("GET /next HTTP/1.1\r\nHost: weir.test\r\n\r\n");
  wanted.push_back("200");
  EXPECT_EQ(line.answers(false), wanted);
}

TEST(Smuggling, EveryRequestGetsItsVerdict) {
  const auto all = shapes(true);
  EXPECT_GE(all.size(), 120u);
  for (const auto& shape : all) {
    ASSERT_GE(shape.verdict.size(), 2u) << shape.name;
    judge_request(shape, 16 << 10);
    judge_request(shape, 1);
  }
}

/// What becomes of a provider's bytes: the verdict, and whether the connection may be used again.
std::vector<std::string> judge_answer(io::test::SimWorld& world, Bytes bytes, std::size_t segment, bool finishes) {
  codec::HeadScanner scanner(codec::Sender::provider);
  codec::ResponseHead head;
  const auto failed = [](Fault fault) {
    return std::vector<std::string>{std::to_string(row(fault).status) + " " + std::string(row(fault).name), "fresh"};
  };
  std::size_t begin = 0;
  std::size_t arrived = 0;
  for (;;) {
    if (arrived == bytes.size()) return failed(Fault::upstream_closed);
    arrived = std::min(bytes.size(), arrived + segment);
    bool again = true;
    while (again) {  // several heads may have come at once
      again = false;
      const auto place = scanner.scan(bytes.substr(begin, arrived - begin));
      if (!place) return failed(place.error());
      if (!*place) break;
      const auto parsed = codec::parse_response_head((*place)->of(bytes.substr(begin)), codec::Method::post, head);
      if (!parsed) return failed(parsed.error());
      begin += (*place)->end;
      if (!head.is_interim()) goto body;
      scanner.reset();
      again = true;
    }
  }
body:
  if (head.status >= 300) return {"502 upstream_redirect", "fresh"};  // gateway's rule, and it reads no body
  BodyReader reader(codec::Sender::provider);
  reader.begin(head.framing, head.content_length);
  std::string body;
  io::Chunk rest;
  while (!reader.done() && begin < bytes.size()) {
    const std::size_t size = std::min({segment, bytes.size() - begin, std::size_t{4096}});
    io::Chunk chunk = world.chunk(bytes.substr(begin, size));
    begin += size;
    while (chunk && !reader.done()) {
      auto part = reader.take(std::move(chunk), rest);
      if (!part) return failed(part.error());
      for (std::size_t i = 0; i < part->count; ++i) body += part->payloads[i];
      chunk = std::move(rest);
    }
    rest = std::move(chunk);
  }
  const bool surplus = rest || begin < bytes.size();
  if (!reader.done() && !(finishes && reader.end())) return failed(Fault::upstream_closed);
  if (body != kJson) return {"another body: " + body, ""};
  const bool reuse = head.keep_alive && !surplus && reader.framing() != codec::Framing::until_close;
  return {"200", reuse ? "reuse" : "fresh"};
}

TEST(Smuggling, EveryAnswerGetsItsVerdict) {
  const auto all = shapes(false);
  EXPECT_GE(all.size(), 40u);
  for (const auto& shape : all) {
    ASSERT_GE(shape.verdict.size(), 2u) << shape.name;
    const bool finishes = shape.verdict.size() == 3;
    const std::vector<std::string> wanted(shape.verdict.begin(), shape.verdict.begin() + 2);
    io::test::SimWorld world;
    for (const std::size_t segment : {std::size_t{16} << 10, std::size_t{7}, std::size_t{1}})
      EXPECT_EQ(judge_answer(world, shape.bytes, segment, finishes), wanted) << shape.name << ", pieces of " << segment;
  }
}

}  // namespace
}  // namespace weir::net
