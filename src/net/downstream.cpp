#include "weir/net/downstream.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "weir/tls/layer.h"

namespace weir::net {

using codec::Framing;
using io::Status;

namespace {
constexpr std::size_t kFreeHead = 4096;     // of a head that comes in pieces
constexpr std::size_t kCopyFrame = 4096;    // payloads up to this size are copied behind the framing we put around them
constexpr std::size_t kRequestBuffers = 2;  // the client's head, the provider's head
}  // namespace

Downstream::Downstream(Context& context, io::Fd fd)
    : io::Socket::Watcher(&on_input),
      context_(context),
      socket_(context.loop, fd),
      request_memory_(context.loop.memory(), io::MemoryLedger::Use::request),
      answer_memory_(context.loop.memory(), io::MemoryLedger::Use::answer),
      held_memory_(context.loop.memory(), io::MemoryLedger::Use::held) {
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
  codec::HeadScanner scanner(codec::Sender::client);
  gathered_.clear();
  // What is known of the last request says nothing about one that cannot be read.
  unread_ = true;
  method_ = codec::Method::get;
  http_1_1_ = true;
  Instant deadline = loop().now() + context_.options.idle_timeout;
  io::MemoryLedger::Hold gathered_memory(context_.loop.memory(), io::MemoryLedger::Use::head);
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
    // A few hundred bytes more are within what every connection costs; what grows beyond them is reserved.
    if (before > kFreeHead && !gathered_memory.grow_to(2 * (before + received.chunk.size())))
      co_return fail(Fault::shed);
    if (!first) gathered_.append(received.chunk.bytes());
    const Bytes bytes = first ? received.chunk.bytes() : Bytes(gathered_);
    const auto place = scanner.scan(bytes);
    if (!place) co_return fail(place.error());
    if (!*place) {
      if (bytes.size() > context_.options.max_head_bytes) co_return fail(Fault::head_too_large);
      if (first) {
        gathered_.assign(bytes);
        deadline = loop().now() + context_.options.head_timeout;
        loop().ring().acknowledge(socket_.fd());
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

bool Downstream::admit() {
  return answer_memory_.grow_to(memory_of(1)) && request_memory_.grow_to(memory_of(kRequestBuffers));
}

Instant Downstream::body_deadline(Instant started) const {
  const auto& options = context_.options;
  const auto earned = static_cast<std::int64_t>(reader_.received() * 1'000'000'000 / options.min_body_rate);
  return std::min(started + options.body_timeout + Duration(earned), request_started_ + options.total_timeout);
}

io::Task<Result<void>> Downstream::read_body(Body& body) {
  WEIR_ASSERT(state_ == State::head, "a body follows its head, once");
  state_ = State::body;
  const auto& options = context_.options;
  const std::size_t buffer_bytes = context_.loop.buffers().buffer_bytes();
  if (reader_.framing() == Framing::length) {
    if (head_->content_length > options.max_body_bytes) co_return fail(Fault::body_too_large);
    // A body that came with its head lies in the head's buffer.
    const std::size_t more = socket_.holds(head_->content_length)
                                 ? 0
                                 : Body::most_memory(static_cast<std::size_t>(head_->content_length), buffer_bytes);
    if (!request_memory_.grow_to(memory_of(kRequestBuffers) + more)) co_return fail(Fault::shed);
  }
  if (std::exchange(expects_continue_, false) && !socket_.has_input()) {
    io::Chunk chunk = context_.loop.buffers().take();
    if (!chunk) co_return fail(Fault::shed);
    static constexpr Bytes kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    std::memcpy(chunk.writable().data(), kContinue.data(), kContinue.size());
    chunk.truncate(kContinue.size());
    socket_.send(std::move(chunk));
  }
  const Instant started = loop().now();
  bool acknowledged = false;
  while (!reader_.done()) {
    // A client that has left Nagle's algorithm on and writes head and body apart sends the body only when the head is
    // acknowledged, which the kernel likes to do 40 ms later.
    if (!acknowledged && !socket_.has_input()) {
      acknowledged = true;
      loop().ring().acknowledge(socket_.fd());
    }
    // A byte now and then does not extend the time: what has come must have come at a rate.
    const Instant deadline = body_deadline(started);
    if (loop().now() >= deadline) co_return fail(Fault::client_timeout);
    // A large body is received into many buffers at once; its memory was asked for above. Never beyond its end: what
    // follows is the next request.
    if (reader_.framing() == Framing::length) socket_.expect(head_->content_length - reader_.received());
    auto received = co_await socket_.receive(deadline);
    if (received.status != Status::ok) co_return fail(fault_of(received.status));
    io::Chunk rest;
    const auto part = reader_.take(std::move(received.chunk), rest);
    if (!part) co_return fail(part.error());
    socket_.unread(std::move(rest));  // the next request's, whatever becomes of this one
    if (reader_.received() > options.max_body_bytes) co_return fail(Fault::body_too_large);
    if (reader_.framing() != Framing::length) {  // a chunked body tells its size only as it comes
      const std::size_t whole = Body::most_memory(static_cast<std::size_t>(reader_.received()), buffer_bytes);
      if (!request_memory_.grow_to(memory_of(kRequestBuffers) + whole)) co_return fail(Fault::shed);
    }
    body.append(context_.loop.buffers(), *part);
  }
  socket_.expect(0);
  co_return Result<void>{};
}

void Downstream::release_request() {
  head_.reset();
  head_chunk_ = {};
  if (gathered_.capacity() > 64) give_back(gathered_);
  const bool admitted = request_memory_.bytes() > 0;
  request_memory_.shrink_to(0);
  // The request has let go of as much as the answer needs now, so this cannot fail.
  if (admitted) answer_memory_.grow_to(memory_of(kAnswerBuffers));
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
  if (!chunked_) {
    for (io::Chunk& piece : pieces) socket_.send(std::move(piece));
    return;
  }
  io::Chunk frame = context_.loop.buffers().take();
  if (!frame) return abort_answer();
  char* const memory = frame.writable().data();
  std::size_t size = codec::write_chunk_header(total, memory);
  if (total <= kCopyFrame && total <= frame.size() / 2) {
    // Small pieces go into one buffer with their framing: for a slow client that holds less than each in its own.
    for (io::Chunk& piece : pieces) {
      std::memcpy(memory + size, piece.bytes().data(), piece.size());
      size += piece.size();
      piece = {};
    }
    std::memcpy(memory + size, codec::kChunkEnd.data(), codec::kChunkEnd.size());
    frame.truncate(size + codec::kChunkEnd.size());
    return socket_.send(std::move(frame));
  }
  std::memcpy(memory + size, codec::kChunkEnd.data(), codec::kChunkEnd.size());
  io::Chunk end = frame.slice(frame.bytes().substr(size, codec::kChunkEnd.size()));
  frame.truncate(size);
  socket_.send(std::move(frame));
  for (io::Chunk& piece : pieces) socket_.send(std::move(piece));
  socket_.send(std::move(end));
}

void Downstream::send_text(Bytes text) {
  if (state_ != State::answering || !answers_with_body()) return;
  const std::size_t framing = chunked_ ? codec::kMaxChunkHeaderBytes + codec::kChunkEnd.size() : 0;
  while (!text.empty()) {
    io::Chunk chunk = context_.loop.buffers().take();
    if (!chunk) return abort_answer();
    char* const memory = chunk.writable().data();
    const std::size_t size = std::min(text.size(), chunk.size() - framing);
    std::size_t end = chunked_ ? codec::write_chunk_header(size, memory) : 0;
    std::memcpy(memory + end, text.data(), size);
    end += size;
    if (chunked_) {
      std::memcpy(memory + end, codec::kChunkEnd.data(), codec::kChunkEnd.size());
      end += codec::kChunkEnd.size();
    }
    chunk.truncate(end);
    answer_bytes_ += size;
    socket_.send(std::move(chunk));
    text.remove_prefix(size);
  }
}

bool Downstream::has_credit(std::size_t queued) {
  if (socket_.broken() != Status::ok || memory_of(queued) > context_.options.credit_bytes) return false;
  return held_memory_.grow_to(memory_of(queued - kFreeBuffers));
}

io::Task<Result<void>> Downstream::room(std::size_t unsent) {
  const Status status = co_await socket_.room(unsent);
  if (status == Status::ok) co_return Result<void>{};
  co_return fail(status == Status::timed_out ? Fault::client_stalled : Fault::client_gone);
}

io::Task<Result<void>> Downstream::catch_up() {
  // Half of the credit, so that one wait lets several parts through; down to nothing when memory is what is missing.
  for (std::size_t unsent = context_.options.credit_bytes / 2;; unsent /= 4) {
    const auto there = co_await room(unsent);
    if (!there || has_room()) co_return there;
  }
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
    answer.writer.named_field(extra.substr(0, colon), extra.substr(colon + 2, end - colon - 2));
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
  if (socket_.unsent_bytes() == 0) {
    answer_memory_.shrink_to(0);
    held_memory_.shrink_to(0);
  }
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
  answer_memory_.shrink_to(0);
  held_memory_.shrink_to(0);
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
