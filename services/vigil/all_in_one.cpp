#include "vigil/all_in_one.hpp"

#include "access/authenticator.hpp"
#include "base/json_text.hpp"
#include "detector/routes.hpp"
#include "eeg_intake/routes.hpp"
#include "heart_intake/routes.hpp"
#include "journal/sqlite_journal.hpp"
#include "records/routes.hpp"
#include "store/sqlite_store.hpp"
#include "ward/routes.hpp"

#include <algorithm>
#include <format>

namespace vigil {

namespace {

/// How far back intake reads at its start, to recognise what is sent again after a restart; older
/// repeats are recognised by detector, records and ward.
constexpr journal::Sequence intake_reads_back = 20'000;

// While much comes, what follows closely is committed, scored and shown together. On the way from a
// sample to the page (250 ms) these are a few ms; what they save is in docs/performance.md.
constexpr std::chrono::milliseconds between_commits{4};
constexpr journal::Pace between_steps{.pause = std::chrono::milliseconds(5), .enough = 32};
constexpr journal::Pace between_answers{.pause = std::chrono::milliseconds(2), .enough = 32};

bool opened(const ServeConfig& config, std::string_view name) {
    return std::ranges::contains(config.legacy_open, name);
}

} // namespace

Result<std::unique_ptr<AllInOne>> AllInOne::start(const ServeConfig& config, Log& log) {
    std::unique_ptr<AllInOne> vigil(new AllInOne(config, log));
    if (auto opened_state = vigil->open_state(); !opened_state) {
        return std::unexpected(opened_state.error());
    }
    vigil->start_services();
    if (auto started = vigil->records_->start(); !started) {
        return std::unexpected(started.error());
    }
    if (auto listening = vigil->start_servers(); !listening) {
        return std::unexpected(listening.error());
    }
    return vigil;
}

Result<void> AllInOne::open_state() {
    if (auto made = folder_.make(); !made) {
        return made;
    }
    auto secret = access::load_or_make_secret(folder_.secret(), random_);
    if (!secret) {
        return std::unexpected(secret.error());
    }
    secret_ = *secret;
    auto journal = journal::SqliteJournal::open(
        {.folder = folder_.journal(),
         .segment_bytes = config_.segment_mib << 20,
         .queue_entries = config_.queue_entries,
         .gather = between_commits},
        clock_,
        log_
    );
    if (!journal) {
        return std::unexpected(journal.error());
    }
    journal_ = std::move(*journal);
    auto store = store::SqliteStore::open({.file = folder_.store()}, log_);
    if (!store) {
        return std::unexpected(store.error());
    }
    store_ = std::move(*store);
    for (auto* place : {&scorer_, &predict_scorer_}) {
        auto scorer = detect::window_178();
        if (!scorer) {
            return std::unexpected(scorer.error());
        }
        *place = std::move(*scorer);
    }
    if (auto loaded = load_folder(); !loaded) {
        return loaded;
    }
    return directory_.load(*journal_);
}

/// A model that cannot be used is said, and the others go on.
Result<void> AllInOne::load_folder() {
    if (config_.models.empty()) {
        return {};
    }
    auto loaded = detector::load_models(config_.models);
    if (!loaded) {
        return std::unexpected(loaded.error());
    }
    models_ = std::move(*loaded);
    for (const auto& fault : models_.faults) {
        log_.error("model_not_loaded", fault);
    }
    const auto say = [this](const std::string& name, const std::string& version) {
        log_.info("model_loaded", {{"model", name + ' ' + version}});
    };
    for (const auto& scorer : models_.scorers) {
        say(scorer->card().name, scorer->card().version);
    }
    for (const auto& model : models_.spectrograms) {
        say(model->card().name, model->card().version);
    }
    return {};
}

std::vector<std::string> AllInOne::model_names() const {
    std::vector<std::string> names{"window-178", "line-length"};
    for (const auto& scorer : models_.scorers) {
        names.push_back(scorer->card().name);
    }
    for (const auto& model : models_.spectrograms) {
        names.push_back(model->card().name);
    }
    return names;
}

void AllInOne::start_services() {
    eeg_ = std::make_unique<eeg_intake::EegIntake>(
        eeg_intake::Dependencies{*journal_, directory_, clock_, random_, metrics_}
    );
    heart_ = std::make_unique<heart_intake::HeartIntake>(
        heart_intake::Dependencies{*journal_, directory_, clock_, random_, metrics_}
    );
    eeg_->start();
    const auto newest = journal_->newest();
    const auto back = newest > intake_reads_back ? newest - intake_reads_back : 0;
    intake_tail_ = std::make_unique<journal::Tail>(
        *journal_,
        std::max(back, journal_->oldest() - 1),
        [this](std::span<const journal::StoredPtr> entries) {
            directory_.apply(entries);
            eeg_->apply(entries);
            heart_->apply(entries);
        },
        log_,
        between_answers
    );
    detector::ServiceOptions detecting;
    detecting.core.partitions = directory_.state()->partitions;
    detecting.pace = between_steps;
    detecting.core.models = models_.models();
    detecting.core.epoch = static_cast<std::uint64_t>(to_us(clock_.utc()));
    detector_ =
        std::make_unique<detector::Service>(*journal_, *scorer_, clock_, log_, metrics_, detecting);
    predictor_ = std::make_unique<detector::Predictor>(*predict_scorer_, metrics_);
    records::ServiceOptions keeping;
    keeping.keep_time = config_.keep_journal;
    keeping.directory = &directory_;
    keeping.floor = [this] {
        return std::min({detector_->replay_floor(), intake_tail_->reached(), feed_->reached()});
    };
    records_ =
        std::make_unique<records::Service>(*journal_, *store_, clock_, log_, metrics_, keeping);
    queries_ = std::make_unique<records::QueryPool>();
    feed_ = std::make_unique<ward::LiveFeed>(
        *journal_,
        directory_,
        clock_,
        log_,
        metrics_,
        VIGIL_VERSION
    );
    sign_in_ = std::make_unique<ward::SignIn>(
        directory_,
        secret_,
        clock_,
        log_,
        ward::SignInOptions{.links = folder_.links(), .secure_cookie = config_.secure_cookie}
    );
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
    administration_->know_models(model_names());
}

http::Router AllInOne::public_routes() {
    http::Router router;
    eeg_intake::add_routes(router, *eeg_);
    heart_intake::add_routes(router, *heart_);
    detector::add_routes(router, *predictor_);
    records::add_routes(router, {records_->core(), *store_, *queries_, directory_, clock_});
    ward::add_routes(
        router,
        {*feed_, *sign_in_, *administration_, *alarm_desk_, *device_desk_, *mark_desk_}
    );
    add_legacy_routes(router);
    return router;
}

void AllInOne::add_legacy_routes(http::Router& router) {
    eeg_intake::LegacyOptions intake{
        .open_eeg = opened(config_, "eeg"),
        .open_heart = opened(config_, "heartbeat"),
        .senders = {config_.legacy_senders.begin(), config_.legacy_senders.end()},
        .zone = eeg_intake::LocalZone::named(config_.legacy_zone)
                    .value(), // faults_of() has looked it up
        .wait = config_.score_deadline,
    };
    eeg_intake::add_legacy_routes(
        router,
        *eeg_,
        intake,
        heart_intake::legacy_heart(*heart_, config_.legacy_heart)
    );

    records::LegacyOptions lists{
        .open = {},
        .add_eeg = eeg_intake::post_legacy_chunk(*eeg_, intake),
        .add_heart = heart_intake::legacy_heart_chunk(*heart_, config_.legacy_heart),
    };
    if (opened(config_, "lists")) {
        lists.open.insert(
            {"/eeg_chunks/get_last_chunks_list", "/heartbeat_chunks/get_last_chunks_list"}
        );
    }
    if (opened(config_, "adds")) {
        lists.open.insert({"/eeg_chunks/add", "/heartbeat_chunks/add"});
    }
    if (opened(config_, "page-lists")) {
        lists.open.insert({"/eeg_data", "/heartbeat_data"});
    }
    records::add_legacy_routes(
        router,
        {records_->core(), *store_, *queries_, directory_, clock_},
        lists
    );
    for (const auto& name : config_.legacy_open) {
        log_.warning("door_open", {{"door", name}, {"without_key", true}});
    }
}

bool AllInOne::ready() const {
    return !draining_ && journal_->health().writable && detector_->owns() && !records_->failing();
}

http::Router AllInOne::monitor_routes() {
    http::Router router;
    const http::RouteOptions open{.access = http::Access::open};
    router.add(http::Verb::get, "/livez", open, [](http::Request, http::Reply reply) {
        reply(http::Response::json(R"({"live":true})"));
    });
    router.add(http::Verb::get, "/readyz", open, [this](http::Request, http::Reply reply) {
        JsonText json;
        json.open_object()
            .member("ready", ready())
            .member("draining", draining_.load())
            .member("journal_writable", journal_->health().writable)
            .member("detector_owns", detector_->owns())
            .member("records_failing", records_->failing())
            .close_object();
        reply(http::Response::json(std::move(json).text(), ready() ? 200 : 503));
    });
    router.add(http::Verb::get, "/metrics", open, [this](http::Request, http::Reply reply) {
        reply(
            {.status = 200,
             .content_type = "text/plain; version=0.0.4",
             .body = metrics_.text(),
             .headers = {}}
        );
    });
    return router;
}

Result<void> AllInOne::start_servers() {
    http::ServerConfig serving;
    serving.address = config_.address;
    serving.port = config_.port;
    serving.threads = config_.threads;
    server_ = std::make_unique<http::Server>(
        serving,
        public_routes(),
        access::make_authenticator(
            directory_,
            secret_,
            access::administrator_token(secret_),
            clock_
        ),
        clock_,
        log_,
        metrics_
    );
    http::ServerConfig monitoring;
    monitoring.address = config_.address;
    monitoring.port = config_.monitor_port;
    monitoring.max_connections = 64;
    monitor_ = std::make_unique<http::Server>(
        monitoring,
        monitor_routes(),
        [](const http::Request&) { return http::Principal{}; },
        clock_,
        log_,
        monitor_metrics_
    );
    if (auto listening = monitor_->start(); !listening) {
        return listening;
    }
    if (auto listening = server_->start(); !listening) {
        return listening;
    }
    return folder_.note_address(base_url());
}

std::string AllInOne::base_url() const {
    const auto host = config_.address == "0.0.0.0" ? std::string("127.0.0.1") : config_.address;
    return std::format("http://{}:{}", host, server_->port());
}

std::string AllInOne::monitor_url() const {
    return std::format(
        "http://{}:{}",
        config_.address == "0.0.0.0" ? "127.0.0.1" : config_.address,
        monitor_->port()
    );
}

AllInOne::~AllInOne() {
    draining_ = true;
    if (server_) {
        folder_.forget_address();
        server_->drain(config_.drain);
    }
    server_.reset();
    if (monitor_) {
        monitor_->drain(std::chrono::milliseconds(500));
    }
    monitor_.reset();
    // Monitor and records ask the others how far they are, until they have stopped.
    if (records_) {
        records_->stop();
    }
    feed_.reset();
    intake_tail_.reset();
    detector_.reset();
}

} // namespace vigil
