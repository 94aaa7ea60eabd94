#include "weir/net/dialer.h"

namespace weir::net {
namespace {

Result<void> result_of(io::Status status, bool has_descriptor) {
  switch (status) {
    case io::Status::ok:
      return {};
    case io::Status::timed_out:
      return fail(Fault::connect_timeout);
    case io::Status::cancelled:
      return fail(Fault::cancelled);
    default:
      return fail(has_descriptor ? Fault::connect_failed : Fault::system_limit);
  }
}

}  // namespace

Place Place::of(Resolver& resolver, Bytes host, std::uint16_t port) {
  if (const auto address = io::Address::from_literal(host, port)) return {nullptr, *address, port};
  return {&resolver.name(host), {}, port};
}

io::Task<Result<void>> Dial::run() {
  if (!place_.name) {
    const io::Status status = co_await socket_.connect(place_.address, deadline_);
    co_return result_of(status, socket_.fd().valid());
  }
  wait_.emplace(*place_.name, place_.port, deadline_);
  const auto list = co_await *wait_;
  wait_.reset();
  if (cancelled_) co_return fail(Fault::cancelled);
  if (!list) co_return fail(list.error());
  if (list->count > 1) co_return co_await race(*list);

  const io::Address only = list->all[0];
  auto& record = place_.name->record();
  const io::Status status = co_await socket_.connect(only, deadline_);
  const auto result = result_of(status, socket_.fd().valid());
  if (result) {
    record.on_connected(only);
  } else if (result.error() == Fault::connect_failed || result.error() == Fault::connect_timeout) {
    record.on_failed(only, socket_.loop().now());
  }
  co_return result;
}

io::Task<Result<void>> Dial::race(const AddressList& list) {
  race_.emplace(socket_.loop());
  const io::Status status = co_await race_->run(list.span(), deadline_);
  auto& record = place_.name->record();
  for (std::size_t i = 0; i < list.count; ++i) {
    if (race_->verdict(i) == HappyEyeballs::Verdict::failed) record.on_failed(list.all[i], socket_.loop().now());
    if (race_->verdict(i) == HappyEyeballs::Verdict::connected) record.on_connected(list.all[i]);
  }
  if (status == io::Status::ok) socket_.adopt(race_->take());
  race_.reset();
  co_return result_of(status, status != io::Status::failed);
}

void Dial::cancel() {
  cancelled_ = true;
  if (wait_) wait_->cancel();
  if (race_) race_->cancel();
}

}  // namespace weir::net
