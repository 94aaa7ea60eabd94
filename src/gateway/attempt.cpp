#include "attempt.h"

#include <algorithm>
#include <cstring>

#include "weir/codec/http1_writer.h"

namespace weir::gateway {
namespace {

constexpr std::size_t kCopySmall = 2048;

/// What a request of another dialect carries on: what traces it, who the client says it is, and what it wants of a
/// simulated provider. The client's other fields speak of its own dialect's features, accounts and SDK.
void forward_common_fields(codec::HeadWriter& writer, const codec::RequestHead& head) {
  writer.field("content-type", "application/json");
  for (const Bytes name :
       {Bytes("traceparent"), Bytes("tracestate"), Bytes("user-agent"), Bytes("x-request-id"), Bytes("x-simulate")})
    if (const auto* field = head.find(name)) writer.named_field(name, field->value);
}

}  // namespace

void Attempt::end(const routing::AttemptEnd& end) {
  if (std::exchange(has_ended_, true)) return;
  if (asked_ || end.blame == routing::Blame::misfit)
    ++gateway_.metrics().deployments[cell_].attempts[static_cast<std::size_t>(end.blame)];
  if (!is_tracked_) return;
  routing::AttemptEnd told = end;
  told.ttft_ms = ttft_ms_;
  gateway_.router().end(cell_, told, gateway_.context().loop.now(), pass_);
}

void Attempt::answered() {
  if (!is_tracked_ || has_ended_ || pass_.has_answered) return;
  const Instant now = gateway_.context().loop.now();
  ttft_ms_ = to_ns(now - began_) / 1'000'000;
  gateway_.router().answered(cell_, pass_, ttft_ms_, now);
}

void Attempt::cancel() {
  cancelled_ = true;
  if (lease_) lease_->cancel();
}

io::Task<Result<codec::ResponseHead*>> Attempt::start(AttemptRequest request, const codec::EditList& edits,
                                                      Instant deadline) {
  auto& loop = gateway_.context().loop;
  began_ = loop.now();
  asked_ = true;
  auto& pool = gateway_.pool(provider_index_);
  for (lease_ = pool.reuse();; lease_ = {}) {
    const bool reused = static_cast<bool>(lease_);
    if (reused) {
      record_.connect_ns = 0;
    } else {
      lease_ = pool.fresh();
      const Instant before = loop.now();
      const auto connected = co_await pool.connect(*lease_);
      if (!connected) {
        record_.detail.assign(lease_->tls_reason());
        co_return fail(connected.error());
      }
      record_.connect_ns = to_ns(loop.now() - before);
    }
    record_.connection_reused = lease_->reused();
    lease_->begin_request(request.call.method);
    if (const auto sent = send(request, edits); !sent) co_return fail(sent.error());
    const Instant first_byte = loop.now() + gateway_.context().options.first_byte_timeout;
    const auto head = co_await lease_->read_head(std::min(first_byte, deadline));
    if (head) {
      if (is_tracked_) gateway_.router().hear(cell_, (*head)->field_list, loop.now(), loop.ring().wall());
      co_return head;
    }
    record_.detail.assign(lease_->tls_reason());  // refusals of our certificate come only now
    const bool stale = reused && !lease_->answer_begun() &&
                       (head.error() == Fault::upstream_closed || head.error() == Fault::upstream_reset);
    if (!stale || cancelled_) co_return head;
    // The provider had closed it before it saw the request, so asking again cannot ask twice.
    ++gateway_.metrics().stale_connections;
  }
}

Result<void> Attempt::send(AttemptRequest request, const codec::EditList& edits) {
  io::Chunk staging = gateway_.context().loop.buffers().take();
  if (!staging) return fail(Fault::shed);
  codec::HeadWriter writer(staging.writable());
  gateway_.start_of(provider_index_, pass_.credential).write(writer, request.call);
  if (request.translated) {
    forward_common_fields(writer, request.head);
  } else {
    codec::forward_request_fields(writer, request.head, provider_.headers);
  }
  for (const catalog::DefaultHeader& header : provider_.default_headers)
    if (header.dialect == request.call.dialect && (request.translated || !request.head.find(header.name)))
      writer.named_field(header.name, header.value);
  if (request.call.method == codec::Method::post) writer.content_length(edits.size_after(request.body.size()));
  const auto head = writer.finish();
  if (!head) return fail(head.error());

  // Behind the head, in the same buffer, what is inserted into the body, and pieces of it that are cheaper to copy than
  // to send apart.
  std::size_t begin = 0;
  std::size_t used = head->size();
  std::size_t to_insert = edits.inserted();  // has to find room: it stands nowhere else
  bool fits = true;
  const auto copy = [&](Bytes text) {
    fits &= text.size() <= staging.size() - used;
    if (fits) used += text.copy(staging.writable().data() + used, text.size());
  };
  const auto send_copied = [&] {
    if (used > begin) lease_->send(staging.slice(staging.bytes().substr(begin, used - begin)));
    begin = used;
  };
  edits.for_each_piece(request.body.size(), [&](auto piece) {
    if constexpr (std::is_same_v<decltype(piece), Bytes>) {
      copy(piece);
      to_insert -= piece.size();
    } else {
      request.body.for_each_slice(piece.offset, piece.size, [&](io::Chunk slice) {
        if (slice.size() <= kCopySmall && slice.size() + to_insert <= staging.size() - used) return copy(slice.bytes());
        send_copied();
        lease_->send(std::move(slice));
      });
    }
  });
  send_copied();
  if (!fits) return fail(Fault::head_too_large);
  return {};
}

}  // namespace weir::gateway
