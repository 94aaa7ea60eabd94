// time() and gettimeofday() for this program, in place of the C library's: wolfSSL asks them, and nothing else here
// does. In a world that speaks TLS they give its virtual time.
#include <sys/time.h>

#include <ctime>

#include "tls_side.h"

namespace weir::sim {
namespace {
const io::SimNetwork* clock_of = nullptr;

std::int64_t unix_ns() {
  if (clock_of) return clock_of->wall().unix_ns;
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return now.tv_sec * std::int64_t{1'000'000'000} + now.tv_nsec;
}
}  // namespace

void set_virtual_clock(const io::SimNetwork* network) { clock_of = network; }

}  // namespace weir::sim

extern "C" time_t time(time_t* out) noexcept {
  const time_t now = weir::sim::unix_ns() / 1'000'000'000;
  if (out) *out = now;
  return now;
}

extern "C" int gettimeofday(timeval* __restrict out, void* __restrict) noexcept {
  const std::int64_t now = weir::sim::unix_ns();
  out->tv_sec = now / 1'000'000'000;
  out->tv_usec = now / 1000 % 1'000'000;
  return 0;
}
