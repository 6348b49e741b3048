#include "base/strict_json.hpp"
#include "heart_intake/read_vitals.hpp"
#include "heart_intake/vital_limits.hpp"

#include <array>
#include <format>
#include <optional>

namespace vigil::heart_intake {

namespace {

using json::Path;
using json::ondemand::object;
using json::ondemand::value;

/// What the app calls the units that the schema has in UCUM.
std::optional<std::string_view> ucum(std::string_view unit) {
    if (unit == "count/min" || unit == "bpm" || unit == "/min") {
        return "/min";
    }
    return unit == "ms" ? std::optional<std::string_view>("ms") : std::nullopt;
}

constexpr std::array<std::string_view, 9>
    point_names{"date", "source", "Avg", "avg", "qty", "Min", "min", "Max", "max"};

Result<void>
read_point_member(std::size_t name, value v, const Path& here, v1::Vital& vital, bool& valued) {
    if (name <= 1) {
        auto text = json::text(v, here);
        if (!text) {
            return std::unexpected(std::move(text.error()));
        }
        if (name == 1) {
            vital.set_source(std::string(*text));
            return {};
        }
        auto time = read_offset_time(*text);
        if (!time) {
            return json::wrong(here, std::move(time.error().detail));
        }
        vital.set_start_time_us(to_us(time->utc));
        vital.set_utc_offset_s(time->offset_s);
        return {};
    }
    auto number = json::number(v, here);
    if (!number) {
        return std::unexpected(std::move(number.error()));
    }
    if (name <= 4) {
        if (valued) {
            return json::wrong(here, "is a second value beside Avg, avg or qty");
        }
        valued = true;
        vital.set_value(*number);
    } else if (name <= 6) {
        vital.set_minimum(*number);
    } else {
        vital.set_maximum(*number);
    }
    return {};
}

Result<v1::Vital>
read_point(value from, const VitalKind& kind, std::string_view unit, const Path& path) {
    v1::Vital vital;
    vital.set_name(std::string(kind.name));
    vital.set_unit(std::string(unit));
    vital.set_batched(true);
    bool valued = false;
    // the app adds members from version to version: those that are not ours are passed over
    auto seen = json::each_member_of(
        from,
        point_names,
        path,
        [&](std::size_t name, value v, const Path& here) {
            return read_point_member(name, v, here, vital, valued);
        },
        true
    );
    if (!seen) {
        return std::unexpected(std::move(seen.error()));
    }
    if ((*seen & 1U) == 0) {
        return json::wrong(path.member("date"), "is missing");
    }
    if (!valued) {
        return json::wrong(path, "has none of Avg, avg and qty");
    }
    return vital;
}

/// One metric: its name and unit may stand behind its data.
class MetricReader {
public:
    MetricReader(PostedVitals& posted, const Path& path) : posted_(posted), path_(path) {}

    Result<void> read(object metric) {
        static constexpr std::array<std::string_view, 3> names{"name", "units", "data"};
        bool data_first = false;
        auto visit = [&](std::size_t name, value v, const Path& here) -> Result<void> {
            if (name < 2) {
                return json::keep(json::text(v, here), [&](std::string_view text) {
                    (name == 0 ? name_ : unit_) = std::string(text);
                });
            }
            if (!name_ || !unit_) {
                data_first = true;
                return {};
            }
            return points(v, here);
        };
        auto seen = json::each_member(metric, names, path_, visit, true);
        if (!seen) {
            return std::unexpected(std::move(seen.error()));
        }
        if (!name_) {
            return json::wrong(path_.member("name"), "is missing");
        }
        if (!data_first) {
            return {};
        }
        if (!unit_) {
            unit_ = "";
        }
        value data;
        if (metric.reset().error() != simdjson::SUCCESS ||
            metric.find_field("data").get(data) != simdjson::SUCCESS) {
            return json::broken(path_);
        }
        return points(data, path_.member("data"));
    }

    /// Points that come without their metric.
    Result<void> read_heart_rates(value data) {
        name_ = "heart_rate";
        unit_ = "/min";
        return points(data, path_);
    }

private:
    Result<void> points(value data, const Path& path) {
        const auto* kind = vital_kind(*name_);
        const auto unit = ucum(*unit_);
        return json::done(json::each_element(
            data,
            max_points,
            path,
            [&](std::size_t i, value v, const Path& here) -> Result<void> {
                if (++total_ > max_points) {
                    return fail(
                        ErrorCode::too_large,
                        std::format("more than {} values in one request", max_points),
                        path.text()
                    );
                }
                if (kind == nullptr) {
                    ++posted_.skipped;
                    return {};
                }
                if (unit != kind->unit) {
                    posted_.refused.push_back(
                        {i, here.text(), std::format("the metric's units are not {}", kind->unit)}
                    );
                    return {};
                }
                auto vital = read_point(v, *kind, *unit, here);
                if (vital) {
                    posted_.points.push_back({std::move(*vital), i, here.text()});
                } else if (json::is_broken(vital.error())) {
                    return std::unexpected(std::move(vital.error()));
                } else {
                    posted_.refused.push_back(
                        {i, std::move(vital.error().field), std::move(vital.error().detail)}
                    );
                }
                return {};
            }
        ));
    }

    PostedVitals& posted_;
    const Path& path_;
    std::size_t total_ = posted_.points.size() + posted_.refused.size() + posted_.skipped;
    std::optional<std::string> name_;
    std::optional<std::string> unit_;
};

Result<void> read_metrics(value from, const Path& path, PostedVitals& posted) {
    return json::done(json::each_element(
        from,
        max_metrics,
        path,
        [&](std::size_t, value v, const Path& here) -> Result<void> {
            auto metric = json::object_of(v, here);
            if (!metric) {
                return std::unexpected(std::move(metric.error()));
            }
            return MetricReader(posted, here).read(*metric);
        }
    ));
}

} // namespace

Result<PostedVitals> read_health_export(std::string& body) {
    static constexpr std::array<std::string_view, 1> outer{"data"};
    static constexpr std::array<std::string_view, 1> inner{"metrics"};
    return json::read_object(body, [](object root, const Path& path) -> Result<PostedVitals> {
        PostedVitals posted;
        bool found = false;
        auto read = json::each_member(
            root,
            outer,
            path,
            [&](std::size_t, value v, const Path& here) -> Result<void> {
                return json::done(json::each_member_of(
                    v,
                    inner,
                    here,
                    [&](std::size_t, value metrics, const Path& at) {
                        found = true;
                        return read_metrics(metrics, at, posted);
                    },
                    true
                ));
            },
            true
        );
        if (!read) {
            return std::unexpected(std::move(read.error()));
        }
        if (!found) {
            return fail(ErrorCode::invalid_argument, "is missing", "data.metrics");
        }
        return posted;
    });
}

Result<PostedVitals> read_heart_chunk(std::string& body) {
    static constexpr std::array<std::string_view, 1> names{"heartbeat_data"};
    return json::read_object(body, [](object root, const Path& path) -> Result<PostedVitals> {
        PostedVitals posted;
        auto seen =
            json::each_member(root, names, path, [&](std::size_t, value v, const Path& here) {
                return MetricReader(posted, here).read_heart_rates(v);
            });
        if (!seen) {
            return std::unexpected(std::move(seen.error()));
        }
        if (*seen == 0) {
            return json::wrong(path.member("heartbeat_data"), "is missing");
        }
        return posted;
    });
}

} // namespace vigil::heart_intake
