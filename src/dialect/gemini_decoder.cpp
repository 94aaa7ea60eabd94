#include "gemini_decoder_parts.h"

#include <algorithm>
#include <charconv>

#include "weir/dialect/error_report.h"

// Reading: all of the tap is in this file. It calls out only to tell.

namespace weir::dialect::gemini {

namespace {

struct FinishWord {
  Bytes word;
  FinishReason reason;
};

/// Every word documented for `finishReason` (WIREFORMATS.md 5). A call that could not be made sense of is no call, so
/// these words are `other`: told as a plain stop, with the word beside it where the client's dialect has a place.
constexpr FinishWord kFinishWords[] = {
    {"STOP", FinishReason::stop},
    {"MAX_TOKENS", FinishReason::length},
    {"SAFETY", FinishReason::content_filter},
    {"RECITATION", FinishReason::content_filter},
    {"LANGUAGE", FinishReason::content_filter},
    {"BLOCKLIST", FinishReason::content_filter},
    {"PROHIBITED_CONTENT", FinishReason::content_filter},
    {"SPII", FinishReason::content_filter},
    {"MODEL_ARMOR", FinishReason::content_filter},
    {"IMAGE_SAFETY", FinishReason::content_filter},
    {"IMAGE_PROHIBITED_CONTENT", FinishReason::content_filter},
    {"IMAGE_RECITATION", FinishReason::content_filter},
    {"FINISH_REASON_UNSPECIFIED", FinishReason::unspecified},
};

Bytes trim(Bytes text) {
  constexpr Bytes kWhite = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kWhite);
  return first == Bytes::npos ? Bytes() : text.substr(first, text.find_last_not_of(kWhite) - first + 1);
}

/// Seconds of `2026-05-04T20:01:02.26Z` (RFC 3339 in UTC, as Vertex writes createTime); 0 when it is no date.
std::int64_t seconds_of(Bytes date) {
  constexpr Bytes kShape = "0000-00-00T00:00:00";
  if (date.size() < kShape.size()) return 0;
  const auto number = [&](std::size_t at, std::size_t size) {
    std::int64_t value = 0;
    for (const char c : date.substr(at, size)) value = value * 10 + (c - '0');
    return value;
  };
  for (std::size_t i = 0; i < kShape.size(); ++i)
    if (kShape[i] == '0' ? date[i] < '0' || date[i] > '9' : date[i] != kShape[i]) return 0;
  const std::int64_t month = number(5, 2), day = number(8, 2);
  if (month < 1 || month > 12 || day < 1 || day > 31) return 0;
  // Days since 1970-01-01 in the proleptic Gregorian calendar, counting years from March.
  const std::int64_t year = number(0, 4) - (month <= 2);
  const std::int64_t era = year / 400, year_of_era = year - era * 400;
  const std::int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const std::int64_t days = era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return (days - 719468) * 86400 + number(11, 2) * 3600 + number(14, 2) * 60 + number(17, 2);
}

/// `{"code": 429, "message": "...", "status": "RESOURCE_EXHAUSTED", "details": [...]}`, or only a text.
void read_error(JsonReader& json, FaultReport& error) {
  if (json.peek() != JsonType::object) return read_text(json, error.message);
  for_members(json, [&](const JsonString& key) {
    if (key.is("message")) return read_text(json, error.message);
    if (key.is("status")) return read_text(json, error.type);
    if (key.is("code")) {
      const bool number = json.peek() == JsonType::number;
      if (!number) return read_text(json, error.code);
      json.raw_value(error.code);
      return;
    }
    json.skip_value();
  });
  int status = 0;  // the code is the status that the answer would have had
  std::from_chars(error.code.data(), error.code.data() + error.code.size(), status);
  error.error_class = classify_error(status, error.code, error.type, error.message);
}

}  // namespace

FinishReason finish_reason_of(Bytes native) {
  for (const FinishWord& row : kFinishWords)
    if (row.word == native) return row.reason;
  return FinishReason::other;
}

void Decoder::Part::read(JsonReader& json) {
  json.peek();
  for_members(json, [&](const JsonString& key) {
    if (key.is("text")) {
      kind = Kind::text;
      read_text(json, text);
    } else if (key.is("thought")) {
      if (json.peek() == JsonType::boolean) {
        json.read_boolean(thought);
      } else {
        json.skip_value();
      }
    } else if (key.is("thoughtSignature")) {
      read_text(json, signature);
    } else if (key.is("functionCall")) {
      kind = Kind::call;
      for_members(json, [&](const JsonString& member) {
        if (member.is("name")) return read_text(json, name);
        if (member.is("id")) return read_text(json, id);
        if (member.is("args")) return void(json.raw_value(arguments));
        if (member.is("partialArgs")) return void(json.raw_value(partial));
        if (member.is("willContinue") && json.peek() == JsonType::boolean)
          return void(json.read_boolean(will_continue));
        json.skip_value();
      });
    } else if (key.is("inlineData")) {
      kind = Kind::media;
      for_members(json, [&](const JsonString& member) {
        if (member.is("mimeType")) return read_text(json, name);
        if (member.is("data")) return read_text(json, text);
        json.skip_value();
      });
    } else {
      if (kind == Kind::none) kind = Kind::other;
      json.skip_value();
    }
  });
}

void Decoder::Payload::note(std::uint32_t of, const Part& part) {
  ++parts;
  choice = of;
  thought = part.thought;
  text = part.kind == Part::Kind::text && part.signature.empty() ? part.text : Bytes();
}

template <bool tapped>
void Decoder::read_content(JsonReader& json, Candidate& candidate, Payload& payload) {
  for_members(json, [&](const JsonString& key) {
    if (!key.is("parts")) return void(json.skip_value());
    if constexpr (tapped) {
      for_elements(json, [&] {
        Part part;
        part.read(json);
        candidate.content |= part.has_content();
        payload.note(candidate.index, part);
      });
    } else {
      json.raw_value(candidate.parts);
    }
  });
}

template <bool tapped>
void Decoder::read_candidates(JsonReader& json, Payload& payload) {
  std::uint32_t position = 0;
  for_elements(json, [&] {
    Candidate candidate{.index = position++};
    for_members(json, [&](const JsonString& key) {
      if (key.is("content")) return read_content<tapped>(json, candidate, payload);
      if (key.is("finishReason")) return read_text(json, candidate.finish);
      if (key.is("index")) {
        if (const auto index = json.unsigned_or_skip())
          candidate.index = static_cast<std::uint32_t>(std::min<std::uint64_t>(*index, kMaxChoices));
        return;
      }
      if constexpr (!tapped) {
        if (key.is("groundingMetadata")) return void(json.raw_value(candidate.grounding));
        if (key.is("citationMetadata")) return void(json.raw_value(candidate.citations));
      }
      json.skip_value();
    });
    if (candidate.index >= kMaxChoices || candidates_.size() == kMaxChoices) {
      payload.too_many = true;
    } else {
      candidates_.push_back(candidate);
    }
  });
}

void Decoder::take_finish(std::uint32_t choice, Bytes native, FinishReason reason, bool telling) {
  finished_[choice / 64] |= std::uint64_t{1} << (choice % 64);
  if (first_finished_ == kMaxChoices) first_finished_ = choice;
  if (first_finished_ == choice) finish_reason_ = reason;
  if (!telling) return;
  ChoiceState& state = state_of(choice);
  state.reason = reason;
  state.native = native;
}

template <bool tapped>
FrameFacts Decoder::walk_object(Bytes text, EventBatch* batch) {
  if constexpr (tapped) {
    take_later_counts();
  } else {
    catch_up(*batch);
  }
  Payload payload;
  candidates_.clear();
  JsonReader json(text);
  JsonString key;
  UsageMetadata usage = usage_;
  if (json.enter_object()) {
    while (json.next_member(key)) {
      if (key.is("candidates") && !payload.candidates_seen) {
        payload.candidates_seen = true;
        read_candidates<tapped>(json, payload);
      } else if (key.is("usageMetadata")) {
        json.peek();
        const std::size_t start = json.offset();
        payload.usage |= usage.read(json);
        payload.counts = text.substr(start, json.offset() - start);
      } else if (key.is("modelVersion")) {
        read_text(json, payload.model);
      } else if (key.is("responseId")) {
        read_text(json, payload.id);
      } else if (key.is("createTime")) {
        Bytes date;
        read_text(json, date);
        payload.created = seconds_of(date);
      } else if (key.is("promptFeedback")) {
        for_members(json, [&](const JsonString& member) {
          if (member.is("blockReason")) return read_text(json, payload.block_reason);
          json.skip_value();
        });
      } else if (key.is("error")) {
        const JsonType type = json.peek();
        payload.error = type == JsonType::object || type == JsonType::string;
        read_error(json, payload.report);
      } else {
        json.skip_value();
      }
    }
  }
  if (!json.finish()) {
    if constexpr (!tapped) tell_fault({.code = "invalid_json"}, batch);
    return {.malformed = true, .fault = !tapped};
  }
  if (payload.error) {
    tell_fault(payload.report, batch);
    return {.fault = true};
  }
  if (payload.too_many) {
    tell_fault({.code = "too_many_choices"}, batch);
    return {.fault = true};
  }

  usage_ = usage;
  document_ = !any_ && text.find('\n') != Bytes::npos;
  any_ = true;
  FrameFacts facts{.usage = payload.usage};
  if constexpr (!tapped) {
    const bool begins = !candidates_.empty() || payload.usage || !payload.block_reason.empty();
    if (begins && !begin_told_) {
      begin_told_ = true;
      batch->push(Begin{payload.id, payload.model, payload.created});
    }
    if (payload.usage && usage_ != telling_->usage) {  // before the content: some clients want the prompt's count first
      telling_->usage = usage_;
      batch->push(UsageReport{usage_.disjoint()});
    }
  }
  for (const Candidate& candidate : candidates_) {
    begun_[candidate.index / 64] |= std::uint64_t{1} << (candidate.index % 64);
    if constexpr (tapped) {
      facts.content |= candidate.content;
    } else {
      tell_candidate(candidate, payload, facts, *batch);
    }
    if (candidate.finish.empty() || candidate.finish == "CONTINUATION") continue;
    facts.finish = true;
    take_finish(candidate.index, candidate.finish, finish_reason_of(candidate.finish), !tapped);
  }
  if (!payload.block_reason.empty()) {  // the prompt was blocked: nothing more comes for anybody
    if (begun_ == Choices{}) begun_[0] = 1;
    for (std::uint32_t choice = 0; choice < kMaxChoices; ++choice) {
      const std::uint64_t bit = std::uint64_t{1} << (choice % 64);
      if ((begun_[choice / 64] & bit) == 0 || (finished_[choice / 64] & bit) != 0) continue;
      facts.finish = true;
      take_finish(choice, payload.block_reason, FinishReason::content_filter, !tapped);
    }
  }
  content_ |= facts.content;
  if (payload.parts == 1 && facts == FrameFacts{.content = true, .usage = payload.usage}) {
    varying_text_ = payload.text;
    varying_counts_ = payload.usage ? payload.counts : Bytes();
    varying_choice_ = payload.choice;
    varying_is_text_ = !payload.thought;
  }
  return facts;
}

/// An array is what a stream without `alt=sse` amounts to when it is read in one piece.
template <bool tapped>
FrameFacts Decoder::walk(Bytes text, EventBatch* batch) {
  varying_text_ = {};
  const Bytes trimmed = trim(text);
  if (trimmed.empty()) return {};
  if (failed_) return {.ignored = true};
  if (trimmed[0] != '[') return walk_object<tapped>(trimmed, batch);

  JsonReader whole(trimmed);
  whole.skip_value();
  if (!whole.finish()) {
    if constexpr (!tapped) tell_fault({.code = "invalid_json"}, batch);
    return {.malformed = true, .fault = !tapped};
  }
  FrameFacts facts;
  JsonReader json(trimmed);
  json.enter_array();
  while (json.next_element() && !failed_) {
    Bytes element;
    json.raw_value(element);
    const FrameFacts more = walk_object<tapped>(element, batch);
    facts.malformed |= more.malformed;
    facts.content |= more.content;
    facts.finish |= more.finish;
    facts.usage |= more.usage;
    facts.fault |= more.fault;
    if (facts.malformed) break;
  }
  document_ = false;
  varying_text_ = {};  // one of several
  return facts;
}

void Decoder::take_later_counts() {
  if (later_counts_.empty()) return;
  JsonReader json(later_counts_);
  usage_.read(json);
  later_counts_.clear();
}

Usage Decoder::usage() const {
  UsageMetadata usage = usage_;
  if (!later_counts_.empty()) {
    JsonReader json(later_counts_);
    usage.read(json);
  }
  return usage.disjoint();
}

FrameFacts Decoder::tap(Bytes payload) { return walk<true>(payload, nullptr); }

FrameFacts Decoder::decode(Bytes payload, EventBatch& batch) {
  if (!telling_) telling_ = std::make_unique<Telling>();
  telling_->scratch.clear();
  const FrameFacts facts = walk<false>(payload, &batch);
  batch.drain();
  return facts;
}

void Decoder::reset() {
  usage_ = {};
  varying_text_ = varying_counts_ = {};
  later_counts_.clear();
  error_ = {};
  begun_ = finished_ = {};
  finish_reason_ = FinishReason::unspecified;
  first_finished_ = kMaxChoices;
  failed_ = begin_told_ = ended_ = content_ = any_ = document_ = false;
  candidates_.clear();
  telling_.reset();
}

}  // namespace weir::dialect::gemini
