#include "attempt_laws.h"

#include <algorithm>

namespace weir::sim {
namespace {

constexpr Duration kSurelyInTime = 1s;  // of a provider's pauses, in a world of patience

}  // namespace

End end_of(const Plan& plan, const RequestPlan& deployment) {
  const ProviderPlan& site = plan.at_site(deployment.site);
  if (site.vanishes_for == kNeverBack) return End::fails;
  const AnswerPlan& answer = deployment.answer;
  if (site.vanishes_for > Duration{} || answer.breaks != AnswerPlan::Break::none) return End::open;
  for (const auto& pause : answer.pauses)
    if (pause.length > kSurelyInTime) return End::open;
  if (answer.again != Again::nobody) return End::fails;
  return answer.golden.status == 200 ? End::answers : End::refuses;
}

std::vector<Step> read_trail(const HttpMessage& answer) {
  std::vector<Step> steps;
  const auto* field = answer.find("x-weir-attempts");
  if (!field) return steps;
  for (Bytes rest = *field; !rest.empty();) {
    const Bytes entry = rest.substr(0, rest.find(", "));
    rest.remove_prefix(std::min(rest.size(), entry.size() + 2));
    const std::size_t space = entry.find(' ');
    steps.push_back({entry.substr(0, space), entry.substr(std::min(entry.size(), space + 1))});
  }
  return steps;
}

namespace {

const Provider::Visit& visit_of(const Provider::Visits& visits, int id) {
  static const Provider::Visit kNone;
  const auto found = visits.find(id);
  return found == visits.end() ? kNone : found->second;
}

class Judge {
 public:
  Judge(const Plan& plan, const RequestPlan& request, const HttpMessage& answer, const Provider::Visit& visit,
        Telling& telling)
      : plan_(plan),
        request_(request),
        answer_(answer),
        visit_(visit),
        telling_(telling),
        trail_(read_trail(answer)),
        shown_(answer.find("x-weir-deployment")),
        gave_up_(!shown_ && is_trouble(answer.status)) {}

  void judge(Bytes log) {
    if (trail_.size() > kMostAttempts || (trail_.size() == 1 && !gave_up_))
      broken("a trail of " + std::to_string(trail_.size()));
    for (std::size_t i = 0; i < trail_.size(); ++i) check_step(i);
    check_arrivals();
    check_log(log);
    if (shown_ && !trail_.empty() && trail_.back().deployment != *shown_)
      broken("the trail ends elsewhere than at " + *shown_);
    if (shown_ && !visit_.arrivals.empty() && visit_.arrivals.back().plan->spoken.deployment != *shown_ &&
        request_.spoken.planned)
      broken("answered by " + *shown_ + ", which was not asked last");
    check_stand_in();
    count();
  }

 private:
  void broken(const std::string& what) {
    const auto* trail = answer_.find("x-weir-attempts");
    telling_.broken("#" + std::to_string(request_.id) + " (" + request_.name + "): " + what + "; status " +
                    std::to_string(answer_.status) + ", trail: " + (trail ? *trail : "none"));
  }

  const RequestPlan* find(Bytes deployment) const {
    for (std::size_t i = 0; i < request_.deployments(); ++i)
      if (name_of(request_.deployment(i)) == deployment) return &request_.deployment(i);
    return nullptr;
  }
  static std::string name_of(const RequestPlan& deployment) {
    return deployment.spoken.planned ? deployment.spoken.deployment : "local/" + deployment.provider_model;
  }

  void check_step(std::size_t i) {
    const Step& step = trail_[i];
    const RequestPlan* const deployment = find(step.deployment);
    if (!deployment) return broken("a stranger in the trail");
    // Everybody else before anybody twice.
    const auto came_before = [&](const RequestPlan& other, std::size_t places) {
      return std::any_of(trail_.begin(), trail_.begin() + static_cast<std::ptrdiff_t>(places),
                         [&](const Step& before) { return before.deployment == name_of(other); });
    };
    // (Another credential of the same one is no return.)
    const bool rotates = i > 0 && trail_[i - 1].deployment == step.deployment && deployment->doors.size() > 1;
    if (came_before(*deployment, i) && !rotates) {
      telling_.count(Probe::returned);
      for (std::size_t other = 0; other < request_.deployments(); ++other)
        if (request_.deployment(other).misfit == Misfit::none && !came_before(request_.deployment(other), i) &&
            request_.pool == kNoPool)
          broken("returned before all others were asked");
    }
    const auto status = parse_decimal(step.outcome);
    if (!status || *status == 200) return;
    const std::string wanted(step.outcome);
    const auto gave = [&](const RequestPlan& one) {
      return one.answer.wire.contains("HTTP/1.1 " + wanted) || one.answer.wire.contains("HTTP/1.0 " + wanted);
    };
    if (!gave(*deployment) && std::ranges::none_of(deployment->doors, gave))
      broken("a status in the trail that nobody gave");
  }

  /// Who was asked, in this order, is who the trail says; some of those it names were never reached.
  void check_arrivals() {
    std::size_t at = 0;
    if (trail_.empty()) return;
    for (const Provider::Arrival& arrival : visit_.arrivals) {
      if (arrival.replaced) continue;
      const std::string name = name_of(*arrival.plan);
      while (at < trail_.size() && trail_[at].deployment != name) ++at;
      if (at++ < trail_.size()) continue;
      if (!gave_up_) broken(name + " was asked, and the trail does not say so");
      return;
    }
  }

  /// Requests for one model of a pool have a line each; it is this request's if nothing speaks against it.
  void check_log(Bytes log) {
    const std::string model = "\"model\":\"" + request_.model + "\"";
    if (trail_.empty()) return;
    std::string wrong;
    for (std::size_t at = log.find(model); at != Bytes::npos; at = log.find(model, at + 1)) {
      const Bytes line = log.substr(at, log.find('\n', at) - at);
      wrong = fault_of(line);
      if (!wrong.empty()) continue;
      if (line.contains("\"exhausted\":true")) telling_.count(Probe::exhausted_logged);
      return;
    }
    if (!wrong.empty()) broken(wrong);
  }

  /// What speaks against a line of the log. It has the attempts that failed; the answer also the one that did not.
  std::string fault_of(Bytes line) const {
    const auto logs = [&](std::size_t attempts) {
      return line.contains("\"attempts\":" + std::to_string(attempts) + ",");
    };
    if (!logs(trail_.size()) && !(gave_up_ && logs(trail_.size() + 1)))
      return "the log says something else about the attempts: " + std::string(line.substr(0, 300));

    constexpr Bytes kMember = "\"trail\":\"";
    constexpr std::size_t kMost = 192;
    const std::size_t at = line.find(kMember);
    const Bytes logged = at == Bytes::npos ? Bytes() : line.substr(at + kMember.size());
    const Bytes trail = logged.substr(0, logged.find('"'));
    const Bytes told = *answer_.find("x-weir-attempts");
    if (trail.size() > kMost) return "the log's trail is too long";
    if (!told.starts_with(trail) || (!trail.empty() && trail.size() < told.size() && told[trail.size()] != ','))
      return "the log has another trail: " + std::string(trail);
    const std::size_t failed = shown_ && answer_.status == 200 ? trail_.size() - 1 : trail_.size();
    if (failed > 0 && trail.empty()) return "the log has no trail";
    return fault_of_end(line.contains("\"exhausted\":true"));
  }

  /// What ends the chain is a failure for which somebody else could be asked.
  std::string fault_of_end(bool exhausted) const {
    if (exhausted && answer_.status == 200) return "the log calls an answered request exhausted";
    const Step& last = trail_.back();
    const RequestPlan* const deployment = find(last.deployment);
    if (gave_up_ || answer_.status == 200 || !deployment || !parse_decimal(last.outcome)) return {};
    if (deployment->doors.size() > 1) return {};  // which of its credentials was the last is not known here
    const AnswerPlan& answer = deployment->with_credential(0).answer;  // whose text may not have come
    if (exhausted != (answer.again != Again::nobody) && exhausted != (answer.again_alone != Again::nobody))
      return "whether the chain is exhausted is logged wrongly: " + std::string(last.outcome);
    return {};
  }

  /// One of the first three could answer, and whoever came before it could not be held against it.
  void check_stand_in() {
    if (request_.pool != kNoPool || !is_decided(plan_, request_) || request_.spoken.lane == SpokenLane::count) return;
    for (std::size_t i = 0; i < std::min(request_.deployments(), kMostAttempts); ++i) {
      const RequestPlan& deployment = request_.deployment(i);
      const End end = end_of(plan_, deployment);
      if (end == End::fails) continue;
      const bool named = shown_ && *shown_ == name_of(deployment);
      if (end == End::answers && (answer_.status != 200 || !named || !answer_.complete))
        broken(name_of(deployment) + " could have answered");
      if (end == End::refuses && !trail_.empty() && trail_.back().deployment != name_of(deployment))
        broken("somebody was asked after " + name_of(deployment) + " had refused for all");
      return;
    }
    // None of them can: as many attempts as there may be were made, if anybody could be returned to.
    if (request_.deployments() >= kMostAttempts && trail_.size() < kMostAttempts) broken("given up too early");
    if (request_.deployments() == 2 && trail_.size() < 2) broken("the second was not asked");
  }

  void count() {
    const auto count_if = [&](bool condition, Probe probe) {
      if (condition) telling_.count(probe);
    };
    count_if(request_.deployments() > 1 && trail_.empty() && visit_.arrivals.size() == 1 && shown_ &&
                 visit_.arrivals[0].plan->answer.kind == AnswerPlan::Kind::error &&
                 visit_.arrivals[0].plan->answer.again == Again::nobody,
             Probe::refused_for_all);
    count_if(trail_.size() == kMostAttempts && answer_.status != 200, Probe::exhausted);
    if (answer_.status != 200 || !answer_.complete || trail_.empty()) return;
    for (const Step& step : trail_) {
      if (&step == &trail_.back()) break;
      const auto status = parse_decimal(step.outcome).value_or(0);
      count_if(status == 401 || status == 403 || status == 404, Probe::failover_credential);
      count_if(status == 429, Probe::failover_quota);
      count_if(status >= 500, Probe::failover_overload);
      count_if(step.outcome == "upstream_stream_error", Probe::first_event_rescued);
      count_if(step.outcome == "connect_failed", Probe::failover_refused);
      count_if(step.outcome == "connect_timeout", Probe::failover_black_hole);
      count_if(step.outcome == "first_byte_timeout" || step.outcome == "idle_timeout", Probe::failover_slow);
      count_if(
          step.outcome == "upstream_closed" || step.outcome == "upstream_reset" || step.outcome == "upstream_truncated",
          Probe::failover_cut);
    }
  }

  const Plan& plan_;
  const RequestPlan& request_;
  const HttpMessage& answer_;
  const Provider::Visit& visit_;
  Telling& telling_;
  const std::vector<Step> trail_;
  const std::string* const shown_;
  const bool gave_up_;  // weir itself did, in the middle of an attempt, which is not in the trail then
};

}  // namespace

const RequestPlan& answered_by(const RequestPlan& request, const HttpMessage& answer, const Provider::Visits& visits) {
  if (request.others.empty()) return request;
  const auto& arrivals = visit_of(visits, request.id).arrivals;
  // With the credential that it was asked with last.
  const auto last_of = [&](const RequestPlan& one) -> const RequestPlan& {
    const bool is_last = !arrivals.empty() && arrivals.back().plan->spoken.deployment == one.spoken.deployment;
    return is_last ? *arrivals.back().plan : one;
  };
  if (const auto* shown = answer.find("x-weir-deployment"))
    for (std::size_t i = 0; i < request.deployments(); ++i)
      if (request.deployment(i).spoken.deployment == *shown) return last_of(request.deployment(i));
  const std::vector<Step> trail = read_trail(answer);
  for (std::size_t i = 0; i < request.deployments() && !trail.empty(); ++i)
    if (request.deployment(i).spoken.deployment == trail.back().deployment) return last_of(request.deployment(i));
  return arrivals.empty() ? request : *arrivals.back().plan;
}

bool is_decided(const Plan& plan, const RequestPlan& request) {
  if (!plan.faultless && !plan.outage) return false;
  for (std::size_t i = 0; i < std::min(request.deployments(), kMostAttempts); ++i) {
    const End end = end_of(plan, request.deployment(i));
    if (end == End::open) return false;
    if (end != End::fails) return true;
  }
  return true;
}

void judge_attempts(const Plan& plan, const RequestPlan& request, const HttpMessage& answer,
                    const Provider::Visits& visits, Bytes log, Telling& telling) {
  if (!request.forwarded || request.spoken.lane == SpokenLane::stored || !answer.head_complete) return;
  Judge(plan, request, answer, visit_of(visits, request.id), telling).judge(log);
}

}  // namespace weir::sim
