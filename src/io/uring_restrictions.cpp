#include "uring_restrictions.h"

#include <array>

namespace weir::io {
namespace {

constexpr std::array kOperations = {
    IORING_OP_ACCEPT, IORING_OP_CONNECT,      IORING_OP_RECV,     IORING_OP_RECVMSG,
    IORING_OP_SEND,   IORING_OP_SENDMSG,      IORING_OP_READ,      // signals and wakes
    IORING_OP_WRITE,                                               // the access log
    IORING_OP_CLOSE,  IORING_OP_ASYNC_CANCEL, IORING_OP_POLL_ADD,  // the sockets of the resolver
};

/// Only what taking a ring down needs: nothing is registered any more after its start.
constexpr std::array kRegistrations = {IORING_UNREGISTER_PBUF_RING, IORING_UNREGISTER_RING_FDS};

constexpr unsigned kEntryFlags = IOSQE_BUFFER_SELECT | IOSQE_CQE_SKIP_SUCCESS;

}  // namespace

bool restrict_and_enable(io_uring& ring, int& error) {
  std::array<io_uring_restriction, kOperations.size() + kRegistrations.size() + 1> rules{};
  std::size_t count = 0;
  for (const auto operation : kOperations) {
    rules[count].opcode = IORING_RESTRICTION_SQE_OP;
    rules[count++].sqe_op = static_cast<__u8>(operation);
  }
  for (const auto registration : kRegistrations) {
    rules[count].opcode = IORING_RESTRICTION_REGISTER_OP;
    rules[count++].register_op = static_cast<__u8>(registration);
  }
  rules[count].opcode = IORING_RESTRICTION_SQE_FLAGS_ALLOWED;
  rules[count++].sqe_flags = static_cast<__u8>(kEntryFlags);

  const bool restricted = io_uring_register_restrictions(&ring, rules.data(), static_cast<unsigned>(count)) == 0;
  error = -io_uring_enable_rings(&ring);
  if (error < 0) error = 0;
  return restricted;
}

}  // namespace weir::io
