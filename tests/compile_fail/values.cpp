// Values that are not mistaken for others.
// clang-format off
#include "weir/base/fault.h"
#include "weir/base/time.h"
#include "weir/codec/http1_writer.h"
#include "weir/control/config.h"
#include "weir/io/fd.h"

using namespace weir;

[[maybe_unused]] static Result<int> ask() { return 1; }
[[maybe_unused]] static void let_go(io::Fd) {}

[[maybe_unused]] static void use(Instant now, WallTime wall, const control::Config& config,
                                 const admission::KeyTable& keys, codec::HeadWriter& head, Bytes name) {
  const Instant later = now + 5s;
  let_go(io::Fd{3});
  if (const auto answer = ask(); answer) let_go(io::Fd{*answer});
  head.field("x-request-id", name);
  head.named_field(name, "1");
#if MISUSE == 1  // a number is no duration: no viable conversion|cannot convert
  const Duration wait = 5;
#elif MISUSE == 2  // two moments have no sum: invalid operands to binary expression
  const auto sum = now + later;
#elif MISUSE == 3  // the wall clock is no deadline: invalid operands to binary expression
  if (now < wall) let_go(io::Fd{1});
#elif MISUSE == 4  // nobody but the ring has a clock: no member named 'now'
  const Instant mine = RingClock::now();
#elif MISUSE == 5  // a number is no descriptor: no viable conversion|no matching function
  let_go(3);
#elif MISUSE == 6  // what may have failed is not used as if it had not: no viable conversion
  const int value = ask();
#elif MISUSE == 7  // a configuration holds credentials and is not copied: call to (implicitly-)?deleted
  const control::Config copy = config;
#elif MISUSE == 8  // nor is the table of keys: call to (implicitly-)?deleted
  const admission::KeyTable copy = keys;
#elif MISUSE == 9  // the name of a field is one that HTTP allows: is not a constant expression
  head.field("x request id", "1");
#elif MISUSE == 10  // one that came from somewhere is checked: no matching member function
  head.field(name, "1");
#endif
}
