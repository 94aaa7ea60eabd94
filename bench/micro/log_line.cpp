// What does an access log line cost? Reference: snprintf.
#include <benchmark/benchmark.h>

#include <cstdio>
#include <ctime>

#include "access_log.h"
#include "weir/base/assert.h"

namespace weir::micro {
namespace {

constexpr WallTime kNow{1'700'000'000'123'000'000};

void fill(gateway::Record& r) {
  r.id = 0x0123456789abcdef;
  r.model.assign("fast");
  r.provider = "openai";
  r.model_id = "gpt-4o";
  r.key = "team-a";
  r.status = 200;
  r.attempts = 1;
  r.finish = dialect::FinishReason::stop;
  r.usage.input = 200;
  r.usage.output = 150;
  r.usage.reported = true;
  r.request_bytes = 1024;
  r.answer_bytes = 1100;
  r.connect_ns = 0;
  r.ttfb_ns = 412'345'678;
  r.total_ns = 412'999'999;
  r.overhead_ns = 15'432;
}

std::string plain(const gateway::Record& r, WallTime now) {
  const std::time_t seconds = now.unix_ns / 1'000'000'000;
  std::tm day{};
  gmtime_r(&seconds, &day);
  char time[64];
  std::strftime(time, sizeof time, "%Y-%m-%dT%H:%M:%S", &day);
  char line[1024];
  const int size =
      std::snprintf(line, sizeof line,
                    R"({"time":"%s.%03dZ","id":"%016llx","status":%d,"key":"%s","model":"%s","deployment":"%s",)"
                    R"("dialect":"%s","stream":%s,"attempts":%d,"finish":"%s","usage":{"input":%llu,"output":%llu},)"
                    R"("request_bytes":%llu,"answer_bytes":%llu,)"
                    R"("connect_us":%lld,"ttfb_us":%lld,"total_us":%lld,"overhead_ns":%lld})",
                    time, static_cast<int>(now.unix_ns / 1'000'000 % 1000), static_cast<unsigned long long>(r.id),
                    r.status, std::string(r.key).c_str(), std::string(r.model.view()).c_str(),
                    (std::string(r.provider) + "/" + std::string(r.model_id)).c_str(),
                    std::string(to_string(r.client_dialect)).c_str(), r.stream ? "true" : "false", r.attempts,
                    std::string(to_string(r.finish)).c_str(), static_cast<unsigned long long>(r.usage.input),
                    static_cast<unsigned long long>(r.usage.output), static_cast<unsigned long long>(r.request_bytes),
                    static_cast<unsigned long long>(r.answer_bytes), static_cast<long long>(r.connect_ns / 1000),
                    static_cast<long long>(r.ttfb_ns / 1000), static_cast<long long>(r.total_ns / 1000),
                    static_cast<long long>(r.overhead_ns));
  return {line, static_cast<std::size_t>(size)};
}

void log_line_weir(benchmark::State& state) {
  gateway::Record r;
  fill(r);
  gateway::LogTime time;
  WEIR_ASSERT(gateway::AccessLine(r, time.text(kNow)).bytes() == plain(r, kNow), "both write the same line");
  for (auto _ : state) {
    const gateway::AccessLine line(r, time.text(kNow));
    benchmark::DoNotOptimize(line.bytes().data());
  }
}
BENCHMARK(log_line_weir);

void log_line_reference(benchmark::State& state) {
  gateway::Record r;
  fill(r);
  for (auto _ : state) benchmark::DoNotOptimize(plain(r, kNow));
}
BENCHMARK(log_line_reference);

}  // namespace
}  // namespace weir::micro
