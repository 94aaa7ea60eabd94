#include <string>

#include "gemini_read.h"
#include "gemini_schema.h"

namespace weir::dialect::gemini {

namespace {

constexpr std::size_t kMaxStops = 64;
constexpr Bytes kPath = "generationConfig";

/// What came of generationConfig beside what has a place of its own.
struct Config {
  Bytes mime_type;
  Bytes openapi_schema;
  Bytes json_schema;
  std::uint32_t seen = 0;  // one bit per row of kNumbers and what follows them
};

struct NumberField {
  Bytes name;
  Bytes path;
  Bytes Request::* into;
};
constexpr NumberField kNumbers[] = {
    {"temperature", "generationConfig.temperature", &Request::temperature},
    {"topP", "generationConfig.topP", &Request::top_p},
    {"topK", "generationConfig.topK", &Request::top_k},
    {"seed", "generationConfig.seed", &Request::seed},
    {"presencePenalty", "generationConfig.presencePenalty", &Request::presence_penalty},
    {"frequencyPenalty", "generationConfig.frequencyPenalty", &Request::frequency_penalty},
};

struct CountField {
  Bytes name;
  Bytes path;
  std::optional<std::uint64_t> Request::* into;
};
constexpr CountField kCounts[] = {
    {"maxOutputTokens", "generationConfig.maxOutputTokens", &Request::max_tokens},
    {"candidateCount", "generationConfig.candidateCount", &Request::candidates},
    {"logprobs", "generationConfig.logprobs", &Request::top_logprobs},
};

/// A whole number that was written with a fraction of zeros, as some SDKs do (`40.0`), without it.
Bytes without_zero_fraction(Bytes number) {
  const std::size_t point = number.find('.');
  if (point == Bytes::npos || number.find_first_not_of('0', point + 1) != Bytes::npos) return number;
  return number.substr(0, point);
}

void read_thinking(FieldReader& in) {
  constexpr Bytes kThinking = "generationConfig.thinkingConfig";
  Reasoning& reasoning = in.request.reasoning;
  in.object(kThinking, [&](const FieldName& name) {
    if (name == "includeThoughts") {
      bool show = false;
      in.boolean("generationConfig.thinkingConfig.includeThoughts", show);
      reasoning.show = show;
    } else if (name == "thinkingLevel") {
      Bytes level;
      in.text("generationConfig.thinkingConfig.thinkingLevel", level);
      std::string effort;
      for (const char c : level) effort += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
      if (effort.empty() || effort == "thinking_level_unspecified") return;
      if (!is_effort(effort))
        return in.invalid("generationConfig.thinkingConfig.thinkingLevel", "It must be MINIMAL, LOW, MEDIUM or HIGH.");
      reasoning.mode = Reasoning::Mode::on;
      reasoning.effort = in.request.keep(std::move(effort));
    } else if (name == "thinkingBudget") {
      Bytes budget;
      in.number("generationConfig.thinkingConfig.thinkingBudget", budget);
      if (in.stopped()) return;
      if (budget == "-1") return void(reasoning.mode = Reasoning::Mode::adaptive);
      codec::JsonReader number(budget);
      const auto tokens = number.unsigned_or_skip();
      if (!tokens) return in.invalid("generationConfig.thinkingConfig.thinkingBudget", "It is no whole number.");
      reasoning.mode = *tokens == 0 ? Reasoning::Mode::off : Reasoning::Mode::on;
      if (*tokens > 0) reasoning.budget_tokens = tokens;
    } else {
      in.drop(kThinking, name);
    }
  });
}

/// Answers in anything but text cannot be had elsewhere.
void read_modalities(FieldReader& in) {
  in.list([&] {
    Bytes modality;
    in.text("generationConfig.responseModalities", modality);
    if (!in.stopped() && modality != "TEXT" && modality != "text" && modality != "MODALITY_UNSPECIFIED")
      in.loss.refuse("generationConfig.responseModalities", "This model answers with text.");
  });
}

void read_stops(FieldReader& in) {
  in.list([&] {
    if (in.request.stop.size() == kMaxStops) return in.invalid("generationConfig.stopSequences", "There are too many.");
    in.text("generationConfig.stopSequences", in.request.stop.emplace_back());
  });
}

void read_field(FieldReader& in, const FieldName& name, Config& config) {
  std::uint32_t bit = 1;
  const auto first = [&](Bytes path) {
    bool seen = (config.seen & bit) != 0;
    config.seen |= bit;
    return in.first_time(seen, path);
  };
  for (const NumberField& field : kNumbers) {
    if (name == field.name && first(field.path)) return in.number(field.path, in.request.*field.into);
    bit <<= 1;
  }
  for (const CountField& field : kCounts) {
    if (name == field.name && first(field.path)) return in.unsigned_number(field.path, in.request.*field.into);
    bit <<= 1;
  }
  if (in.stopped()) return;
  if (name == "stopSequences") {
    if (first("generationConfig.stopSequences")) read_stops(in);
  } else if (name == "responseLogprobs") {
    in.boolean("generationConfig.responseLogprobs", in.request.logprobs);
  } else if (name == "responseMimeType") {
    in.text("generationConfig.responseMimeType", config.mime_type);
  } else if (name == "responseSchema") {
    in.raw_object("generationConfig.responseSchema", config.openapi_schema);
  } else if (name == "responseJsonSchema" || name == "_responseJsonSchema") {
    in.raw_object("generationConfig.responseJsonSchema", config.json_schema);
  } else if (name == "thinkingConfig") {
    read_thinking(in);
  } else if (name == "responseModalities") {
    read_modalities(in);
  } else if (name == "speechConfig" || name == "imageConfig") {
    in.refuse(FieldReader::joined(kPath, name.text()), "This model answers with text.");
  } else {
    in.drop(kPath, name);
  }
}

void take_format(FieldReader& in, const Config& config) {
  OutputFormat& format = in.request.format;
  const Bytes type = config.mime_type;
  const bool json = type == "application/json" || type == "application\\/json" || type == "text/x.enum";
  if (!type.empty() && !json && type != "text/plain")
    return in.loss.refuse("generationConfig.responseMimeType", "Answers are text/plain or application/json.");
  if (!config.json_schema.empty()) {
    format.schema = config.json_schema;
  } else if (!config.openapi_schema.empty()) {
    std::string schema;
    append_json_schema(schema, config.openapi_schema);
    format.schema = in.request.keep(std::move(schema));
  }
  if (!format.schema.empty()) {
    format.kind = OutputFormat::Kind::json_schema;
    format.name = "response";
  } else if (json) {
    format.kind = OutputFormat::Kind::json_object;
  }
}

}  // namespace

void read_generation_config(FieldReader& in) {
  Config config;
  in.object(kPath, [&](const FieldName& name) { read_field(in, name, config); });
  if (in.stopped()) return;
  in.request.top_k = without_zero_fraction(in.request.top_k);
  in.request.seed = without_zero_fraction(in.request.seed);
  take_format(in, config);
}

}  // namespace weir::dialect::gemini
