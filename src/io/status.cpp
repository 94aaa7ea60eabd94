#include "weir/io/status.h"

#include <cerrno>

namespace weir::io {

Status status_from(int negated_errno) {
  switch (-negated_errno) {
    case 0:
      return Status::ok;
    case ECONNRESET:
    case ECONNABORTED:
    case EPIPE:
    case ENETRESET:
      return Status::reset;
    case ECONNREFUSED:
    case EHOSTUNREACH:
    case ENETUNREACH:
    case EHOSTDOWN:
    case ENETDOWN:
    case EADDRNOTAVAIL:
    case EACCES:
    case EPERM:
      return Status::refused;
    case ETIMEDOUT:
      return Status::timed_out;
    case ECANCELED:
      return Status::cancelled;
    default:
      return Status::failed;
  }
}

}  // namespace weir::io
