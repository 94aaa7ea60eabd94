// bench_load: the client of the bench. One thread, one ring, three ways of asking:
//   closed  C connections ask again as soon as they have an answer; for cost, never for latency
//   open    requests start on a fixed timetable; latency counts from the timetable, so waiting is not forgotten
//   stream  S streams are held at once; each content frame tells its own transit time
//           with --stalled nobody reads until the window is over; then each stream is read to its end, once
// Every answer is compared with the expected one; the first wrong byte (with --meaning, the first word that is not as
// it was sent) ends the run with a failure.
//
// Talk with tools/bench over stdin and stdout, one JSON line per event: `ready` after the warm-up, then one line on
// stdin starts the measured window; `done` when it is over; `result` when every stream has been read to its end.
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cinttypes>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "histogram.h"
#include "http.h"
#include "load_options.h"
#include "ring.h"
#include "stream_check.h"
#include "tls.h"
#include "wire.h"

namespace {

using bench::Completion;
using Options = bench::LoadOptions;
using bench::LoadMode;
using bench::Tag;

constexpr std::int64_t kMilli = 1'000'000;
constexpr std::int64_t kSecond = 1'000'000'000;

enum Op : std::uint8_t { kReceive, kSend, kGo };
enum class Phase { warm, ready, measuring, draining };

struct Connection {
  int fd = -1;
  bool asking = false;
  std::unique_ptr<bench::TlsSession> tls;
  std::string_view outgoing;    // the request as it goes onto the wire
  std::size_t first_write = 0;  // bytes of it that go alone
  std::size_t sent = 0;
  std::uint32_t chunks = 0;       // content frames expected
  std::int64_t scheduled_at = 0;  // when the request should have started
  bool answered = false;          // first byte of body seen
  bench::AnswerReader reader;
  bench::StreamCheck stream;
  std::string body;
};

class Load {
 public:
  explicit Load(const Options& options)
      : options_(options),
        streaming_(options.mode == LoadMode::stream || options.sse),
        ring_(8192, 65536),
        buffers_(ring_, 1024, 16384),
        frame_(static_cast<std::size_t>(options.chunk_bytes)),
        random_(1),
        requests_({.port = static_cast<std::uint16_t>(options.port),
                   .key = options.key,
                   .headers = options.headers,
                   .model = options.model,
                   .body_bytes = static_cast<std::size_t>(options.body_bytes),
                   .stream = streaming_,
                   .include_usage = options.include_usage}) {
    if (streaming_) {
      hashes_ = bench::stream_hashes(frame_, static_cast<std::uint32_t>(options.chunks), options.include_usage);
    }
    if (!options.tls_root.empty()) tls_ = bench::TlsContext::client(options.tls_root, options.tls_name);
    for (std::int64_t i = 0; i < options.connections; ++i) {
      connections_.emplace_back();
      open_connection(static_cast<std::uint32_t>(i));
    }
  }

  [[noreturn]] void run() {
    begin_warm_up();
    for (;;) {
      ring_.turn(std::clamp<std::int64_t>(next_wake_ - bench::now_ns(), 0, kSecond));
      ring_.drain([this](const Completion& c) { handle(c); });
      const std::int64_t now = bench::now_ns();
      next_wake_ = now + kSecond;
      keep_timetable(now);
      change_phase(now);
      const bool reading = phase_ != Phase::ready && (!options_.stalled || phase_ == Phase::draining);
      if (reading && now - progress_at_ > 15 * kSecond) fail("no answer for 15 s");
    }
  }

 private:
  // ---- connections ----

  void open_connection(std::uint32_t slot) {
    Connection& connection = connections_[slot];
    connection.stream = bench::StreamCheck(options_.meaning);
    connection.fd = bench::connect_to(static_cast<std::uint16_t>(options_.port), options_.stalled ? 4096 : 0);
    if (options_.nagle) bench::set_nodelay(connection.fd, false);
    if (tls_) {
      connection.tls = std::make_unique<bench::TlsSession>(*tls_);
      connection.tls->shake_hands(connection.fd);
    }
    if (!options_.stalled) arm_receive(connection, slot);
    idle_.push_back(slot);
  }

  /// A server may close a connection that it has not used for a while (some gateways do after 5 s).
  void reopen(std::uint32_t slot) {
    close(connections_[slot].fd);
    std::erase(idle_, slot);
    open_connection(slot);
    ++reopened_;
  }

  void arm_receive(const Connection& connection, std::uint32_t slot) {
    bench::BufferGroup::prepare_receive(ring_.next(Tag{kReceive, slot}), connection.fd, true, true);
  }

  void ask(std::uint32_t slot, std::int64_t scheduled_at, std::uint32_t chunks) {
    Connection& connection = connections_[slot];
    connection.asking = true;
    connection.sent = 0;
    connection.chunks = chunks;
    connection.scheduled_at = scheduled_at;
    connection.answered = false;
    connection.reader.begin();
    connection.stream.begin();
    connection.body.clear();
    prepare(connection, requests_.asking_for(chunks));
    send_rest(connection, slot);
    ++asked_;
    ++asking_;
  }

  void prepare(Connection& connection, const bench::Request& request) const {
    connection.outgoing = request.text;
    connection.first_write = options_.two_writes ? request.head_bytes : request.text.size();
    if (!connection.tls) return;
    std::string& cipher = connection.tls->out();
    cipher.clear();
    connection.tls->send(connection.outgoing.substr(0, connection.first_write));
    const std::string_view rest = connection.outgoing.substr(connection.first_write);
    connection.first_write = cipher.size();
    if (!rest.empty()) connection.tls->send(rest);
    connection.outgoing = cipher;
  }

  void send_rest(const Connection& connection, std::uint32_t slot) {
    std::string_view rest = connection.outgoing.substr(connection.sent);
    if (connection.sent < connection.first_write) rest = rest.substr(0, connection.first_write - connection.sent);
    io_uring_prep_send(ring_.next(Tag{kSend, slot}), connection.fd, rest.data(), rest.size(),
                       MSG_NOSIGNAL | MSG_WAITALL);
  }

  void handle(const Completion& c) {
    if (c.tag.op == kGo) return begin_window();
    Connection& connection = connections_[c.tag.slot];
    if (c.tag.op == kReceive) return on_receive(connection, c);
    if (c.result <= 0) fail("send failed", -c.result);
    connection.sent += static_cast<std::size_t>(c.result);
    if (connection.sent < connection.outgoing.size()) send_rest(connection, c.tag.slot);
  }

  void on_receive(Connection& connection, const Completion& c) {
    if (c.result == 0 && !connection.asking) return reopen(c.tag.slot);
    if (c.result == 0) fail("the other side closed a connection");
    if (c.result < 0 && c.result != -ENOBUFS) fail("receive failed", -c.result);
    if (c.result > 0) {
      const std::string_view bytes{buffers_.data(c.buffer), static_cast<std::size_t>(c.result)};
      const auto plain = [&](std::string_view part) { take(connection, c.tag.slot, part); };
      if (!connection.tls) {
        plain(bytes);
      } else if (!connection.tls->receive(bytes, plain)) {
        fail("not the TLS that was agreed");
      }
      buffers_.give_back(c.buffer);
    }
    if (!c.more) arm_receive(connection, c.tag.slot);
  }

  // ---- answers ----

  void take(Connection& connection, std::uint32_t slot, std::string_view bytes) {
    if (!connection.asking) fail("bytes that nobody asked for");
    const std::int64_t now = bench::now_ns();
    progress_at_ = now;
    const std::size_t used = connection.reader.feed(bytes, [&](std::string_view part) {
      if (!connection.answered) {
        connection.answered = true;
        if (phase_ == Phase::measuring) first_.add(now - connection.scheduled_at);
      }
      if (!streaming_) {
        connection.body.append(part);
        return;
      }
      connection.stream.feed(part, frame_, [&](std::int64_t clock_ns) {
        if (phase_ != Phase::measuring) return;
        transit_.add(now - clock_ns);
      });
    });
    if (connection.reader.broken()) fail("answer is not HTTP/1.1 as expected:\n" + connection.reader.head());
    if (!connection.reader.complete()) return;
    if (used != bytes.size()) fail("bytes after the end of an answer");
    check(connection);
    if (phase_ == Phase::measuring) whole_.add(now - connection.scheduled_at);
    connection.asking = false;
    --asking_;
    ++answers_;
    idle_.push_back(slot);
    if (options_.mode == LoadMode::closed) ask_closed(now);
  }

  void check(const Connection& connection) {
    if (connection.reader.status() != 200) {
      fail("status " + std::to_string(connection.reader.status()) + ": " + connection.body.substr(0, 300));
    }
    if (!streaming_) {
      if (options_.meaning ? !bench::means_the_same(connection.body)
                           : connection.body != bench::completion_document()) {
        fail("answer differs: " + connection.body.substr(0, 300));
      }
      return;
    }
    if (connection.stream.contents() != connection.chunks) {
      fail("stream of " + std::to_string(connection.chunks) + " content frames had " +
           std::to_string(connection.stream.contents()));
    }
    if (!connection.stream.whole_frames()) fail("stream ended inside a frame");
    const bool same =
        options_.meaning ? connection.stream.meaning_kept() : connection.stream.hash() == hashes_[connection.chunks];
    if (!same) fail("a frame was lost, added or changed");
    ++streams_checked_;
  }

  // ---- timetable ----

  void ask_closed(std::int64_t now) {
    if (left_ == 0 || idle_.empty()) return;
    --left_;
    const std::uint32_t slot = idle_.back();
    idle_.pop_back();
    ask(slot, now, full_chunks());
  }

  void keep_timetable(std::int64_t now) {
    if (options_.mode == LoadMode::open && (phase_ == Phase::warm || phase_ == Phase::measuring)) keep_arrivals(now);
    if (options_.mode == LoadMode::stream &&
        (phase_ == Phase::warm || phase_ == Phase::ready || phase_ == Phase::measuring)) {
      keep_streams(now);
    }
  }

  /// Arrivals with exponential gaps (a fixed seed: the same timetable for every ruler); one that finds no free
  /// connection waits in line with its time running.
  void keep_arrivals(std::int64_t now) {
    for (; arrival_at_ <= now && arrival_at_ < window_end_; arrival_at_ += next_gap()) waiting_.push_back(arrival_at_);
    while (!waiting_.empty() && !idle_.empty()) {
      const std::uint32_t slot = idle_.back();
      idle_.pop_back();
      ask(slot, waiting_.front(), full_chunks());
      waiting_.pop_front();
    }
    next_wake_ = std::min(next_wake_, arrival_at_ < window_end_ ? arrival_at_ : std::max(window_end_, now + kMilli));
  }

  std::int64_t next_gap() {
    const double unit = std::generate_canonical<double, 32>(random_);
    return static_cast<std::int64_t>(-std::log1p(-unit) * static_cast<double>(kSecond) /
                                     static_cast<double>(options_.rate));
  }

  /// Every connection holds a stream. The first ones start over the ramp and have random lengths, so that starts and
  /// ends are spread evenly from then on.
  void keep_streams(std::int64_t now) {
    const std::int64_t ramp = options_.ramp_ms * kMilli;
    while (!idle_.empty()) {
      if (options_.stalled && asked_ == connections_.size()) return;
      if (asked_ < connections_.size()) {
        const std::int64_t at = started_at_ + ramp * static_cast<std::int64_t>(asked_) / options_.connections;
        if (at > now) {
          next_wake_ = std::min(next_wake_, at);
          return;
        }
      }
      const std::uint32_t slot = idle_.back();
      idle_.pop_back();
      const bool first = asked_ < connections_.size() && !options_.stalled;
      ask(slot, now, first ? 1 + static_cast<std::uint32_t>(random_() % full_chunks()) : full_chunks());
    }
  }

  std::uint32_t full_chunks() const { return static_cast<std::uint32_t>(options_.chunks); }

  // ---- phases ----

  void begin_warm_up() {
    started_at_ = progress_at_ = bench::now_ns();
    next_wake_ = started_at_;
    if (options_.mode == LoadMode::closed) {
      left_ = options_.warm_requests;
      start_closed();
    }
    if (options_.mode == LoadMode::open) {
      arrival_at_ = started_at_;
      window_end_ = started_at_ + options_.window_ms * kMilli / 4;
    }
  }

  void start_closed() {
    const std::int64_t now = bench::now_ns();
    for (std::size_t n = idle_.size(); n > 0; --n) ask_closed(now);
  }

  void change_phase(std::int64_t now) {
    switch (phase_) {
      case Phase::warm:
        if (warm(now)) become_ready();
        return;
      case Phase::ready:
        return;
      case Phase::measuring:
        if (options_.mode != LoadMode::closed) next_wake_ = std::min(next_wake_, std::max(window_end_, now + kMilli));
        if (window_over(now)) end_window(now);
        return;
      case Phase::draining:
        if (asking_ == 0) report();
    }
  }

  bool warm(std::int64_t now) {
    if (options_.mode == LoadMode::stream) {
      if (asked_ < connections_.size()) return false;
      const std::int64_t settled = started_at_ + options_.ramp_ms * kMilli * 3 / 2;
      if (now < settled) next_wake_ = std::min(next_wake_, settled);
      return now >= settled;
    }
    if (asking_ > 0) return false;
    return options_.mode == LoadMode::closed ? left_ == 0 : now >= window_end_ && waiting_.empty();
  }

  void become_ready() {
    phase_ = Phase::ready;
    say("{\"event\":\"ready\"}");
    if (options_.no_wait) return begin_window();
    io_uring_prep_read(ring_.next(Tag{kGo, 0}), STDIN_FILENO, go_.data(), static_cast<unsigned>(go_.size()), 0);
  }

  void begin_window() {
    phase_ = Phase::measuring;
    answers_ = 0;
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    cpu_at_start_ = cpu_ns(usage);
    window_start_ = progress_at_ = bench::now_ns();
    window_end_ = window_start_ + options_.window_ms * kMilli;
    arrival_at_ = window_start_;
    next_wake_ = window_start_;
    if (options_.mode == LoadMode::closed) {
      left_ = options_.requests;
      start_closed();
    }
  }

  bool window_over(std::int64_t now) const {
    if (options_.mode == LoadMode::stream) return now >= window_end_;
    if (asking_ > 0) return false;
    return options_.mode == LoadMode::closed ? left_ == 0 : now >= window_end_ && waiting_.empty();
  }

  void end_window(std::int64_t now) {
    phase_ = Phase::draining;
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    cpu_ns_ = cpu_ns(usage) - cpu_at_start_;
    elapsed_ns_ = now - window_start_;
    answers_in_window_ = answers_;
    progress_at_ = now;
    next_wake_ = now;  // there may be nothing left to wait for
    say("{\"event\":\"done\"}");
    if (!options_.stalled) return;
    for (std::uint32_t slot = 0; slot < connections_.size(); ++slot) {
      bench::set_receive_buffer(connections_[slot].fd, 1 << 20);
      arm_receive(connections_[slot], slot);
    }
  }

  static std::int64_t cpu_ns(const rusage& u) {
    return (u.ru_utime.tv_sec + u.ru_stime.tv_sec) * kSecond + (u.ru_utime.tv_usec + u.ru_stime.tv_usec) * 1000;
  }

  // ---- report ----

  static void say(const std::string& line) {
    std::printf("%s\n", line.c_str());
    std::fflush(stdout);
  }

  [[noreturn]] void report() const {
    const std::uint64_t hash =
        streaming_ ? hashes_.back() : bench::hash_bytes(bench::kHashStart, bench::completion_document());
    char hex[17];
    std::snprintf(hex, sizeof hex, "%016" PRIx64, hash);
    say("{\"event\":\"result\",\"ok\":true,\"reopened\":" + std::to_string(reopened_) +
        ",\"answers\":" + std::to_string(answers_in_window_) + ",\"chunks\":" + std::to_string(transit_.count()) +
        ",\"streams_checked\":" + std::to_string(streams_checked_) + ",\"elapsed_ns\":" + std::to_string(elapsed_ns_) +
        ",\"load_cpu_ns\":" + std::to_string(cpu_ns_) + ",\"answer_hash\":\"" + hex + "\",\"first\":" + first_.json() +
        ",\"whole\":" + whole_.json() + ",\"transit\":" + transit_.json() + "}");
    std::exit(0);
  }

  [[noreturn]] static void fail(const std::string& why, int error = 0) {
    std::string clean;
    for (const char c : why) {
      if (c == '"' || c == '\\') clean += '\\';
      if (static_cast<unsigned char>(c) >= 0x20) clean += c;
      if (c == '\n') clean += "\\n";
    }
    if (error != 0) clean += ", errno " + std::to_string(error);
    say("{\"event\":\"result\",\"ok\":false,\"error\":\"" + clean + "\"}");
    std::exit(1);
  }

  Options options_;
  bool streaming_;
  bench::Ring ring_;
  bench::BufferGroup buffers_;
  bench::ContentFrame frame_;
  std::vector<std::uint64_t> hashes_;
  std::mt19937 random_;
  std::optional<bench::TlsContext> tls_;
  std::deque<Connection> connections_;
  bench::RequestBook requests_;
  std::vector<std::uint32_t> idle_;
  std::deque<std::int64_t> waiting_;
  std::array<char, 64> go_{};

  Phase phase_ = Phase::warm;
  std::int64_t started_at_ = 0;
  std::int64_t progress_at_ = 0;
  std::int64_t next_wake_ = 0;
  std::int64_t arrival_at_ = 0;
  std::int64_t window_start_ = 0;
  std::int64_t window_end_ = 0;
  std::int64_t left_ = 0;
  std::uint64_t asked_ = 0;
  std::uint64_t asking_ = 0;
  std::uint64_t answers_ = 0;
  std::uint64_t answers_in_window_ = 0;
  std::uint64_t streams_checked_ = 0;
  std::uint64_t reopened_ = 0;
  std::int64_t cpu_at_start_ = 0;
  std::int64_t cpu_ns_ = 0;
  std::int64_t elapsed_ns_ = 0;
  bench::Histogram first_;
  bench::Histogram whole_;
  bench::Histogram transit_;
};

}  // namespace

int main(int argc, char** argv) {
  bench::allow_many_descriptors();
  Load load(bench::read_load_options(argc, argv));
  load.run();
}
