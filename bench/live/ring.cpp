#include "ring.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <bit>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

namespace bench {

void die(std::string_view what, int error) {
  std::fprintf(stderr, "bench: %.*s: %s\n", static_cast<int>(what.size()), what.data(), std::strerror(error));
  std::exit(1);
}

std::int64_t now_ns() {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return std::int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
}

Ring::Ring(unsigned entries, unsigned completions) {
  io_uring_params params{};
  params.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_COOP_TASKRUN |
                 IORING_SETUP_SUBMIT_ALL | IORING_SETUP_CQSIZE;
  params.cq_entries = completions;
  if (const int r = io_uring_queue_init_params(entries, &ring_, &params); r < 0) die("io_uring set-up", -r);
  if (const int r = io_uring_register_ring_fd(&ring_); r < 0) die("registering the ring descriptor", -r);
}

Ring::~Ring() { io_uring_queue_exit(&ring_); }

io_uring_sqe* Ring::next(Tag tag) {
  io_uring_sqe* sqe = io_uring_get_sqe(&ring_);
  while (sqe == nullptr) {
    if (const int r = io_uring_submit(&ring_); r < 0 && r != -EINTR && r != -EAGAIN && r != -EBUSY) die("submit", -r);
    sqe = io_uring_get_sqe(&ring_);
  }
  // The prepare functions of liburing leave user_data alone, so it can be set before them.
  io_uring_sqe_set_data64(sqe, tag.pack());
  return sqe;
}

void Ring::turn(std::int64_t wait_ns) {
  int r = 0;
  if (wait_ns < 0) {
    r = io_uring_submit_and_wait(&ring_, 1);
  } else {
    __kernel_timespec t{.tv_sec = wait_ns / 1'000'000'000, .tv_nsec = wait_ns % 1'000'000'000};
    io_uring_cqe* ignored = nullptr;
    r = io_uring_submit_and_wait_timeout(&ring_, &ignored, 1, &t, nullptr);
  }
  if (r < 0 && r != -EINTR && r != -ETIME && r != -EAGAIN && r != -EBUSY) die("enter", -r);
}

BufferGroup::BufferGroup(Ring& ring, unsigned count, unsigned bytes)
    : count_(std::bit_ceil(count)), bytes_(bytes), mask_(io_uring_buf_ring_mask(std::bit_ceil(count))) {
  const auto map = [](std::size_t size) {
    void* at = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED) die("memory for receive buffers", errno);
    return at;
  };
  memory_ = static_cast<char*>(map(std::size_t{count_} * bytes_));
  ring_ = static_cast<io_uring_buf_ring*>(map(count_ * sizeof(io_uring_buf)));
  io_uring_buf_reg reg{};
  reg.ring_addr = reinterpret_cast<std::uint64_t>(ring_);
  reg.ring_entries = count_;
  reg.bgid = kGroup;
  if (const int r = io_uring_register_buf_ring(ring.raw(), &reg, 0); r < 0) die("registering receive buffers", -r);
  io_uring_buf_ring_init(ring_);
  for (unsigned id = 0; id < count_; ++id) give_back(static_cast<std::uint16_t>(id));
}

BufferGroup::~BufferGroup() {
  munmap(ring_, count_ * sizeof(io_uring_buf));
  munmap(memory_, std::size_t{count_} * bytes_);
}

void BufferGroup::prepare_receive(io_uring_sqe* sqe, int fd, bool multishot, bool poll_first) {
  if (multishot) {
    io_uring_prep_recv_multishot(sqe, fd, nullptr, 0, 0);
  } else {
    io_uring_prep_recv(sqe, fd, nullptr, 0, 0);
  }
  sqe->flags |= IOSQE_BUFFER_SELECT;
  sqe->buf_group = kGroup;
  if (poll_first) sqe->ioprio |= IORING_RECVSEND_POLL_FIRST;
}

static sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

int new_socket() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) die("socket", errno);
  set_nodelay(fd);
  return fd;
}

void set_nodelay(int fd, bool on) {
  const int value = on ? 1 : 0;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &value, sizeof value);
}

int listen_on(std::uint16_t port) {
  const int fd = new_socket();
  const int one = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  const sockaddr_in address = loopback(port);
  if (bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) die("bind", errno);
  if (listen(fd, 4096) != 0) die("listen", errno);
  return fd;
}

void set_receive_buffer(int fd, int bytes) { setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes); }
void set_send_buffer(int fd, int bytes) { setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes); }

int connect_to(std::uint16_t port, int receive_buffer) {
  const int fd = new_socket();
  if (receive_buffer != 0) set_receive_buffer(fd, receive_buffer);
  const sockaddr_in address = loopback(port);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) die("connect", errno);
  return fd;
}

void allow_many_descriptors() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace bench
