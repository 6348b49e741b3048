#include "ward/ward.hpp"

#include "base/version.hpp"
#include "ward/push_way.hpp"
#include "ward/routes.hpp"

#include <algorithm>
#include <utility>

namespace vigil::ward {

Result<std::unique_ptr<Ward>> Ward::start(const Ground& on, WardOptions options) {
    SecondWayConfig where;
    if (!options.second_way.empty()) {
        auto read = read_second_way(options.second_way);
        if (!read) {
            return std::unexpected(read.error());
        }
        where = *std::move(read);
    }
    auto key = ward::push_key(on.secret);
    if (!key) {
        return std::unexpected(key.error());
    }
    std::unique_ptr<Ward> ward(new Ward(on, std::move(options), std::move(where), *std::move(key)));
    if (auto started = ward->start_calls(); !started) {
        return std::unexpected(started.error());
    }
    return ward;
}

Ward::Ward(const Ground& on, WardOptions options, SecondWayConfig where, http::PushKey key)
    : on_(on),
      options_(std::move(options)),
      where_(std::move(where)),
      push_key_(std::move(key)),
      hashes_(std::make_unique<HashQueue>()),
      stations_(on.journal, on.directory, on.clock, on.random, on.log, {.ward = options_.name}),
      feed_(std::make_unique<LiveFeed>(
          on.journal,
          on.directory,
          stations_,
          on.clock,
          on.log,
          on.metrics,
          program_version
      )),
      sign_in_(
          on.journal,
          on.directory,
          on.secret,
          on.clock,
          on.random,
          on.log,
          *hashes_,
          {.secure_cookie = options_.secure_cookie}
      ),
      station_desk_(
          on.journal,
          on.directory,
          on.secret,
          on.clock,
          on.random,
          on.log,
          *hashes_,
          options_.secure_cookie,
          &stations_
      ),
      persons_(on.directory, *hashes_, on.clock, on.log),
      sizing_(on.metrics, on.clock),
      administration_(on.journal, on.directory, on.secret, on.clock, on.random, on.log),
      alarm_desk_(on.journal, on.directory, on.clock, on.random, on.log),
      device_desk_(on.journal, on.directory, on.secret, on.clock, on.random, on.log),
      mark_desk_(on.journal, on.directory, on.clock, on.random, on.log),
      video_desk_(on.journal, on.directory, on.clock, on.random, on.log),
      push_desk_(on.journal, on.directory, push_key_, where_, on.clock, on.random, on.log) {
    if (!options_.models.empty()) {
        administration_.know_models(options_.models);
    }
}

Result<void> Ward::start_calls() {
    if (where_.calls()) {
        SecondWayOptions calling;
        calling.push_key = &push_key_;
        calling.on_duty = options_.on_duty;
        auto started = SecondWay::start(
            on_.journal,
            on_.directory,
            on_.clock,
            on_.random,
            on_.log,
            on_.metrics,
            where_,
            std::move(calling)
        );
        if (!started) {
            return std::unexpected(started.error());
        }
        second_way_ = *std::move(started);
        feed_->add_status([this](v1::LiveFrame& frame) { second_way_->show(frame); });
    }
    if (options_.test_patient) {
        chain_trial_ = std::make_unique<ChainTrial>(
            on_.journal,
            on_.directory,
            on_.clock,
            on_.random,
            on_.log,
            where_,
            ChainTrialOptions{.every = options_.test_every, .on_duty = options_.on_duty}
        );
        feed_->add_status([this](v1::LiveFrame& frame) { chain_trial_->show(frame); });
    }
    return {};
}

// What shows the others' state ends before them, and what runs on a thread of its own before what
// it works on.
Ward::~Ward() {
    chain_sender_.reset();
    feed_.reset();
    chain_trial_.reset();
    second_way_.reset();
    hashes_.reset();
}

void Ward::add_routes(http::Router& router) {
    ward::add_routes(
        router,
        {.feed = *feed_,
         .sign_in = sign_in_,
         .administration = administration_,
         .alarm_desk = alarm_desk_,
         .device_desk = device_desk_,
         .mark_desk = mark_desk_,
         .stations = station_desk_,
         .persons = persons_,
         .sizing = sizing_,
         .push_desk = push_desk_,
         .video_desk = video_desk_,
         .second_way = second_way_.get()}
    );
}

void Ward::send_test_data(std::string intake_url) {
    if (!options_.test_patient) {
        return;
    }
    chain_sender_ = std::make_unique<ChainSender>(
        on_.journal,
        on_.directory,
        on_.secret,
        on_.clock,
        on_.random,
        on_.log,
        ChainSenderOptions{
            .url = std::move(intake_url),
            .every = options_.test_every,
            .on_duty = options_.on_duty
        }
    );
}

journal::Sequence Ward::reached() const {
    const auto shown = feed_->reached();
    return second_way_ ? std::min(shown, second_way_->reached()) : shown;
}

} // namespace vigil::ward
