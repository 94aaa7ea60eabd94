#include "weir/io/uring_ring.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <ctime>

#include "uring_restrictions.h"

namespace weir::io {
namespace {

constexpr std::uint16_t kBufferGroup = 0;

std::int64_t read_clock(clockid_t id) {
  timespec time{};
  clock_gettime(id, &time);
  return static_cast<std::int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

Instant monotonic() { return Instant(Duration(read_clock(CLOCK_MONOTONIC))); }

socklen_t to_system(const Address& address, sockaddr_storage& out) {
  std::memset(&out, 0, sizeof out);
  if (address.v6) {
    auto& in6 = reinterpret_cast<sockaddr_in6&>(out);
    in6.sin6_family = AF_INET6;
    in6.sin6_port = htons(address.port);
    std::memcpy(&in6.sin6_addr, address.ip.data(), 16);
    return sizeof in6;
  }
  auto& in4 = reinterpret_cast<sockaddr_in&>(out);
  in4.sin_family = AF_INET;
  in4.sin_port = htons(address.port);
  std::memcpy(&in4.sin_addr, address.ip.data(), 4);
  return sizeof in4;
}

Address from_system(const sockaddr_storage& in) {
  Address address;
  if (in.ss_family == AF_INET6) {
    const auto& in6 = reinterpret_cast<const sockaddr_in6&>(in);
    address.v6 = true;
    address.port = ntohs(in6.sin6_port);
    std::memcpy(address.ip.data(), &in6.sin6_addr, 16);
  } else if (in.ss_family == AF_INET) {
    const auto& in4 = reinterpret_cast<const sockaddr_in&>(in);
    address.port = ntohs(in4.sin_port);
    std::memcpy(address.ip.data(), &in4.sin_addr, 4);
  }
  return address;
}

int open_tcp(bool v6) {
  // Deliberately blocking: with O_NONBLOCK io_uring answers -EAGAIN instead of waiting for readiness itself.
  const int fd = ::socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);  // accepted sockets inherit it from their listener
  return fd;
}

std::string explain_setup_failure(int error) {
  switch (error) {
    case EPERM:
    case EACCES:
    case ENOSYS:
      return "io_uring is not available (" + std::string(std::strerror(error)) +
             "). In a container the default seccomp profile blocks it (Docker 25 and newer): allow io_uring_setup, "
             "io_uring_enter and io_uring_register. On the host, check that `sysctl kernel.io_uring_disabled` is 0.";
    case ENOMEM:
      return "the kernel refused the ring's memory. Raise the locked-memory limit (`ulimit -l`, LimitMEMLOCK= in "
             "systemd) or configure fewer shards.";
    case EMFILE:
    case ENFILE:
      return "no file descriptor left for the ring. Raise `ulimit -n` (LimitNOFILE= in systemd).";
    case EINVAL:
      return "this kernel's io_uring lacks what weir needs; Linux 6.1 or newer is required.";
    default:
      return std::string("io_uring could not be set up: ") + std::strerror(error);
  }
}

}  // namespace

static_assert(sizeof(Piece) == sizeof(iovec) && offsetof(Piece, size) == offsetof(iovec, iov_len));
static_assert(sizeof(Space) == sizeof(iovec) && offsetof(Space, size) == offsetof(iovec, iov_len));

struct UringRing::Scratch {
  std::size_t messages_used = 0;
  std::size_t pieces_used = 0;
  std::size_t addresses_used = 0;
  std::array<msghdr, kScratch> messages;
  std::array<iovec, kScratch * 8> pieces;
  std::array<sockaddr_storage, 64> addresses;

  void reset() { messages_used = pieces_used = addresses_used = 0; }
  bool holds(std::size_t n) const { return messages_used < messages.size() && pieces_used + n <= pieces.size(); }
};

UringRing::UringRing(const RingOptions& options) : options_(options) {}

std::expected<std::unique_ptr<UringRing>, std::string> UringRing::open(const RingOptions& options) {
  std::unique_ptr<UringRing> self(new UringRing(options));
  io_uring_params params{};
  params.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_COOP_TASKRUN |
                 IORING_SETUP_SUBMIT_ALL | IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP | IORING_SETUP_R_DISABLED;
  params.cq_entries = options.completion_entries;
  if (const int error = io_uring_queue_init_params(options.submission_entries, &self->ring_, &params); error < 0) {
    self->ring_.ring_fd = -1;
    return std::unexpected(explain_setup_failure(-error));
  }
  io_uring_register_ring_fd(&self->ring_);  // saves a descriptor look-up per enter; works without, too

  int error = 0;
  self->buffers_ = io_uring_setup_buf_ring(&self->ring_, options.buffer_entries, kBufferGroup, 0, &error);
  if (!self->buffers_) return std::unexpected(explain_setup_failure(-error));
  self->buffer_entries_ = options.buffer_entries;
  self->buffer_mask_ = static_cast<unsigned>(io_uring_buf_ring_mask(options.buffer_entries));
  self->restricted_ = restrict_and_enable(self->ring_, error);
  if (error != 0) return std::unexpected(explain_setup_failure(error));

  self->wake_fd_ = ::eventfd(0, EFD_CLOEXEC);
  if (self->wake_fd_ < 0) return std::unexpected(explain_setup_failure(errno));
  self->scratch_ = std::make_unique<Scratch>();
  self->now_ = monotonic();
  return self;
}

UringRing::~UringRing() {
  if (ring_.ring_fd < 0) return;
  if (buffers_) io_uring_free_buf_ring(&ring_, buffers_, buffer_entries_, kBufferGroup);
  io_uring_queue_exit(&ring_);
  if (wake_fd_ >= 0) ::close(wake_fd_);
  if (signal_fd_ >= 0) ::close(signal_fd_);
}

Instant UringRing::precise_now() const { return monotonic(); }
WallTime UringRing::wall() const {
  if (now_ >= wall_again_) {
    wall_offset_ns_ = read_clock(CLOCK_REALTIME) - to_ns(now_.time_since_epoch());
    wall_again_ = now_ + kWallEvery;
  }
  return {to_ns(now_.time_since_epoch()) + wall_offset_ns_};
}

std::uint64_t UringRing::random_seed() {
  std::uint64_t seed = 0;
  if (::getrandom(&seed, sizeof seed, 0) != sizeof seed) seed = static_cast<std::uint64_t>(read_clock(CLOCK_REALTIME));
  return seed;
}

Result<Fd> UringRing::listen(const Address& address, int backlog) {
  const int fd = open_tcp(address.v6);
  if (fd < 0) return fail(Fault::system_limit);
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  // Bytes that a client's window does not let out wait in weir, where they are counted and stop the provider's read.
  // The kernel would take up to tcp_wmem (4 MB) for every reader that stalls. Accepted sockets inherit it.
  if (const int most = options_.unsent_bytes; most > 0)
    ::setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &most, sizeof most);
  sockaddr_storage storage;
  const socklen_t size = to_system(address, storage);
  if (::bind(fd, reinterpret_cast<sockaddr*>(&storage), size) != 0 || ::listen(fd, backlog) != 0) {
    ::close(fd);
    return fail(Fault::connect_failed);
  }
  return Fd{fd};
}

Address UringRing::local_address(Fd fd) const {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  ::getsockname(fd.value, reinterpret_cast<sockaddr*>(&storage), &size);
  return from_system(storage);
}

Address UringRing::peer_address(Fd fd) const {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  ::getpeername(fd.value, reinterpret_cast<sockaddr*>(&storage), &size);
  return from_system(storage);
}

Result<Fd> UringRing::open_stream(const Address& peer) {
  const int fd = open_tcp(peer.v6);
  if (fd < 0) return fail(Fault::system_limit);
  if (const int most = options_.unread_bytes; most > 0) ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &most, sizeof most);
  return Fd{fd};
}

void UringRing::acknowledge(Fd fd) {
  constexpr int kOn = 1;
  ::setsockopt(fd.value, IPPROTO_TCP, TCP_QUICKACK, &kOn, sizeof kOn);
}
void UringRing::finish(Fd fd) { ::shutdown(fd.value, SHUT_WR); }
void UringRing::shutdown(Fd fd) { ::shutdown(fd.value, SHUT_RDWR); }

void UringRing::close(Fd fd) {
  io_uring_sqe& entry = next_entry();
  io_uring_prep_close(&entry, fd.value);
  entry.flags |= IOSQE_CQE_SKIP_SUCCESS;
}

void UringRing::abandon(Fd fd) {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(fd.value, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close(fd);
}

void UringRing::accept(Op& op, Fd fd) {
  io_uring_prep_multishot_accept(&next_entry(op), fd.value, nullptr, nullptr, SOCK_CLOEXEC);
  op.start();
}

void UringRing::connect(Op& op, Fd fd, const Address& peer) {
  if (scratch_->addresses_used == scratch_->addresses.size()) flush();
  io_uring_sqe& entry = next_entry(op);  // may flush, which empties the scratch: take the place after it
  sockaddr_storage& storage = scratch_->addresses[scratch_->addresses_used++];
  io_uring_prep_connect(&entry, fd.value, reinterpret_cast<sockaddr*>(&storage), to_system(peer, storage));
  op.start();
}

void UringRing::receive(Op& op, Fd fd) {
  io_uring_sqe& entry = next_entry(op);
  io_uring_prep_recv(&entry, fd.value, nullptr, 0, 0);
  entry.flags |= IOSQE_BUFFER_SELECT;
  entry.buf_group = kBufferGroup;
  op.start();
}

template <class Part>
msghdr* UringRing::message_of(std::span<const Part> parts) {
  iovec* copy = &scratch_->pieces[scratch_->pieces_used];
  std::memcpy(static_cast<void*>(copy), parts.data(), parts.size_bytes());
  scratch_->pieces_used += parts.size();
  msghdr& message = scratch_->messages[scratch_->messages_used++];
  message = {};
  message.msg_iov = copy;
  message.msg_iovlen = parts.size();
  return &message;
}

void UringRing::receive_into(Op& op, Fd fd, std::span<const Space> spaces) {
  WEIR_ASSERT(!spaces.empty() && spaces.size() <= kMaxPieces, "a receive has 1 to kMaxPieces spaces");
  if (!scratch_->holds(spaces.size())) flush();
  io_uring_sqe& entry = next_entry(op);  // may flush, which empties the scratch
  io_uring_prep_recvmsg(&entry, fd.value, message_of(spaces), 0);
  op.start();
}

void UringRing::send(Op& op, Fd fd, std::span<const Piece> pieces) {
  WEIR_ASSERT(!pieces.empty() && pieces.size() <= kMaxPieces, "a send has 1 to kMaxPieces pieces");
  if (pieces.size() == 1) {
    io_uring_prep_send(&next_entry(op), fd.value, pieces[0].data, pieces[0].size, MSG_NOSIGNAL);
  } else {
    if (!scratch_->holds(pieces.size())) flush();
    io_uring_sqe& entry = next_entry(op);
    io_uring_prep_sendmsg(&entry, fd.value, message_of(pieces), MSG_NOSIGNAL);
  }
  op.start();
}

void UringRing::write(Op& op, Fd fd, std::span<const Piece> pieces) {
  WEIR_ASSERT(pieces.size() == 1, "a write has one piece");
  io_uring_prep_write(&next_entry(op), fd.value, pieces[0].data, static_cast<unsigned>(pieces[0].size),
                      static_cast<std::uint64_t>(-1));
  op.start();
}

void UringRing::poll(Op& op, Fd fd, unsigned events) {
  io_uring_prep_poll_add(&next_entry(op), fd.value, events);
  op.start();
}

void UringRing::watch_signals(Op& op) {
  if (signal_fd_ < 0) {
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, signal);
    signal_fd_ = ::signalfd(-1, &set, SFD_CLOEXEC);
  }
  signal_op_ = &op;
  io_uring_prep_read(&next_entry(op), signal_fd_, signal_record_.data(), static_cast<unsigned>(signal_record_.size()),
                     0);
  op.start();
}

void UringRing::watch_wakes(Op& op) {
  io_uring_prep_read(&next_entry(op), wake_fd_, &wake_count_, sizeof wake_count_, 0);
  op.start();
}

void UringRing::cancel(Op& op) {
  if (!op.in_flight()) return;
  io_uring_sqe& entry = next_entry();
  io_uring_prep_cancel(&entry, &op, 0);
  entry.flags |= IOSQE_CQE_SKIP_SUCCESS;
}

void UringRing::wake() {
  const std::uint64_t one = 1;
  // Fails only when 2^64-2 wakes are pending, in which case the shard is awake anyway.
  [[maybe_unused]] const auto written = ::write(wake_fd_, &one, sizeof one);
}

void UringRing::provide(std::uint16_t id, MutableBytes memory) {
  io_uring_buf_ring_add(buffers_, memory.data(), static_cast<unsigned>(memory.size()), id,
                        static_cast<int>(buffer_mask_), provided_now_++);
}

io_uring_sqe& UringRing::next_entry() {
  io_uring_sqe* entry = io_uring_get_sqe(&ring_);
  if (!entry) {
    flush();
    entry = io_uring_get_sqe(&ring_);
    WEIR_ASSERT(entry, "a flushed submission queue has room");
  }
  entry->user_data = 0;
  return *entry;
}

io_uring_sqe& UringRing::next_entry(Op& op) {
  io_uring_sqe& entry = next_entry();
  io_uring_sqe_set_data(&entry, &op);
  return entry;
}

void UringRing::flush() {
  io_uring_submit(&ring_);
  scratch_->reset();
}

void UringRing::turn(Instant deadline) {
  if (provided_now_ > 0) {
    io_uring_buf_ring_advance(buffers_, provided_now_);
    provided_now_ = 0;
  }
  // What did not fit is kept by the kernel (NODROP) and moves up when the ring is entered; until then the flag stands.
  overflows_ += io_uring_cq_has_overflow(&ring_);
  io_uring_cqe* entry = nullptr;
  if (deadline <= now_) {
    io_uring_submit_and_get_events(&ring_);
  } else if (deadline == kNever) {
    io_uring_submit_and_wait(&ring_, 1);
  } else {
    const std::int64_t wait = to_ns(deadline - now_);
    __kernel_timespec timeout{.tv_sec = wait / 1'000'000'000, .tv_nsec = wait % 1'000'000'000};
    io_uring_submit_and_wait_timeout(&ring_, &entry, 1, &timeout, nullptr);
  }
  scratch_->reset();
  now_ = monotonic();

  unsigned head = 0;
  unsigned seen = 0;
  io_uring_for_each_cqe(&ring_, head, entry) {
    ++seen;
    auto* op = static_cast<Op*>(io_uring_cqe_get_data(entry));
    if (!op) continue;  // a close or a cancel that failed: nobody waits for it
    Completion completion{
        .op = op, .result = entry->res, .buffer = -1, .more = (entry->flags & IORING_CQE_F_MORE) != 0};
    if (entry->flags & IORING_CQE_F_BUFFER)
      completion.buffer = static_cast<int>(entry->flags >> IORING_CQE_BUFFER_SHIFT);
    if (op == signal_op_ && completion.result >= static_cast<int>(sizeof(signalfd_siginfo)))
      completion.result = static_cast<int>(reinterpret_cast<const signalfd_siginfo*>(signal_record_.data())->ssi_signo);
    op->deliver(completion);
  }
  io_uring_cq_advance(&ring_, seen);
}

}  // namespace weir::io
