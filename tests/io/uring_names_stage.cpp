#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <map>

#include "names_stage.h"

namespace weir::io::test {
namespace {

constexpr int kTypeA = 1;
constexpr int kTypeAaaa = 28;
enum class Mood { answers, fails, silent };

void put16(std::string& out, unsigned value) {
  out.push_back(static_cast<char>(value >> 8));
  out.push_back(static_cast<char>(value));
}

/// A name server as RFC 1035 has it, for one question in one datagram.
class DnsServer {
 public:
  DnsServer() {
    fd_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    sockaddr_in own{};
    own.sin_family = AF_INET;
    own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof own;
    WEIR_ASSERT(fd_ >= 0 && ::bind(fd_, reinterpret_cast<sockaddr*>(&own), size) == 0, "a loopback datagram socket");
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&own), &size);
    address = {.ip = {127, 0, 0, 1}, .port = ntohs(own.sin_port), .v6 = false};
  }
  ~DnsServer() { ::close(fd_); }

  void pump() {
    char buffer[512];
    for (;;) {
      sockaddr_storage from{};
      socklen_t size = sizeof from;
      const auto n = ::recvfrom(fd_, buffer, sizeof buffer, 0, reinterpret_cast<sockaddr*>(&from), &size);
      if (n < 17) return;
      const std::string answer = answer_to(Bytes(buffer, static_cast<std::size_t>(n)));
      if (mood != Mood::silent)
        ::sendto(fd_, answer.data(), answer.size(), 0, reinterpret_cast<sockaddr*>(&from), size);
    }
  }

  Address address;
  Mood mood = Mood::answers;
  std::map<std::string, std::vector<NameAddress>> known;

 private:
  std::string answer_to(Bytes question) const {
    std::string host;
    std::size_t at = 12;
    while (at < question.size() && question[at] != 0) {
      const auto length = static_cast<std::size_t>(question[at]);
      host += (host.empty() ? "" : ".") + std::string(question.substr(at + 1, length));
      at += length + 1;
    }
    const int type = question[at + 2];
    const auto entry = known.find(host);
    std::string records;
    unsigned count = 0;
    if (entry != known.end() && mood == Mood::answers)
      for (const NameAddress& one : entry->second) {
        if (type != (one.address.v6 ? kTypeAaaa : kTypeA)) continue;
        ++count;
        put16(records, 0xc00c);  // the question's name
        put16(records, static_cast<unsigned>(type));
        put16(records, 1);
        put16(records, 0);
        put16(records, static_cast<unsigned>(to_ms(one.ttl) / 1000));
        const std::size_t length = one.address.v6 ? 16 : 4;
        put16(records, static_cast<unsigned>(length));
        records.append(reinterpret_cast<const char*>(one.address.ip.data()), length);
      }
    const unsigned code = mood == Mood::fails ? 2 : entry == known.end() ? 3 : 0;
    std::string answer(question.substr(0, 2));
    put16(answer, 0x8180 | code);
    put16(answer, 1);
    put16(answer, count);
    put16(answer, 0);
    put16(answer, 0);
    answer += question.substr(12, at + 5 - 12);
    return answer + records;
  }

  int fd_ = -1;
};

std::unique_ptr<UringRing> open_ring() {
  auto ring = UringRing::open({.submission_entries = 64, .completion_entries = 512, .buffer_entries = 64});
  if (!ring) std::fprintf(stderr, "%s\n", ring.error().c_str());
  WEIR_ASSERT(ring, "io_uring is needed here");
  return *std::move(ring);
}

NameOptions options_for(const Address& server) {
  NameOptions options = quick_options();
  options.servers = {server};
  return options;
}

}  // namespace

struct NamesStage::World {
  DnsServer server;
  std::unique_ptr<UringRing> ring = open_ring();
  Loop loop{*ring, BufferOptions{.buffers = 64, .window = 8, .reserve = 8}};
  Names names{loop, options_for(server.address)};
  Scope scope;
};

NamesStage::NamesStage() : world_(std::make_unique<World>()) {}
NamesStage::~NamesStage() { close(); }
Loop& NamesStage::loop() { return world_->loop; }
Names& NamesStage::names() { return world_->names; }

void NamesStage::know(const std::string& host, std::vector<NameAddress> addresses) {
  world_->server.known[host] = std::move(addresses);
}
void NamesStage::fail() { world_->server.mood = Mood::fails; }
void NamesStage::fall_silent() { world_->server.mood = Mood::silent; }

void NamesStage::turn() {
  Timer soon([](Timer&) {});
  world_->loop.timers().set(soon, world_->loop.now() + 1ms);  // the server lives in this thread
  world_->loop.turn();
  world_->server.pump();
}
bool NamesStage::until(const std::function<bool()>& condition) {
  const Instant limit = world_->ring->precise_now() + 5s;
  while (!condition()) {
    if (world_->ring->precise_now() >= limit) return false;
    turn();
  }
  return true;
}
void NamesStage::close() {
  world_->scope.spawn(world_->names.close());
  until([this] { return world_->scope.running() == 0; });
}

}  // namespace weir::io::test
