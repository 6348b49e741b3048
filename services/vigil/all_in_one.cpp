#include "vigil/all_in_one.hpp"

#include "access/authenticator.hpp"
#include "access/sign_in_link.hpp"
#include "detect/line_length.hpp"
#include "detector/routes.hpp"
#include "eeg_intake/routes.hpp"
#include "heart_intake/routes.hpp"
#include "journal/sqlite_journal.hpp"
#include "records/routes.hpp"
#include "store/sqlite_store.hpp"

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
    if (auto ward = vigil->start_ward(); !ward) {
        return std::unexpected(ward.error());
    }
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

std::vector<ward::LoadedModel> AllInOne::loaded_models() const {
    std::vector<ward::LoadedModel> models;
    const auto add = [&models](const auto& card) {
        models.push_back({.name = card.name, .version = card.version});
    };
    add(scorer_->card());
    add(detect::line_length_card());
    for (const auto& scorer : models_.scorers) {
        add(scorer->card());
    }
    for (const auto& model : models_.spectrograms) {
        add(model->card());
    }
    return models;
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
        return std::min({detector_->replay_floor(), intake_tail_->reached(), ward_->reached()});
    };
    records_ =
        std::make_unique<records::Service>(*journal_, *store_, clock_, log_, metrics_, keeping);
    queries_ = std::make_unique<records::QueryPool>();
}

Result<void> AllInOne::start_ward() {
    auto ward = ward::Ward::start(
        {*journal_, directory_, secret_, clock_, random_, log_, metrics_},
        {.secure_cookie = config_.secure_cookie,
         .second_way = config_.second_way,
         .test_patient = config_.test_patient,
         .test_every = std::chrono::seconds(config_.test_every_s),
         .models = loaded_models()}
    );
    if (!ward) {
        return std::unexpected(ward.error());
    }
    ward_ = *std::move(ward);
    return {};
}

http::Router AllInOne::public_routes() {
    http::Router router;
    eeg_intake::add_routes(router, *eeg_, config_.intake_slots);
    heart_intake::add_routes(router, *heart_, config_.intake_slots);
    detector::add_routes(router, *predictor_, http::Access::device, config_.predict_slots);
    records::add_routes(router, questions());
    ward_->add_routes(router);
    add_legacy_routes(router);
    return router;
}

void AllInOne::add_legacy_routes(http::Router& router) {
    eeg_intake::LegacyOptions intake{
        .open_eeg = opened(config_, "eeg"),
        .open_heart = opened(config_, "heartbeat"),
        .open_adds = opened(config_, "adds"),
        .senders = {config_.legacy_senders.begin(), config_.legacy_senders.end()},
        .zone = eeg_intake::LocalZone::named(config_.legacy_zone)
                    .value(), // faults_of() has looked it up
        .wait = config_.score_deadline,
        .slots = config_.legacy_slots,
    };
    eeg_intake::add_legacy_routes(
        router,
        *eeg_,
        intake,
        heart_intake::legacy_heart(*heart_, config_.legacy_heart)
    );

    heart_intake::add_legacy_routes(
        router,
        *heart_,
        {.open_adds = opened(config_, "adds"),
         .patient_without_key = config_.legacy_heart,
         .slots = config_.legacy_slots}
    );
    records::LegacyOptions lists;
    if (opened(config_, "lists")) {
        lists.open.insert(
            {"/eeg_chunks/get_last_chunks_list", "/heartbeat_chunks/get_last_chunks_list"}
        );
    }
    if (opened(config_, "page-lists")) {
        lists.open.insert({"/eeg_data", "/heartbeat_data"});
    }
    records::add_legacy_routes(router, questions(), lists);
    for (const auto& name : config_.legacy_open) {
        log_.warning("door_open", {{"door", name}, {"without_key", true}});
    }
}

records::RouteParts AllInOne::questions() {
    return {
        .core = records_->core(),
        .store = *store_,
        .pool = *queries_,
        .directory = directory_,
        .clock = clock_,
        .slots = config_.query_slots
    };
}

std::vector<process::Check> AllInOne::checks() const {
    return {
        {.name = "journal_writable", .holds = [this] { return journal_->health().writable; }},
        {.name = "detector_owns", .holds = [this] { return detector_->owns(); }},
        {.name = "records_storing", .holds = [this] { return !records_->failing(); }}
    };
}

Result<void> AllInOne::start_servers() {
    servers_ = std::make_unique<process::Servers>(
        process::ServersConfig{
            .address = config_.address,
            .port = config_.port,
            .monitor_port = config_.monitor_port,
            .threads = config_.threads
        },
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
    if (auto listening = servers_->start(checks()); !listening) {
        return listening;
    }
    ward_->send_test_data(base_url());
    return folder_.note_address(base_url());
}

std::string AllInOne::base_url() const {
    return servers_->base_url();
}

std::string AllInOne::new_sign_in_link() {
    return access::make_sign_in_link(secret_, random_, clock_.utc());
}

std::string AllInOne::monitor_url() const {
    return servers_->monitor_url();
}

AllInOne::~AllInOne() {
    if (servers_) {
        ward_->end_test_data();
        folder_.forget_address();
        servers_->drain(config_.drain);
    }
    servers_.reset();
    // Monitor and records ask the others how far they are, until they have stopped.
    if (records_) {
        records_->stop();
    }
    intake_tail_.reset();
    ward_.reset();
    detector_.reset();
}

} // namespace vigil
