// AllInOne's ward: the page's feed, who may do what, stations, and the second way.
#include "base/version.hpp"
#include "vigil/all_in_one.hpp"

#include <chrono>
#include <utility>

namespace vigil {

void AllInOne::start_ward() {
    hashes_ = std::make_unique<ward::HashQueue>();
    station_board_ =
        std::make_unique<ward::StationBoard>(*journal_, directory_, clock_, random_, log_);
    feed_ = std::make_unique<ward::LiveFeed>(
        *journal_,
        directory_,
        *station_board_,
        clock_,
        log_,
        metrics_,
        program_version
    );
    sign_in_ = std::make_unique<ward::SignIn>(
        *journal_,
        directory_,
        secret_,
        clock_,
        random_,
        log_,
        *hashes_,
        ward::SignInOptions{.secure_cookie = config_.secure_cookie}
    );
    station_desk_ = std::make_unique<ward::StationDesk>(
        *journal_,
        directory_,
        secret_,
        clock_,
        random_,
        log_,
        *hashes_,
        config_.secure_cookie,
        station_board_.get()
    );
    persons_ = std::make_unique<ward::PersonGate>(directory_, *hashes_, clock_, log_);
    sizing_board_ = std::make_unique<ward::SizingBoard>(metrics_, clock_);
    administration_ = std::make_unique<ward::Administration>(
        *journal_,
        directory_,
        secret_,
        clock_,
        random_,
        log_
    );
    alarm_desk_ = std::make_unique<ward::AlarmDesk>(*journal_, directory_, clock_, random_, log_);
    device_desk_ =
        std::make_unique<ward::DeviceDesk>(*journal_, directory_, secret_, clock_, random_, log_);
    mark_desk_ = std::make_unique<ward::MarkDesk>(*journal_, directory_, clock_, random_, log_);
    video_desk_ = std::make_unique<ward::VideoDesk>(*journal_, directory_, clock_, random_, log_);
    administration_->know_models(loaded_models());
}

Result<void> AllInOne::start_second_way() {
    ward::SecondWayConfig where;
    if (!config_.second_way.empty()) {
        auto read = ward::read_second_way(config_.second_way);
        if (!read) {
            return std::unexpected(read.error());
        }
        where = std::move(*read);
    }
    auto key = ward::push_key(secret_);
    if (!key) {
        return std::unexpected(key.error());
    }
    push_key_ = std::make_unique<http::PushKey>(*std::move(key));
    push_desk_ = std::make_unique<ward::PushDesk>(
        *journal_,
        directory_,
        *push_key_,
        where,
        clock_,
        random_,
        log_
    );
    if (where.calls()) {
        ward::SecondWayOptions options;
        options.push_key = push_key_.get();
        auto started = ward::SecondWay::start(
            *journal_,
            directory_,
            clock_,
            random_,
            log_,
            metrics_,
            where,
            options
        );
        if (!started) {
            return std::unexpected(started.error());
        }
        second_way_ = std::move(*started);
        feed_->add_status([this](v1::LiveFrame& frame) { second_way_->show(frame); });
    }
    if (config_.test_patient) {
        chain_trial_ = std::make_unique<ward::ChainTrial>(
            *journal_,
            directory_,
            clock_,
            random_,
            log_,
            where,
            ward::ChainTrialOptions{.every = std::chrono::seconds(config_.test_every_s)}
        );
        feed_->add_status([this](v1::LiveFrame& frame) { chain_trial_->show(frame); });
    }
    return {};
}

} // namespace vigil
