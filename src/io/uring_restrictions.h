// What a ring of weir's may be asked to do: the operations in use, and nothing else.
//
// io_uring reaches most of the kernel past seccomp filters, which see one system call, whatever it submits. So each
// ring is born disabled, is told once what it will ever be used for, and is enabled then (Linux 5.10 and newer; see
// io_uring_register(2), IORING_REGISTER_RESTRICTIONS). Whoever gets to write into its submission queue cannot open a
// file, start a program's file or splice with it.
//
// The tables must hold what uring_ring.cpp prepares; the ring contract runs on a restricted ring, so that a missing
// operation fails there.
#pragma once

#include <liburing.h>

namespace weir::io {

/// Restricts `ring` and enables it. The ring was set up with IORING_SETUP_R_DISABLED, and everything that is registered
/// for good (buffers, its own descriptor) is registered already. Call on the thread that will use it: with
/// IORING_SETUP_SINGLE_ISSUER the one that enables a ring becomes its only issuer.
///
/// False when the kernel refuses to restrict it: then it is enabled all the same, for whatever the kernel can do.
/// `error` is 0, or why the ring could not even be enabled (a positive errno).
bool restrict_and_enable(io_uring& ring, int& error);

}  // namespace weir::io
