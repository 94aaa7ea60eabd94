#include "weir/net/downstream.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "weir/tls/layer.h"

namespace weir::net {

using codec::Framing;
using io::Status;

Downstream::Downstream(Context& context, io::Fd fd)
    : io::Socket::Watcher(&on_input), context_(context), socket_(context.loop, fd) {
  socket_.set_write_timeout(context.options.write_timeout);
  socket_.watch(this);
}

Downstream::~Downstream() { release_request(); }

Fault Downstream::fault_of(Status status) const {
  return status == Status::timed_out ? Fault::client_timeout : Fault::client_gone;
}

io::Task<bool> Downstream::secure(const tls::ServerContext& context) {
  TlsCounts& counts = context_.client_tls;
  co_await context_.handshakes.enter();
  auto engine = context.accept();
  Status status = Status::failed;
  if (engine && !socket_.interrupted()) {
    const tls::Engine& made = *engine;
    socket_.secure(std::make_unique<tls::Layer>(loop().buffers(), std::move(engine)));
    status = co_await socket_.handshake(loop().now() + context_.options.handshake_timeout);
    if (status == Status::ok) {
      ++counts.done;
      counts.resumed += made.resumed();
    }
  }
  context_.handshakes.leave();
  counts.failed += status != Status::ok;
  co_return status == Status::ok;
}

// ---- The request.

io::Task<Result<codec::RequestHead*>> Downstream::read_head() {
  WEIR_ASSERT(state_ == State::idle, "a head is read between two exchanges");
  if (stopping_) co_return fail(Fault::client_gone);
  scanner_.reset();
  gathered_.clear();
  // What is known of the last request says nothing about one that cannot be read.
  unread_ = true;
  method_ = codec::Method::get;
  http_1_1_ = true;
  Instant deadline = loop().now() + context_.options.idle_timeout;
  for (;;) {
    waits_for_request_ = gathered_.empty();
    auto received = co_await socket_.receive(deadline);
    waits_for_request_ = false;
    if (received.status != Status::ok) {
      // Between two requests an end or a long silence is nobody's fault.
      if (gathered_.empty()) co_return fail(Fault::client_gone);
      co_return fail(fault_of(received.status));
    }
    const bool first = gathered_.empty();
    if (first) request_started_ = loop().now();
    const std::size_t before = gathered_.size();
    if (!first) gathered_.append(received.chunk.bytes());
    const Bytes bytes = first ? received.chunk.bytes() : Bytes(gathered_);
    const auto place = scanner_.scan(bytes);
    if (!place) co_return fail(place.error());
    if (!*place) {
      if (bytes.size() > context_.options.max_head_bytes) co_return fail(Fault::head_too_large);
      if (first) {
        gathered_.assign(bytes);
        deadline = loop().now() + context_.options.head_timeout;
      }
      continue;
    }
    const std::size_t end = (*place)->end;
    if (end > context_.options.max_head_bytes) co_return fail(Fault::head_too_large);
    io::Chunk rest = received.chunk.slice(received.chunk.bytes().substr(end - before));
    head_chunk_ = std::move(received.chunk);
    head_ = context_.request_heads.take();
    if (const auto parsed = codec::parse_request_head((*place)->of(bytes), *head_); !parsed)
      co_return fail(parsed.error());
    socket_.unread(std::move(rest));
    break;
  }
  method_ = head_->method;
  http_1_1_ = head_->http_1_1;
  keep_alive_ = head_->keep_alive;
  expects_continue_ = head_->expect_continue && head_->http_1_1;
  reader_.begin(head_->framing, head_->content_length);
  unread_ = false;
  state_ = State::head;
  co_return &*head_;
}

io::Task<Result<Body*>> Downstream::read_body() {
  WEIR_ASSERT(state_ == State::head, "a body follows its head, once");
  state_ = State::body;
  const auto& options = context_.options;
  if (reader_.framing() == Framing::length) {
    if (head_->content_length > options.max_body_bytes) co_return fail(Fault::body_too_large);
    if (!context_.body_bytes.reserve(head_->content_length)) co_return fail(Fault::shed);
    reserved_ = head_->content_length;
  }
  if (std::exchange(expects_continue_, false) && !socket_.has_input()) {
    io::Chunk chunk = context_.loop.buffers().take();
    if (!chunk) co_return fail(Fault::shed);
    static constexpr Bytes kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    std::memcpy(chunk.writable().data(), kContinue.data(), kContinue.size());
    chunk.truncate(kContinue.size());
    socket_.send(std::move(chunk));
  }
  while (!reader_.done()) {
    auto received = co_await socket_.receive(loop().now() + options.head_timeout);
    if (received.status != Status::ok) co_return fail(fault_of(received.status));
    io::Chunk rest;
    const auto part = reader_.take(std::move(received.chunk), rest);
    if (!part) co_return fail(part.error());
    socket_.unread(std::move(rest));  // the next request's, whatever becomes of this one
    if (reader_.received() > options.max_body_bytes) co_return fail(Fault::body_too_large);
    if (reader_.received() > reserved_) {  // a chunked body tells its size only as it comes
      const std::size_t more = static_cast<std::size_t>(reader_.received()) - reserved_;
      if (!context_.body_bytes.reserve(more)) co_return fail(Fault::shed);
      reserved_ += more;
    }
    body_.append(context_.loop.buffers(), *part);
  }
  co_return &body_;
}

void Downstream::release_request() {
  head_.reset();
  head_chunk_ = {};
  if (gathered_.capacity() > 64) gathered_ = {};
  body_ = {};
  context_.body_bytes.release(std::exchange(reserved_, 0));
}

// ---- The answer.

Downstream::Answer Downstream::start_head(int status) {
  io::Chunk chunk = context_.loop.buffers().take();
  const MutableBytes memory = chunk.writable();
  Answer answer{std::move(chunk), codec::HeadWriter(memory)};
  answer.writer.status_line(status);
  return answer;
}

void Downstream::begin(Answer& answer) {
  // What was not read of the request would be taken for the next one; reading it away is worth it only when little is
  // left, so the connection ends after this answer.
  if (!reader_.done()) keep_alive_ = false;
  if (stopping_) keep_alive_ = false;
  if (!keep_alive_) {
    answer.writer.field("connection", "close");
  } else if (!http_1_1_) {
    answer.writer.field("connection", "keep-alive");
  }
  state_ = State::answering;
  answer_bytes_ = 0;
  const auto head = answer.writer.finish();
  if (!head) {  // no buffer was left, or the fields did not fit into one
    keep_alive_ = false;
    return abort_answer();
  }
  answer.chunk.truncate(head->size());
  socket_.send(std::move(answer.chunk));
}

void Downstream::begin_sized(Answer answer, std::uint64_t content_length) {
  chunked_ = until_close_ = false;
  answer.writer.content_length(content_length);
  begin(answer);
}

void Downstream::begin_streamed(Answer answer) {
  chunked_ = http_1_1_;
  until_close_ = !chunked_;
  if (chunked_) {
    answer.writer.chunked();
  } else {
    keep_alive_ = false;  // its end is the connection's end
  }
  begin(answer);
}

void Downstream::send(BodyPart&& part) {
  if (state_ != State::answering || !answers_with_body()) return;
  answer_bytes_ += part.size();
  if (chunked_ && part.framed) {
    if (part.last) state_ = State::idle;  // the received chunk holds the terminator as well
    return socket_.send(std::move(part.chunk));
  }
  std::array<io::Chunk, BodyPart::kMaxPayloads> pieces;
  for (std::size_t i = 0; i < part.count; ++i) pieces[i] = part.chunk.slice(part.payloads[i]);
  send_framed({pieces.data(), part.count});
}

void Downstream::send(std::span<io::Chunk> pieces) {
  if (state_ != State::answering || !answers_with_body()) return;
  for (const io::Chunk& piece : pieces) answer_bytes_ += piece.size();
  send_framed(pieces);
}

void Downstream::send_framed(std::span<io::Chunk> pieces) {
  std::size_t total = 0;
  for (const io::Chunk& piece : pieces) total += piece.size();
  if (total == 0) return;  // an empty HTTP chunk would end the body
  io::Chunk end;
  if (chunked_) {
    io::Chunk frame = context_.loop.buffers().take();
    if (!frame) return abort_answer();
    const std::size_t size = codec::write_chunk_header(total, frame.writable().data());
    std::memcpy(frame.writable().data() + size, codec::kChunkEnd.data(), codec::kChunkEnd.size());
    end = frame.slice(frame.bytes().substr(size, codec::kChunkEnd.size()));
    frame.truncate(size);
    socket_.send(std::move(frame));
  }
  for (io::Chunk& piece : pieces) socket_.send(std::move(piece));
  socket_.send(std::move(end));
}

void Downstream::send_text(Bytes text) {
  while (!text.empty()) {
    io::Chunk chunk = context_.loop.buffers().take();
    if (!chunk) return abort_answer();
    const std::size_t size = std::min(text.size(), chunk.size());
    std::memcpy(chunk.writable().data(), text.data(), size);
    chunk.truncate(size);
    send(std::move(chunk));
    text.remove_prefix(size);
  }
}

io::Task<Result<void>> Downstream::room(std::size_t unsent) {
  const Status status = co_await socket_.room(unsent);
  if (status == Status::ok) co_return Result<void>{};
  co_return fail(status == Status::timed_out ? Fault::client_stalled : Fault::client_gone);
}

void Downstream::end_answer() {
  if (state_ != State::answering) return;
  if (chunked_ && answers_with_body()) {
    io::Chunk end = context_.loop.buffers().take();
    if (!end) return abort_answer();
    std::memcpy(end.writable().data(), codec::kLastChunk.data(), codec::kLastChunk.size());
    end.truncate(codec::kLastChunk.size());
    socket_.send(std::move(end));
  }
  state_ = State::idle;
}

void Downstream::answer(int status, Bytes content_type, Bytes body, Bytes extra) {
  Answer answer = start_head(status);
  if (!content_type.empty()) answer.writer.field("content-type", content_type);
  while (!extra.empty()) {
    const std::size_t colon = extra.find(": ");
    const std::size_t end = extra.find("\r\n", colon);
    answer.writer.field(extra.substr(0, colon), extra.substr(colon + 2, end - colon - 2));
    extra.remove_prefix(end + 2);
  }
  begin_sized(std::move(answer), body.size());
  send_text(body);
  end_answer();
}

// ---- The connection.

io::Task<bool> Downstream::next_request() {
  const bool whole = state_ == State::idle;
  if (whole) co_await socket_.room(0);
  release_request();
  // Where only the connection's end ends the answer, an orderly one would make a part look like the whole; and what a
  // client does not read must not stay in the kernel.
  abandoned_ = (!whole && until_close_) || socket_.broken() == Status::timed_out;
  if (!whole || socket_.broken() != Status::ok || socket_.interrupted()) {
    keep_alive_ = false;
    state_ = State::closing;
    co_return false;
  }
  if (!keep_alive_) {
    state_ = State::closing;
    if (unread_ || !reader_.done() || socket_.has_input()) co_await linger();
    co_return false;
  }
  co_return true;
}

io::Task<> Downstream::linger() {
  // Closing with unread input makes TCP reset the connection, and the reset may overtake our answer.
  co_await socket_.say_end();
  socket_.finish();
  const Instant deadline = loop().now() + context_.options.linger_timeout;
  for (;;) {
    const auto received = co_await socket_.receive(deadline);
    if (received.status != Status::ok) co_return;
  }
}

void Downstream::cut() {
  socket_.interrupt(io::Status::cancelled);
  if (on_gone_) std::exchange(on_gone_, nullptr)(gone_object_);
}

void Downstream::stop_after_this() {
  stopping_ = true;
  if (waits_for_request_) cut();  // it has nothing to finish
}

io::Task<> Downstream::close() {
  release_request();
  unwatch();
  co_await socket_.close(abandoned_);
}

void Downstream::watch(void (*on_gone)(void*), void* object) {
  on_gone_ = on_gone;
  gone_object_ = object;
  socket_.arm();
  on_input(*this);  // it may have left already
}

void Downstream::on_input(io::Socket::Watcher& watcher) {
  auto& self = static_cast<Downstream&>(watcher);
  // Data is the next request, sent ahead: it waits. An end or a reset means that the client has left.
  const bool there = self.socket_.input_status() == Status::ok && self.socket_.broken() == Status::ok;
  if (there || !self.on_gone_) return;
  std::exchange(self.on_gone_, nullptr)(self.gone_object_);
}

}  // namespace weir::net
