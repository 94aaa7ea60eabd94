// The golden cases in tests/golden/<dialect>/<case>/:
//   client_request.json       what a client of this dialect sends (optional)
//   upstream_passed_on.json   what a provider of the same dialect receives when it is passed on
//   upstream_<dialect>.json   what a provider of each dialect receives when it is written anew: a request and a line
//   for
//                             each field that it lost, or why there is none
//   answer.sse | .json        the bytes of a provider of this dialect (optional)
//   events.txt                the neutral events
//   client_<dialect>.sse      the events as a client of each dialect gets them
//   client_<dialect>.json     the same in one document (not of answers that fail)
//   models.txt                lines `<dialect> <model>`: what a provider of that dialect calls its model, whose traits
//                             count. Else the file in tests/golden/<dialect>/, else "upstream-model" without traits
// A case named quirk_<name> is written for a provider of its own dialect with that quirk, and for no other; of a quirk
// that continues, its last message is the beginning of the answer;
// model_is_reasoning for such a model.
// WEIR_REGENERATE=1 writes everything but requests, answers and models anew; the difference is to be reviewed.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "unit/dialect/any_dialect.h"
#include "unit/dialect/source_root.h"
#include "weir/catalog/model_traits.h"
#include "weir/dialect/continuation.h"
#include "weir/dialect/quirk_words.h"

namespace weir::dialect {
namespace {

using test::AnyRunner;
namespace fs = std::filesystem;

const fs::path kRoot = fs::path(WEIR_SOURCE_ROOT) / "tests/golden";
constexpr Bytes kQuirkPrefix = "quirk_";

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

/// A case: its folder, and the files of it that had their part in the test.
class Case {
 public:
  Case(Dialect home, const fs::path& folder) : home_(home), folder_(folder), name_(folder.filename()) {}

  Dialect home() const { return home_; }
  const std::string& name() const { return name_; }

  std::optional<std::string> given(const char* name) {
    if (!fs::exists(folder_ / name)) return std::nullopt;
    used_.insert(name);
    return read_file(folder_ / name);
  }
  void compare(const std::string& name, const std::string& actual) {
    used_.insert(name);
    if (std::getenv("WEIR_REGENERATE")) std::ofstream(folder_ / name, std::ios::binary) << actual;
    EXPECT_EQ(read_file(folder_ / name), actual) << folder_ / name;
  }
  /// No file of a request, or else of an answer, is left over from what the case once was.
  void expect_all_used(bool of_request) const {
    for (const auto& entry : fs::directory_iterator(folder_)) {
      const std::string name = entry.path().filename();
      if (name == "models.txt" || (name == "client_request.json" || name.starts_with("upstream_")) != of_request)
        continue;
      EXPECT_TRUE(used_.contains(name)) << entry.path() << " belongs to nothing";
    }
  }

  bool is_quirk() const { return name_.starts_with(kQuirkPrefix); }
  std::string model_of(Dialect provider) {
    const std::optional<std::string> own = given("models.txt");
    const fs::path usual = folder_.parent_path() / "models.txt";
    std::istringstream lines(own ? *own : fs::exists(usual) ? read_file(usual) : "");
    for (std::string dialect, model; lines >> dialect >> model;)
      if (dialect == to_string(provider)) return model;
    return "upstream-model";
  }
  /// `model` is that of the provider, and outlives the target.
  Target target(const std::string& model, bool client_streams) const {
    Target target{.model_id = model, .traits = catalog::model_traits(model)};
    for (const Quirk quirk : all_quirks())
      if (name_ == std::string(kQuirkPrefix) + std::string(to_string(quirk))) target.quirks.add(quirk);
    EXPECT_EQ(target.quirks.none(), !is_quirk()) << "no such quirk";
    target.traits.is_reasoning |= name_ == "model_is_reasoning";  // which no name tells
    target.stream = client_streams || target.quirks.has(Quirk::stream_only);
    return target;
  }

 private:
  Dialect home_;
  fs::path folder_;
  std::string name_;
  std::set<std::string> used_;
};

std::vector<Case> cases(Dialect home) {
  std::vector<fs::path> folders;
  for (const auto& entry : fs::directory_iterator(kRoot / to_string(home)))
    if (entry.is_directory()) folders.push_back(entry.path());
  std::sort(folders.begin(), folders.end());
  std::vector<Case> all;
  for (const fs::path& folder : folders) all.emplace_back(home, folder);
  return all;
}

std::string with_losses(std::string body, const Loss& loss) {
  body += '\n';
  for (const std::string& name : loss.dropped()) body += "dropped " + name + '\n';
  return body;
}

std::string file_name(const char* prefix, Dialect dialect, const char* suffix) {
  return prefix + std::string(to_string(dialect)) + suffix;
}

struct Rebuild {
  Bytes body;
  std::string out;
  void operator()(codec::OriginalRange range) { out += body.substr(range.offset, range.size); }
  void operator()(Bytes inserted) { out += inserted; }
};

void compare_passed_on(Case& one, const std::string& body) {
  const auto envelope = read_envelope(one.home(), body);
  ASSERT_TRUE(envelope);
  const std::string model = one.model_of(one.home());
  std::string scratch;
  Loss loss;
  Rebuild rebuild{body, {}};
  write_passthrough(one.home(), *envelope, body, one.target(model, envelope->stream), scratch, loss)
      .for_each_piece(body.size(), rebuild);
  EXPECT_FALSE(loss.refused()) << loss.refusal().field << ": " << loss.refusal().why;
  one.compare("upstream_passed_on.json", with_losses(rebuild.out, loss));
}

/// Requests that only passing on can carry, although they go to a provider of their own dialect: they name what lies on
/// the provider's servers or is fetched by them.
bool is_refused_at_home(const Case& one) {
  static const std::set<std::string> names[] = {{},
                                                {"request_hosted_tool", "request_stateful"},
                                                {},
                                                {"request_cached_content", "request_hosted_tool", "request_media"}};
  return names[static_cast<std::size_t>(one.home())].contains(one.name());
}

void compare_written(Case& one, const std::string& body, Dialect provider) {
  const std::string model = one.model_of(provider);
  Request request;
  Loss loss;
  read(one.home(), body, request, loss);
  std::string written;
  const Target target = one.target(model, request.stream);
  request.is_begun = one.is_quirk() && can_continue(provider, target.quirks, {});
  if (!loss.refused()) write(provider, request, target, written, loss);
  if (provider == one.home()) EXPECT_EQ(loss.refused(), is_refused_at_home(one));
  one.compare(file_name("upstream_", provider, ".json"),
              loss.refused() ? "refused " + std::string(to_string(loss.refusal().fault)) + ' ' + loss.refusal().field +
                                   ": " + loss.refusal().why + '\n'
                             : with_losses(written, loss));
}

/// The provider had to answer by a forced tool.
bool is_emulated(Case& one) {
  const std::optional<std::string> body = one.given("client_request.json");
  if (!body) return false;
  Request request;
  Loss loss;
  read(one.home(), *body, request, loss);
  const std::string model = one.model_of(one.home());
  return emulates_schema(one.home(), request, one.target(model, request.stream));
}

void compare_told(Case& one, const AnyRunner& answer) {
  const AnswerContext context{
      .provider = one.home(), .emulated_schema = is_emulated(one), .seed = 7, .now = 1763600001, .model = "alias"};
  for (const Dialect client : kDialects) {
    SCOPED_TRACE(to_string(client));
    const test::Told told = test::tell(answer.payloads, client, context);
    EXPECT_EQ(told.failed, answer.decoder.failed());
    one.compare(file_name("client_", client, ".sse"), told.stream);
    if (!told.failed) one.compare(file_name("client_", client, ".json"), told.document + '\n');

    const AnyRunner again = test::heard(client, told.stream);
    EXPECT_EQ(again.decoder.failed(), told.failed);
    if (client == one.home() && !told.failed && !context.emulated_schema) {
      test::expect_same_answer(again, answer);
      test::expect_same_answer(test::heard(client, told.document), answer);
    }
  }
}

class Golden : public ::testing::TestWithParam<Dialect> {};

TEST_P(Golden, Requests) {
  constexpr int kLeast[] = {19, 5, 8, 10};
  int compared = 0;
  for (Case& one : cases(GetParam())) {
    SCOPED_TRACE(one.name());
    if (const std::optional<std::string> body = one.given("client_request.json")) {
      compare_passed_on(one, *body);
      for (const Dialect provider : kDialects)
        if (provider == GetParam() || !one.is_quirk()) compare_written(one, *body, provider);
      ++compared;
    }
    one.expect_all_used(true);
  }
  EXPECT_GE(compared, kLeast[static_cast<std::size_t>(GetParam())]);
}

TEST_P(Golden, Answers) {
  constexpr int kLeast[] = {17, 12, 20, 21};
  int compared = 0;
  for (Case& one : cases(GetParam())) {
    SCOPED_TRACE(one.name());
    const std::optional<std::string> document = one.given("answer.json");
    const std::optional<std::string> stream = document ? std::nullopt : one.given("answer.sse");
    if (document || stream) {
      AnyRunner whole(GetParam());
      test::replay(whole, document ? *document : *stream, false, std::string::npos);
      one.compare("events.txt", whole.lines);
      EXPECT_EQ(whole.checker.broken_law(), "");
      test::expect_tap_agrees(whole);
      compare_told(one, whole);
      if (stream) test::expect_cuts_do_not_matter(GetParam(), *stream, whole.lines);
      ++compared;
    }
    one.expect_all_used(false);
  }
  EXPECT_GE(compared, kLeast[static_cast<std::size_t>(GetParam())]);
}

INSTANTIATE_TEST_SUITE_P(Dialects, Golden, ::testing::ValuesIn(kDialects), test::name_of);

TEST(GoldenQuirks, EveryQuirkHasItsCase) {
  for (const Quirk quirk : all_quirks())
    EXPECT_EQ(std::ranges::count_if(kDialects,
                                    [&](Dialect dialect) {
                                      return fs::exists(kRoot / to_string(dialect) /
                                                        (std::string(kQuirkPrefix) + std::string(to_string(quirk))));
                                    }),
              1)
        << to_string(quirk);
}

}  // namespace
}  // namespace weir::dialect
