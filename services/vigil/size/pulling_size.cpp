#include "vigil/size/pulling_size.hpp"

#include "base/json_text.hpp"
#include "vigil/size/answer.hpp"

#include <algorithm>
#include <cmath>
#include <format>

namespace vigil::size {

namespace {

std::unexpected<Error>
wrong(std::string_view name, std::string_view detail, std::string_view field) {
    return fail(
        ErrorCode::invalid_argument,
        std::format("{}: {}", name, detail),
        std::string(field)
    );
}

bool positive(double value) {
    return std::isfinite(value) && value > 0;
}

Result<void> check(const PullingLoad& load) {
    if (!positive(load.entries_per_s)) {
        return wrong(load.name, "an arrival rate sizes something only above 0", "arrival-rate");
    }
    if (!positive(load.service_s)) {
        return wrong(load.name, "a service time of an entry is above 0", "service-time");
    }
    if (!(load.headroom > 0 && load.headroom < 1)) {
        return wrong(load.name, "a headroom lies above 0 and below 1", "headroom");
    }
    if (load.partitions == 0 || load.partitions > 4096) {
        return wrong(load.name, "there are 1 to 4096 partitions", "partitions");
    }
    if (!(load.outage_s >= 0) || !std::isfinite(load.outage_s)) {
        return wrong(load.name, "an outage lasts 0 s or longer", "outage");
    }
    if (!(load.variation >= 0) || !std::isfinite(load.variation)) {
        return wrong(load.name, "a squared variation is not below 0", "variation");
    }
    return {};
}

Result<OwnersRow> row_of(const PullingLoad& load, std::uint64_t owners) {
    const auto hottest = queueing::hottest_owner(load.patients, owners, load.partitions);
    if (!hottest) {
        return std::unexpected(hottest.error());
    }
    const double each_per_s = load.entries_per_s / static_cast<double>(owners);
    OwnersRow row{
        .owners = owners,
        .utilisation = each_per_s * load.service_s,
        .hottest = *hottest
    };
    const double of_hottest = row.utilisation * row.hottest;
    if (of_hottest < 1) {
        row.lag = queueing::lag(each_per_s * row.hottest, load.service_s, load.variation).value();
        row.drain_s = queueing::drain_s(load.outage_s, of_hottest).value();
    }
    return row;
}

std::string time_text(double seconds) {
    return seconds >= 120 ? std::format("{:.3g} min", seconds / 60)
                          : std::format("{:.3g} s", seconds);
}

} // namespace

Result<PullingSize> size_pulling(const PullingLoad& load) {
    if (auto good = check(load); !good) {
        return std::unexpected(good.error());
    }
    PullingSize size{.load = load};
    const double busy = load.entries_per_s * load.service_s;
    for (auto owners =
             static_cast<std::uint64_t>(std::min(1e6, std::floor(busy / load.headroom))) + 1;
         owners <= load.partitions && size.needed == 0;
         ++owners) {
        const auto row = row_of(load, owners);
        if (!row) {
            return std::unexpected(row.error());
        }
        if (row->utilisation * row->hottest <= load.headroom) {
            size.needed = owners;
        }
    }
    if (size.needed == 0) {
        return fail(
            ErrorCode::unprocessable,
            std::format(
                "{}: as many owners as the {} partitions are not enough for {:.3g} cores of work; "
                "less work for "
                "an entry, or more partitions",
                load.name,
                load.partitions,
                busy
            )
        );
    }
    std::vector<std::uint64_t> shown{size.needed, size.needed + 1};
    if (size.needed > 1) {
        shown.push_back(size.needed - 1);
    }
    if (load.pods && std::ranges::find(shown, *load.pods) == shown.end()) {
        shown.push_back(*load.pods);
    }
    std::ranges::sort(shown);
    for (const auto owners : shown) {
        const auto row = row_of(load, owners);
        if (!row) {
            return std::unexpected(row.error());
        }
        size.rows.push_back(*row);
    }
    return size;
}

std::string pulling_text(const PullingSize& size) {
    const auto& load = size.load;
    std::string text = std::format(
        "{}: {:g} entries a second of {:g} s each, {} patients in {} partitions\n"
        "  {} pods, so that the hottest owner is busy at most {}\n",
        load.name,
        load.entries_per_s,
        load.service_s,
        load.patients,
        load.partitions,
        size.needed,
        percent(load.headroom)
    );
    for (const auto& row : size.rows) {
        text += std::format(
            "  {:>4} pods  busy {}, the hottest {:.2f} times that",
            row.owners,
            percent(row.utilisation),
            row.hottest
        );
        text += row.lag ? std::format(
                              ": lag {} mean, {} p99; {} to catch up after {}",
                              time_text(row.lag->mean_s),
                              time_text(row.lag->p99_s),
                              time_text(*row.drain_s),
                              time_text(load.outage_s)
                          )
                        : std::string(": it never catches up");
        text += row.owners == size.needed ? "  <- needed" : "";
        text += load.pods == row.owners ? "  <- runs now\n" : "\n";
    }
    return text +
           "  assumes\n"
           "    - entries come one by one at random, every patient's equally many; an owner works "
           "on one at a time\n"
           "    - patients fall into partitions at random, partitions are shared out evenly; the "
           "mean over such draws\n";
}

std::string pulling_json(const PullingSize& size) {
    JsonText json;
    json.open_object().member("name", size.load.name).member("kind", "pulling");
    json.member("pods", size.needed).key("rows").open_array();
    for (const auto& row : size.rows) {
        json.open_object().member("pods", row.owners).member("utilisation", row.utilisation);
        json.member("hottest", row.hottest);
        if (row.lag) {
            json.member("lag_mean_s", row.lag->mean_s).member("lag_p99_s", row.lag->p99_s);
            json.member("drain_s", *row.drain_s);
        }
        json.close_object();
    }
    json.close_array().close_object();
    return std::move(json).text() + "\n";
}

Result<StreamsSize> size_streams(const StreamsLoad& load) {
    constexpr double most_pods = 100'000;
    if (load.patients == 0) {
        return wrong(load.name, "without a patient there is no stream", "patients");
    }
    if (!positive(load.cpu_s)) {
        return wrong(load.name, "the CPU seconds of a patient's second are above 0", "cpu");
    }
    if (!positive(load.cores)) {
        return wrong(load.name, "a pod needs some of a core", "cores");
    }
    if (!(load.headroom > 0 && load.headroom < 1)) {
        return wrong(load.name, "a headroom lies above 0 and below 1", "headroom");
    }
    const double busy = static_cast<double>(load.patients) * load.cpu_s;
    const double pods = std::ceil(busy / (load.cores * load.headroom) - 1e-9);
    if (pods > most_pods) {
        return fail(ErrorCode::too_large, std::format("it takes more than {:g} pods", most_pods));
    }
    StreamsSize size{
        .load = load,
        .pods = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(pods))
    };
    size.utilisation = busy / (static_cast<double>(size.pods) * load.cores);
    size.utilisation_without_one =
        size.pods > 1 ? busy / (static_cast<double>(size.pods - 1) * load.cores) : 2;
    return size;
}

std::string streams_text(const StreamsSize& size) {
    const auto& load = size.load;
    return std::format(
        "{}: {} patients of {:g} CPU seconds a second, pods of {:g} cores\n"
        "  {} pods, busy {}; while one is away {}\n"
        "  assumes\n"
        "    - a sender opens one stream and makes no requests: nothing is refused, the CPU is "
        "what runs out\n"
        "    - streams are spread evenly; a pod that comes back gets none until senders connect "
        "anew\n",
        load.name,
        load.patients,
        load.cpu_s,
        load.cores,
        size.pods,
        percent(size.utilisation),
        size.utilisation_without_one < 1 ? "busy " + percent(size.utilisation_without_one)
                                         : std::string("the others cannot carry the load")
    );
}

std::string streams_json(const StreamsSize& size) {
    JsonText json;
    json.open_object().member("name", size.load.name).member("kind", "streams");
    json.member("pods", size.pods).member("utilisation", size.utilisation).close_object();
    return std::move(json).text() + "\n";
}

} // namespace vigil::size
