// Chunked bodies: payload, end and fault depend on the bytes, never on the cuts. The first byte of the input seeds the
// cuts, the rest is the body.
#include "weir/codec/chunked.h"

#include <cstdint>
#include <string>

#include "weir/base/assert.h"
#include "weir/base/random.h"

namespace {

using namespace weir;
using namespace weir::codec;

struct Outcome {
  std::string payload;
  std::size_t consumed = 0;
  bool done = false;
  bool broken = false;
  bool operator==(const Outcome&) const = default;
};

/// Decodes `body` in pieces whose sizes next_size() gives.
template <class NextSize>
Outcome decode(Bytes body, NextSize next_size) {
  ChunkedDecoder decoder(Sender::client);
  Outcome out;
  std::size_t arrived = 0;
  while (arrived < body.size()) {
    arrived += std::min<std::size_t>(next_size(), body.size() - arrived);
    while (out.consumed < arrived) {
      const Bytes input = body.substr(out.consumed, arrived - out.consumed);
      const ChunkedDecoder before = decoder;
      const auto step = decoder.next(input);
      if (!step) {
        WEIR_ASSERT(step.error() == Fault::chunk_malformed, "another fault than its own");
        out.broken = true;
        out.consumed = 0;  // how far a broken body was read may depend on the cuts
        return out;
      }
      WEIR_ASSERT(step->consumed <= input.size(), "consumed more than there was");
      if (!step->payload.empty()) {
        const Bytes behind(step->payload.data() + step->payload.size(), input.data() + step->consumed);
        WEIR_ASSERT(behind.empty() || behind == codec::kChunkEnd, "something else was consumed behind a payload");
      }
      if (const Bytes whole = before.whole_chunk(input); !whole.empty()) {
        WEIR_ASSERT(step->payload.data() == whole.data() && step->payload.size() == whole.size(), "another payload");
        WEIR_ASSERT(step->consumed == input.size() && decoder.between_chunks(), "a whole chunk is all of its input");
      }
      WEIR_ASSERT(step->done || !step->payload.empty() || step->consumed == input.size(), "a step without progress");
      WEIR_ASSERT(step->done == decoder.done(), "done is told twice and differs");
      out.payload += step->payload;
      out.consumed += step->consumed;
      if (step->done) {
        out.done = true;
        return out;
      }
    }
  }
  return out;
}

/// The payload as one chunk per 100 bytes.
std::string encode(Bytes payload) {
  std::string out;
  while (!payload.empty()) {
    const Bytes chunk = payload.substr(0, 100);
    payload.remove_prefix(chunk.size());
    char header[kMaxChunkHeaderBytes];
    out.append(header, write_chunk_header(chunk.size(), header)).append(chunk).append(kChunkEnd);
  }
  return out.append(kLastChunk);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Bytes body(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Outcome whole = decode(body, [] { return ~std::size_t{0}; });
  WEIR_ASSERT(whole == decode(body, [] { return std::size_t{1}; }), "byte by byte reads something else");
  Random random(data[0]);
  WEIR_ASSERT(whole == decode(body, [&random] { return static_cast<std::size_t>(random.between(1, 9)); }),
              "other cuts read something else");

  const std::string wire = encode(body);
  const Outcome back = decode(wire, [&random] { return static_cast<std::size_t>(random.between(1, 200)); });
  WEIR_ASSERT(back.done && back.payload == body && back.consumed == wire.size(), "decode(encode(x)) is not x");
  return 0;
}
