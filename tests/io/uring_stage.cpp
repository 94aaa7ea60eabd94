#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <thread>
#include <utility>

#include "stage.h"

namespace weir::io::test {
namespace {

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

int open_listener(std::uint16_t& port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  WEIR_ASSERT(fd >= 0 && ::bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0 && ::listen(fd, 64) == 0,
              "a loopback listener");
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  port = ntohs(address.sin_port);
  return fd;
}

/// A non-blocking socket that moves whenever the stage pumps.
class SocketPeer final : public Peer {
 public:
  SocketPeer(int fd, bool is_connected) : fd_(fd) { connected = is_connected; }
  ~SocketPeer() override {
    if (fd_ >= 0) ::close(fd_);
  }
  void send(Bytes bytes) override {
    outbox_ += bytes;
    pump();
  }
  void finish() override {
    finishing_ = true;
    pump();
  }
  void reset() override {
    const linger off{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &off, sizeof off);
    ::close(std::exchange(fd_, -1));
  }
  void read_slowly(std::size_t bytes) override { portion_ = bytes; }

  void pump() {
    if (fd_ < 0 || broken) return;
    if (!connected) {
      sockaddr_in address{};
      socklen_t size = sizeof address;
      connected = ::getpeername(fd_, reinterpret_cast<sockaddr*>(&address), &size) == 0;
      if (!connected) return;
    }
    if (!outbox_.empty()) {
      const auto n = ::send(fd_, outbox_.data(), outbox_.size(), MSG_NOSIGNAL);
      if (n > 0) outbox_.erase(0, static_cast<std::size_t>(n));
    }
    if (finishing_ && outbox_.empty()) {
      ::shutdown(fd_, SHUT_WR);
      finishing_ = false;
    }
    char buffer[65536];
    do {
      const auto n = ::recv(fd_, buffer, portion_ == 0 ? sizeof buffer : portion_, 0);
      if (n < 0 && errno == EAGAIN) return;
      if (n < 0) {
        broken = true;
        return;
      }
      if (n == 0) {
        ended = true;  // and stays the answer of recv() even when a reset follows, which only SO_ERROR tells
        int error = 0;
        socklen_t size = sizeof error;
        ::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size);
        broken = error != 0;
        return;
      }
      received.append(buffer, static_cast<std::size_t>(n));
    } while (portion_ == 0);
  }

 private:
  int fd_;
  std::string outbox_;
  bool finishing_ = false;
  std::size_t portion_ = 0;
};

}  // namespace

struct Stage::World {
  std::unique_ptr<UringRing> ring;
  int listener = -1;
  std::FILE* file = nullptr;
  std::vector<std::unique_ptr<SocketPeer>> peers;
  std::vector<Peer*> served;
  std::vector<std::jthread> threads;

  void pump() {
    for (int fd = 0; listener >= 0 && (fd = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK)) >= 0;) {
      peers.push_back(std::make_unique<SocketPeer>(fd, true));
      served.push_back(peers.back().get());
    }
    for (auto& peer : peers) peer->pump();
  }
};

Stage::Stage(const Run& run) : world_(std::make_unique<World>()) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGHUP);
  sigaddset(&signals, SIGINT);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  auto ring = UringRing::open({.submission_entries = std::min(64U, run.completion_entries),
                               .completion_entries = run.completion_entries,
                               .buffer_entries = 64});
  if (!ring) std::fprintf(stderr, "%s\n", ring.error().c_str());
  WEIR_ASSERT(ring, "io_uring is needed here");
  world_->ring = std::move(*ring);
}

Stage::~Stage() {
  world_->threads.clear();
  if (world_->listener >= 0) ::close(world_->listener);
  if (world_->file) std::fclose(world_->file);
}

Ring& Stage::ring() { return *world_->ring; }
std::vector<Peer*>& Stage::served() { return world_->served; }

Address Stage::serve() {
  Address address{.ip = {127, 0, 0, 1}, .port = 0, .v6 = false};
  world_->listener = open_listener(address.port);
  return address;
}

Peer& Stage::dial(const Address& address) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const sockaddr_in to = loopback(address.port);
  const int result = ::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to);
  world_->peers.push_back(std::make_unique<SocketPeer>(fd, result == 0));
  return *world_->peers.back();
}

Address Stage::nobody() {
  Address address{.ip = {127, 0, 0, 1}, .port = 0, .v6 = false};
  ::close(open_listener(address.port));  // the port is free again, and unlikely to be taken within a test
  return address;
}

Fd Stage::open_file() {
  world_->file = std::tmpfile();
  WEIR_ASSERT(world_->file, "a temporary file");
  return Fd{::fcntl(::fileno(world_->file), F_DUPFD_CLOEXEC, 0)};
}

std::string Stage::file_content() {
  std::string content(1 << 16, '\0');
  const auto n = ::pread(::fileno(world_->file), content.data(), content.size(), 0);
  content.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  return content;
}

void Stage::raise_signal(int number) { ::kill(::getpid(), number); }

void Stage::wake_from_outside() {
  world_->threads.emplace_back([ring = world_->ring.get()] {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    ring->wake();
  });
}

void Stage::turn(Instant deadline) {
  world_->ring->turn(deadline);
  world_->pump();
}

bool Stage::until(const std::function<bool()>& condition) {
  const Instant limit = ring().precise_now() + 5s;
  while (!condition()) {
    if (ring().precise_now() >= limit) return false;
    turn(ring().precise_now() + 200us);
  }
  return true;
}

void Stage::idle() {
  for (int i = 0; i < 20; ++i) turn(ring().precise_now() + 1ms);
}

}  // namespace weir::io::test
