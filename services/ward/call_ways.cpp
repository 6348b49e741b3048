#include "ward/call_ways.hpp"

#include "ward/webhook.hpp"

#include <algorithm>
#include <utility>

namespace vigil::ward {

namespace {

using Try = v1::CallAttempt::Try;

Try try_of(Way way, const Delivery& delivery) {
    Try made;
    made.set_way(way);
    made.set_status(delivery.status);
    made.set_detail(delivery.detail);
    made.set_took_us(delivery.took.count());
    made.set_accepted(delivery.delivered());
    return made;
}

/// The first that failed says why; where none did, the first that was taken.
void summarise(Tried& tried) {
    const auto failed = std::ranges::find_if(tried.tries, [&](const Try& one) {
        return !one.accepted() && !tried.delivered;
    });
    const auto shown =
        failed != tried.tries.end() ? failed : std::ranges::find_if(tried.tries, &Try::accepted);
    if (shown != tried.tries.end()) {
        tried.status = shown->status();
        tried.detail = shown->detail();
    }
    for (const auto& one : tried.tries) {
        tried.took = std::max(tried.took, std::chrono::microseconds(one.took_us()));
    }
}

} // namespace

CallWays::CallWays(
    const access::Directory& directory,
    SecondWayConfig config,
    const http::PushKey* push_key,
    Random& random,
    Log& log,
    Metrics& metrics
)
    : directory_(directory),
      config_(std::move(config)),
      log_(log),
      pushed_(metrics.counter("vigil_ward_pushes_total", "Pushes that a push service accepted")),
      push_failures_(
          metrics.counter("vigil_ward_push_failures_total", "Pushes that no push service accepted")
      ) {
    if (!config_.push_contact.empty() && push_key != nullptr) {
        push_.emplace(*push_key, config_, random);
    }
}

Tried CallWays::attempt(const CallLedger::Turn& turn, UtcTime now) {
    Tried tried;
    const bool posts = !config_.webhook_url.empty();
    const bool will_post = posts && !turn.accepted.contains(Try::WEBHOOK);
    auto browsers = push_ && !turn.accepted.contains(Try::PUSH) ? push_->called(*directory_.state())
                                                                : std::vector<v1::PushBrowser>();
    Delivery posted;
    std::vector<Pushed> pushed;
    {
        std::vector<std::jthread> posting;
        if (will_post) {
            run_beside(posting, [&] {
                posted = post_webhook(config_, turn.call, turn.attempt, now);
            });
        }
        if (!browsers.empty()) {
            pushed = push_->send(std::move(browsers), turn.call, now);
        }
    }
    if (will_post) {
        tried.tries.push_back(try_of(Try::WEBHOOK, posted));
    }
    take_pushes(turn, std::move(pushed), tried);
    const auto accepted = [&](Way way) {
        return turn.accepted.contains(way) || std::ranges::any_of(tried.tries, [&](const Try& one) {
                   return one.way() == way && one.accepted();
               });
    };
    const auto pushes_made = tried.tries.size() - (will_post ? 1 : 0);
    const bool pushes = accepted(Try::PUSH) || pushes_made > tried.gone.size();
    const bool post_waits = posts && !accepted(Try::WEBHOOK);
    const bool push_waits = pushes && !accepted(Try::PUSH);
    tried.delivered = (posts || pushes) && !post_waits && !push_waits;
    if (post_waits) {
        tried.wait = push_waits ? std::min<Microseconds>(tried.wait, posted.wait) : posted.wait;
    }
    summarise(tried);
    if (!posts && !pushes) {
        tried.detail = "There is no browser that could be called: nobody has asked for it.";
    }
    return tried;
}

void CallWays::take_pushes(const CallLedger::Turn& turn, std::vector<Pushed> pushed, Tried& tried) {
    std::chrono::seconds wait = pushed.empty() ? std::chrono::seconds(0) : PushWay::longest_wait;
    for (auto& one : pushed) {
        const auto& delivery = one.delivery;
        auto made = try_of(Try::PUSH, delivery);
        made.set_browser(one.browser.id());
        made.set_user(one.browser.user());
        log_.info(
            "push_attempt",
            {{"call", to_hex(turn.call.id())},
             {"browser", one.browser.id()},
             {"status", delivery.status},
             {"trouble", delivery.detail}}
        );
        (delivery.delivered() ? pushed_ : push_failures_).Increment();
        tried.tries.push_back(std::move(made));
        if (one.gone()) {
            tried.gone.push_back(std::move(one.browser));
        } else if (!delivery.delivered()) {
            wait = std::min(wait, delivery.wait);
        }
    }
    tried.wait = wait;
}

} // namespace vigil::ward
