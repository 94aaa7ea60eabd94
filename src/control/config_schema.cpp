#include "config_schema.h"

#include <array>

#include "binding.h"
#include "model_keys.h"
#include "provider_keys.h"
#include "server_keys.h"
#include "written_config.h"

namespace weir::control {

namespace {

/// Limits are plain values without positions; errors about how they fit each other point at the section.
void* limits_of(void* section, Bytes, Position at) {
  auto& config = *static_cast<WrittenConfig*>(section);
  config.limits_at = at;
  return &config.limits;
}

constexpr std::array kConfigKeys = {
    KeyRow{.name = "listen",
           .shape = Shape::list_of_sections,
           .minimum = 1,
           .sentence = "Where clients connect; `127.0.0.1:8080` if it is not written. An address that is not loopback "
                       "needs `keys` or `allow_anonymous: true`.",
           .section = &kListen,
           .binding = bind<&WrittenConfig::listen>()},
    KeyRow{.name = "admin",
           .shape = Shape::section,
           .sentence = "The admin listener for health and metrics; none if it is not written.",
           .section = &kAdmin,
           .binding = bind<&WrittenConfig::admin>()},
    KeyRow{.name = "shards",
           .type = ValueType::count_or_auto,
           .default_value = "auto",
           .minimum = 1,
           .maximum = 1024,
           .sentence = "Worker threads, each with its own event loop; `auto` is one per core weir may use.",
           .example = "4",
           .binding = bind<&WrittenConfig::shards>()},
    KeyRow{.name = "providers",
           .type = ValueType::name,
           .shape = Shape::map_of_sections,
           .is_required = true,
           .minimum = 1,
           .sentence = "Whose APIs are called, by names of your choice.",
           .section = &kProvider,
           .binding = bind<&WrittenConfig::providers>()},
    KeyRow{.name = "models",
           .type = ValueType::model_name,
           .shape = Shape::map_of_sections,
           .sentence = "The model names clients may write, and who answers them.",
           .section = &kModel,
           .binding = bind<&WrittenConfig::models>()},
    KeyRow{.name = "proxy",
           .shape = Shape::section,
           .sentence =
               "The HTTP proxy on the way to providers. Without this section the environment decides: "
               "`https_proxy` or `HTTPS_PROXY` for `https://` providers, `http_proxy` (lower case only) for others, "
               "`no_proxy` or `NO_PROXY` for exceptions. Providers on a loopback address are reached directly, "
               "unless they name a proxy themselves.",
           .section = &kProxy,
           .binding = bind<&WrittenConfig::proxy>()},
    KeyRow{.name = "names",
           .shape = Shape::section,
           .sentence = "How host names are resolved.",
           .section = &kNames,
           .binding = bind<&WrittenConfig::names>()},
    KeyRow{.name = "expose_provider_models",
           .type = ValueType::boolean,
           .default_value = "false",
           .sentence = "Whether clients may also write `provider/model` to reach any model of any provider.",
           .example = "true",
           .binding = bind<&WrittenConfig::expose_provider_models>()},
    KeyRow{.name = "unsupported_parameters",
           .type = ValueType::unsupported,
           .default_value = "drop",
           .sentence = "What becomes of hints that a provider does not take, for models that do not say it themselves: "
                       "`drop` leaves them out and names them in `x-weir-dropped`, `error` refuses the request with "
                       "400. What would change the meaning of the answer is refused either way.",
           .example = "error",
           .binding = bind<&WrittenConfig::unsupported_parameters>()},
    KeyRow{.name = "reasoning_budgets",
           .shape = Shape::section,
           .sentence = "Tokens of thinking, by effort.",
           .section = &kBudgets,
           .binding = bind<&WrittenConfig::reasoning_budgets>()},
    KeyRow{.name = "model_facts",
           .type = ValueType::reference,
           .shape = Shape::map_of_sections,
           .sentence = "Prices, limits and abilities of models, by provider name, slash, and what that provider calls "
                       "the model.",
           .section = &kModelFacts,
           .binding = bind<&WrittenConfig::model_facts>()},
    KeyRow{.name = "unknown_price",
           .type = ValueType::unknown_price,
           .default_value = "allow",
           .sentence = "What becomes of models whose price nobody knows: `allow` serves them and says that their cost "
                       "is not known, `block` does not serve them. They never count as free.",
           .example = "block",
           .binding = bind<&WrittenConfig::unknown_price>()},
    KeyRow{.name = "breaker",
           .shape = Shape::section,
           .sentence = "When a deployment that fails is left alone.",
           .section = &kBreaker,
           .binding = bind<&WrittenConfig::breaker>()},
    KeyRow{.name = "keys",
           .shape = Shape::list_of_sections,
           .sentence = "The virtual keys clients present. Without any, everybody who reaches the listener may call.",
           .section = &kKey,
           .binding = bind<&WrittenConfig::keys>()},
    KeyRow{.name = "allow_anonymous",
           .type = ValueType::boolean,
           .default_value = "false",
           .sentence = "Whether clients without a key are served even where `keys` exist or the listener is not "
                       "loopback. A wrong key is refused all the same when there are keys.",
           .example = "true",
           .binding = bind<&WrittenConfig::allow_anonymous>()},
    KeyRow{.name = "limits",
           .shape = Shape::section,
           .sentence = "How much may be in weir at a time.",
           .section = &kLimits,
           .binding = {.child = limits_of}},
    KeyRow{.name = "timeouts",
           .shape = Shape::section,
           .sentence = "How long weir waits.",
           .section = &kTimeouts,
           .binding = bind<&WrittenConfig::timeouts>()},
    KeyRow{.name = "user",
           .type = ValueType::account,
           .sentence =
               "The user to become once the listeners, the log file, certificates and secrets are open; with a "
               "group, in that group alone. Only root can do that. Without it weir stays who it was started as.",
           .example = "nobody",
           .binding = bind<&WrittenConfig::user>()},
    KeyRow{.name = "core_dumps",
           .type = ValueType::boolean,
           .default_value = "false",
           .sentence = "Whether a crash may leave a core dump, and a debugger of the same user may look in. Both hold "
                       "credentials and prompts.",
           .example = "true",
           .binding = bind<&WrittenConfig::core_dumps>()},
    // The one key of `log` is read into the file's object itself, because a Log is one value.
    KeyRow{.name = "log",
           .shape = Shape::section,
           .sentence = "The access log.",
           .section = &kLog,
           .binding = {.child = [](void* section, Bytes, Position) { return section; }}},
};
constexpr SectionRow kConfig{"The file", "The keys at the top level.", kConfigKeys};

}  // namespace

const SectionRow& config_schema() { return kConfig; }

}  // namespace weir::control
