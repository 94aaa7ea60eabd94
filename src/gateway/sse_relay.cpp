#include "sse_relay.h"

namespace weir::gateway {

SseRelay::Facts SseRelay::read(const net::BodyPart& part) {
  Facts facts;
  if (pieces_) pieces_->pass.clear();
  untouched_ = held_bytes_ == 0 && !ended_;
  for (std::size_t i = 0; i < part.count && !ended_; ++i) {
    const Bytes payload = part.payloads[i];
    std::size_t position = 0;  // everything before it has been dealt with
    std::size_t run = 0;       // start of the bytes to pass on, up to `position`
    // As long as nothing is touched the part itself can be passed on: no slices of it are needed.
    const auto touch = [&] {
      if (!std::exchange(untouched_, false)) return;
      for (std::size_t whole = 0; whole < i; ++whole) pieces().pass.push_back(part.chunk.slice(part.payloads[whole]));
    };
    const auto pass_run = [&] {
      if (!untouched_ && position > run) pieces().pass.push_back(part.chunk.slice(payload.substr(run, position - run)));
    };
    if (std::exchange(ended_in_cr_, false) && payload.starts_with('\n')) {
      // The other half of a CRLF that was cut: it shares the fate of the frame it ends.
      scanner_.find_end(payload.substr(position++, 1));
      owes_line_feed_ = false;
      if (!kept_) {
        touch();
        run = position;
      }
    }
    while (position < payload.size() && !ended_) {
      if (held_bytes_ == 0 && !oversize_) {
        dialect::FrameMemo::New news;
        if (const std::size_t size = memo_.match(payload.substr(position), news)) {  // nearly all of a long answer
          decoder_.repeat(news.text.raw, news.counts);
          scanner_.reset();
          facts.data = facts.content = true;
          facts.malformed = false;
          kept_ = true;
          position += size;
          continue;
        }
      }
      const std::size_t size = scanner_.find_end(payload.substr(position));
      if (size == codec::SseScanner::npos) break;
      const Bytes frame = payload.substr(position, size);
      bool keep = true;
      if (oversize_) {
        end_oversize(frame, facts);
      } else if (held_bytes_ == 0) {
        owes_line_feed_ = frame.ends_with("\n\r");
        keep = inspect(frame, facts);
      } else {
        pieces().cut.append(frame);
        owes_line_feed_ = pieces().cut.ends_with("\n\r");
        keep = inspect(codec::parse_sse_frame(pieces().cut, pieces().scratch), facts);
        take_held(keep);
      }
      ended_in_cr_ = frame.ends_with('\r') && position + size == payload.size();
      owes_line_feed_ &= ended_in_cr_;
      kept_ = keep;
      if (keep) {
        position += size;
      } else {
        touch();
        pass_run();
        position += size;
        run = position;
      }
    }
    if (position < payload.size() || (ended_ && i + 1 < part.count)) touch();
    pass_run();
    if (position < payload.size() && !ended_) hold(part.chunk, payload.substr(position));
  }
  return facts;
}

std::vector<io::Chunk>& SseRelay::pass(const net::BodyPart& part) {
  if (std::exchange(untouched_, false))
    for (std::size_t i = 0; i < part.count; ++i) pieces().pass.push_back(part.chunk.slice(part.payloads[i]));
  return pieces().pass;
}

bool SseRelay::inspect(Bytes frame, Facts& facts) {
  const Bytes line = scanner_.only_line();
  const codec::SseFrame fields =
      line.empty() ? codec::parse_sse_frame(frame, pieces().scratch) : codec::parse_sse_line(line);
  const bool keep = inspect(fields, facts);
  if (!fields.has_data) return keep;
  memo_.forget();
  const dialect::Varying varying = decoder_.varying();
  if (!varying.text.empty() && is_within(varying.text, frame)) memo_.remember(frame, varying);
  return keep;
}

bool SseRelay::inspect(const codec::SseFrame& fields, Facts& facts) {
  if (!fields.has_data) return true;
  const dialect::FrameFacts said = decoder_.tap(fields.data);
  unread_end_ = false;
  facts.data = !fields.data.empty();  // an empty one may be a cut one: some clients stumble over it
  facts.malformed = said.malformed;
  facts.content |= said.content;
  facts.finish |= said.finish;
  if (said.fault) {
    facts.fault = ended_ = true;
    keep_error(fields.data);
  }
  if (said.done) facts.done = ended_ = true;
  return !(withhold_usage_ && said.pure_usage);
}

/// The frame lies in a part, in what was held or in scratch, and stays in none of them.
void SseRelay::keep_error(Bytes payload) {
  Pieces& all = pieces();
  all.error = payload;
  all.report = decoder_.error();
  for (Bytes* const view : {&all.report.code, &all.report.type, &all.report.message})
    if (is_within(*view, payload))
      *view = Bytes(all.error).substr(static_cast<std::size_t>(view->data() - payload.data()), view->size());
}

/// The last piece of an oversize frame, which goes out whatever it says.
void SseRelay::end_oversize(Bytes piece, Facts& facts) {
  copy(piece);
  oversize_ = false;
  memo_.forget();  // the next frame has to be looked at: it ends this one's doubt
  unread_end_ = copied_bytes_ == 0;
  if (unread_end_) return;
  owes_line_feed_ = pieces().cut.ends_with("\n\r");
  inspect(codec::parse_sse_frame(pieces().cut, pieces().scratch), facts);
  forget_copy();
}

void SseRelay::copy(Bytes more) {
  if (copied_bytes_ == 0) return;
  if (copied_bytes_ + more.size() > kMaxReadBytes) {
    forget_copy();
    blind_ = true;
    return;
  }
  pieces().cut.append(more);
  copied_bytes_ += static_cast<std::uint32_t>(more.size());
}

void SseRelay::forget_copy() {
  give_back(pieces().cut);
  copied_bytes_ = 0;
}

void SseRelay::hold(const io::Chunk& chunk, Bytes tail) {
  if (!oversize_ && held_bytes_ + tail.size() <= kMaxHeldBytes) {
    // Drips are copied together: otherwise each piece of a frame would pin a buffer.
    auto& held = pieces().held;
    if (held.empty() || !held.back().append(tail)) held.push_back(chunk.slice(tail));
    held_bytes_ += static_cast<std::uint32_t>(tail.size());
    pieces().cut.append(tail);
    return;
  }
  if (!std::exchange(oversize_, true)) {
    std::string begun = std::move(pieces().cut);
    take_held(true);
    pieces().cut = std::move(begun);
    copied_bytes_ = static_cast<std::uint32_t>(pieces().cut.size());
    // (A frame that begins in this part has nothing held, so it is copied from here on.)
    if (copied_bytes_ == 0) {
      pieces().cut.assign(tail);
      copied_bytes_ = static_cast<std::uint32_t>(tail.size());
    } else {
      copy(tail);
    }
  } else {
    copy(tail);
  }
  pieces().pass.push_back(chunk.slice(tail));
}

void SseRelay::pack_tail(io::Chunk chunk) {
  const std::string& cut = pieces().cut;
  if (chunk.size() < cut.size()) return;
  cut.copy(chunk.writable().data(), cut.size());
  chunk.truncate(cut.size());
  pieces().held.clear();
  pieces().held.push_back(std::move(chunk));
}

void SseRelay::let_go() {
  take_held(true);
  forget_copy();
  oversize_ = blind_ = true;
}

void SseRelay::take_held(bool keep) {
  Pieces& all = pieces();
  if (keep)
    for (io::Chunk& piece : all.held) all.pass.push_back(std::move(piece));
  all.held.clear();
  held_bytes_ = 0;
  if (all.cut.capacity() > 4096) give_back(all.cut);  // what every exchange has reserved may stay
  all.cut.clear();
}

SseRelay::Tail SseRelay::judge_tail() {
  if (blind_) return Tail::meant;
  if (held_bytes_ == 0) return Tail::nothing;
  const codec::SseFrame fields = codec::parse_sse_frame(pieces().cut, pieces().scratch);
  if (!fields.has_data) return Tail::nothing;
  dialect::Decoder decoder(dialect_);  // whether it is believed is decided by finish(), with the relay's own
  const dialect::FrameFacts said = decoder.tap(fields.data);
  if (!said.fault) return said.content || said.done || decoder.complete() ? Tail::meant : Tail::nothing;
  decoder_.tap(fields.data);
  keep_error(fields.data);
  return Tail::fault;
}

bool SseRelay::finish() {
  if (copied_bytes_ > 0) {
    Facts facts;
    inspect(codec::parse_sse_frame(pieces().cut, pieces().scratch), facts);
    forget_copy();
  }
  if (held_bytes_ == 0 || ended_) return false;
  pieces().pass.clear();
  Facts facts;
  // A provider that leaves out the last blank line is believed only if the frame is whole in itself.
  const bool was_complete = decoder_.complete();
  const bool keep = inspect(codec::parse_sse_frame(pieces().cut, pieces().scratch), facts);
  const bool says_something = decoder_.complete() || was_complete || facts.content || facts.fault;
  const bool whole = facts.data && !facts.malformed && says_something;
  take_held(keep && whole);
  return !pieces().pass.empty();
}

}  // namespace weir::gateway
