// Any bytes as a provider's stream, translated for a client: known frames against read ones. Whole in one piece, frames
// may be recognised from the one before and are then not read; cut within, every frame is read. Both must tell the
// client the same, and end in the same state. The first byte chooses the two dialects.
#include "translation.h"

#include <cstdint>
#include <string>
#include <vector>

#include "unit/gateway/cut_within_frames.h"
#include "weir/base/assert.h"

namespace {

using weir::Bytes;
using weir::dialect::Dialect;
using weir::gateway::Translation;

struct Told {
  std::string out;
  bool failed = false;
  weir::dialect::Usage usage;
  weir::dialect::FinishReason finish{};
};

Told translate(Dialect client, Dialect provider, const std::vector<Bytes>& pieces) {
  Translation translation(client, {.provider = provider, .seed = 7, .now = 1'700'000'000, .model = "m"}, false);
  Told told;
  for (const Bytes piece : pieces) {
    if (piece.empty()) continue;
    weir::net::BodyPart part;
    part.payloads[part.count++] = piece;
    translation.read(part, told.out);
    if (translation.failed() || translation.done()) break;
  }
  if (!translation.failed()) translation.end(told.out);
  told.failed = translation.failed();
  told.usage = translation.decoder().usage();
  told.finish = translation.decoder().finish_reason();
  return told;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto dialects = weir::dialect::kDialects;
  const Dialect provider = dialects[data[0] % dialects.size()];
  const Dialect client = dialects[data[0] / dialects.size() % dialects.size()];
  const Bytes body(reinterpret_cast<const char*>(data) + 1, size - 1);
  // What a stream is, its first bytes say: here only streams of events are cut.
  const std::size_t first = body.find_first_not_of(" \t\r\n");
  if (first == Bytes::npos || body[first] == '{' || body[first] == '[') return 0;
  const Told whole = translate(client, provider, {body});
  const Told ordinary = translate(client, provider, weir::gateway::test::cut_within_frames(body));
  WEIR_ASSERT(whole.out == ordinary.out, "a client gets the same, whatever was recognised");
  WEIR_ASSERT(whole.failed == ordinary.failed && whole.usage == ordinary.usage && whole.finish == ordinary.finish,
              "an answer ends the same");
  return 0;
}
