#include "weir/net/body_reader.h"

#include <algorithm>
#include <bit>

namespace weir::net {
namespace {

/// Bytes of the plainest framing of one HTTP chunk: its size in hexadecimal and two line ends.
std::size_t plain_framing(std::size_t payload) {
  return (static_cast<std::size_t>(std::bit_width(payload)) + 3) / 4 + 4;
}

}  // namespace

void BodyReader::begin(codec::Framing framing, std::uint64_t content_length) {
  framing_ = framing;
  left_ = content_length;
  received_ = 0;
  chunked_.reset();
  done_ = framing == codec::Framing::none || (framing == codec::Framing::length && content_length == 0);
}

Result<BodyPart> BodyReader::take(io::Chunk chunk, io::Chunk& rest) {
  BodyPart part;
  const Bytes bytes = chunk.bytes();
  if (framing_ == codec::Framing::chunked) {
    if (const Bytes payload = chunked_.whole_chunk(bytes); !payload.empty()) {
      part.payloads[part.count++] = payload;
      part.framed = true;
      received_ += payload.size();
      part.chunk = std::move(chunk);
      return part;
    }
  }
  std::size_t consumed = 0;
  if (framing_ == codec::Framing::chunked) {
    const bool starts_whole = chunked_.between_chunks();
    std::size_t plain = 0;
    while (consumed < bytes.size() && part.count < BodyPart::kMaxPayloads) {
      const auto step = chunked_.next(bytes.substr(consumed));
      if (!step) return fail(step.error());
      consumed += step->consumed;
      if (!step->payload.empty()) {
        part.payloads[part.count++] = step->payload;
        plain += step->payload.size() + plain_framing(step->payload.size());
      }
      if (step->done) {
        done_ = true;
        plain += codec::kLastChunk.size();
        break;
      }
    }
    // Read to the next boundary, so that a part that happens to hold kMaxPayloads whole chunks ends on one.
    if (!done_ && part.count == BodyPart::kMaxPayloads && !chunked_.between_chunks() && consumed < bytes.size()) {
      const auto step = chunked_.next(bytes.substr(consumed, codec::kChunkEnd.size()));
      if (!step) return fail(step.error());
      consumed += step->consumed;
    }
    // Extensions, trailers or unusual sizes would make the sum differ; then the payloads are framed anew.
    part.framed = starts_whole && (done_ || chunked_.between_chunks()) && plain == consumed;
  } else {
    const std::size_t take = framing_ == codec::Framing::length
                                 ? static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()))
                                 : bytes.size();
    consumed = take;
    if (take > 0) part.payloads[part.count++] = bytes.substr(0, take);
    if (framing_ == codec::Framing::length) {
      left_ -= take;
      done_ = left_ == 0;
    }
  }
  part.last = done_;
  received_ += part.size();
  if (consumed < bytes.size()) {
    rest = chunk.slice(bytes.substr(consumed));
    chunk.truncate(consumed);
  }
  part.chunk = std::move(chunk);
  return part;
}

bool BodyReader::end() {
  if (framing_ != codec::Framing::until_close) return false;
  done_ = true;
  return true;
}

}  // namespace weir::net
