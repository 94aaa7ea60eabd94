// A Secret leaves weir only where somebody writes reveal().
// clang-format off
#include "weir/base/secret.h"

#include <ostream>
#include <string>

#include "weir/codec/http1_writer.h"
#include "weir/codec/json_writer.h"

using namespace weir;

[[maybe_unused]] static void use(const Secret& secret, Secret& other, std::ostream& out, std::string& text,
                                 codec::JsonWriter& json, codec::HeadWriter& head) {
  out << secret.reveal();  // right: it says so
  text = secret.reveal();
  json.string(secret.reveal());
  head.field("authorization", {"Bearer ", secret.reveal()});
  other = Secret(std::move(text));
#if MISUSE == 1  // it is not printed: invalid operands to binary expression
  out << secret;
#elif MISUSE == 2  // it becomes no text by itself: no viable (conversion|overloaded)
  text = secret;
#elif MISUSE == 3  // nor by std::to_string: no matching function for call to 'to_string'
  text = std::to_string(secret);
#elif MISUSE == 4  // it is not appended to text: no viable overloaded
  text += secret;
#elif MISUSE == 5  // it becomes no view: no viable conversion
  const Bytes view = secret;
#elif MISUSE == 6  // it is not copied: call to deleted constructor
  const Secret copy = secret;
#elif MISUSE == 7  // it is not assigned from another: overload resolution selected deleted operator
  other = secret;
#elif MISUSE == 8  // it is not compared, in no time at all: invalid operands to binary expression
  if (secret == other) text.clear();
#elif MISUSE == 9  // it is not compared with text: invalid operands to binary expression
  if (secret == text) text.clear();
#elif MISUSE == 10  // no text becomes one by accident: no viable conversion
  const Secret made = text;
#elif MISUSE == 11  // it is not written into JSON: no viable conversion|no matching member function
  json.string(secret);
#elif MISUSE == 12  // it is not written into a head: no matching member function
  head.field("x-debug", secret);
#elif MISUSE == 13  // a view of a dying one is not taken: deleted member function 'reveal'
  const Bytes dangling = Secret(std::string("x")).reveal();
#endif
}
