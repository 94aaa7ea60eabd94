// A restricted ring on the real kernel: what weir uses works (the ring contract runs on one), everything else does not.
#include "uring_restrictions.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>

#include "weir/io/uring_ring.h"

namespace weir::io {
namespace {

struct Restricted {
  explicit Restricted(unsigned flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN) {
    io_uring_params params{};
    params.flags = IORING_SETUP_R_DISABLED | flags;
    EXPECT_EQ(io_uring_queue_init_params(8, &ring, &params), 0);
    EXPECT_TRUE(restrict_and_enable(ring, error));
    EXPECT_EQ(error, 0);
  }
  ~Restricted() { io_uring_queue_exit(&ring); }
  /// The result of one operation.
  int run(void (*prepare)(io_uring_sqe*)) {
    io_uring_sqe* entry = io_uring_get_sqe(&ring);
    prepare(entry);
    io_uring_submit_and_wait(&ring, 1);
    io_uring_cqe* done = nullptr;
    if (io_uring_peek_cqe(&ring, &done) != 0) return -ETIME;
    const int result = done->res;
    io_uring_cqe_seen(&ring, done);
    return result;
  }
  io_uring ring{};
  int error = -1;
};

TEST(UringRestrictions, RefusesWhatIsNotInUse) {
  Restricted restricted;
  EXPECT_EQ(restricted.run([](io_uring_sqe* entry) { io_uring_prep_nop(entry); }), -EACCES);
  EXPECT_EQ(
      restricted.run([](io_uring_sqe* entry) { io_uring_prep_openat(entry, AT_FDCWD, "/etc/passwd", O_RDONLY, 0); }),
      -EACCES);
  EXPECT_EQ(restricted.run([](io_uring_sqe* entry) { io_uring_prep_unlink(entry, "/nothing/there", 0); }), -EACCES);
  EXPECT_EQ(restricted.run([](io_uring_sqe* entry) { io_uring_prep_socket(entry, AF_UNIX, SOCK_STREAM, 0, 0); }),
            -EACCES);
  EXPECT_EQ(restricted.run([](io_uring_sqe* entry) { io_uring_prep_provide_buffers(entry, entry, 1, 1, 0, 0); }),
            -EACCES);
}

TEST(UringRestrictions, RefusesFlagsThatAreNotInUse) {
  Restricted restricted;
  EXPECT_EQ(restricted.run([](io_uring_sqe* entry) {
    io_uring_prep_close(entry, 1000);
    entry->flags |= IOSQE_ASYNC;
  }),
            -EACCES);
}

TEST(UringRestrictions, AllowsWhatIsInUse) {
  Restricted restricted;
  EXPECT_EQ(restricted.run([](io_uring_sqe* entry) { io_uring_prep_close(entry, 100000); }), -EBADF);
  EXPECT_EQ(restricted.run([](io_uring_sqe* entry) { io_uring_prep_poll_add(entry, 100000, POLLIN); }), -EBADF);
  EXPECT_EQ(restricted.run([](io_uring_sqe* entry) { io_uring_prep_cancel(entry, nullptr, 0); }), -ENOENT);
}

TEST(UringRestrictions, NothingIsRegisteredAnyMore) {
  Restricted restricted;
  const int fd = ::eventfd(0, EFD_CLOEXEC);
  EXPECT_EQ(io_uring_register_eventfd(&restricted.ring, fd), -EACCES);
  EXPECT_EQ(io_uring_register_files(&restricted.ring, &fd, 1), -EACCES);
  EXPECT_EQ(io_uring_register_personality(&restricted.ring), -EACCES);
  ::close(fd);
}

TEST(UringRestrictions, TheRingOfAShardIsRestricted) {
  const auto ring = UringRing::open({.submission_entries = 8, .completion_entries = 16, .buffer_entries = 8});
  ASSERT_TRUE(ring) << ring.error();
  EXPECT_TRUE((*ring)->restricted());
}

}  // namespace
}  // namespace weir::io
