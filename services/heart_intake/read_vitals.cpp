#include "heart_intake/read_vitals.hpp"

#include "base/strict_json.hpp"
#include "heart_intake/vital_limits.hpp"

#include <array>
#include <format>
#include <limits>

namespace vigil::heart_intake {

namespace {

using json::Path;
using json::ondemand::object;
using json::ondemand::value;

constexpr std::int64_t int64_min = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t int64_max = std::numeric_limits<std::int64_t>::max();

std::string place_of(std::size_t index) {
    return std::format("vitals[{}]", index);
}

Result<v1::Vital> read_vital(value from, const Path& path) {
    static constexpr std::array<std::string_view, 10> names{
        "name",
        "unit",
        "source",
        "value",
        "minimum",
        "maximum",
        "start_time_us",
        "utc_offset_s",
        "batched",
        "synthetic"
    };
    v1::Vital vital;
    auto seen = json::each_member_of(
        from,
        names,
        path,
        [&](std::size_t name, value v, const Path& here) -> Result<void> {
            switch (name) {
                case 0:
                    return json::keep(json::text(v, here), [&](std::string_view t) {
                        vital.set_name(std::string(t));
                    });
                case 1:
                    return json::keep(json::text(v, here), [&](std::string_view t) {
                        vital.set_unit(std::string(t));
                    });
                case 2:
                    return json::keep(json::text(v, here), [&](std::string_view t) {
                        vital.set_source(std::string(t));
                    });
                case 3:
                    return json::keep(json::number(v, here), [&](double d) { vital.set_value(d); });
                case 4:
                    return json::keep(json::number(v, here), [&](double d) {
                        vital.set_minimum(d);
                    });
                case 5:
                    return json::keep(json::number(v, here), [&](double d) {
                        vital.set_maximum(d);
                    });
                case 6:
                    return json::keep(json::integer(v, here, int64_min, int64_max), [&](auto n) {
                        vital.set_start_time_us(n);
                    });
                case 7:
                    return json::keep(json::integer(v, here, -86'400, 86'400), [&](auto n) {
                        vital.set_utc_offset_s(static_cast<std::int32_t>(n));
                    });
                case 8:
                    return json::keep(json::boolean(v, here), [&](bool b) {
                        vital.set_batched(b);
                    });
                default:
                    return json::keep(json::boolean(v, here), [&](bool b) {
                        vital.set_synthetic(b);
                    });
            }
        }
    );
    if (!seen) {
        return std::unexpected(std::move(seen.error()));
    }
    if ((*seen & (1U << 3)) == 0) {
        return json::wrong(path.member("value"), "is missing");
    }
    return vital;
}

} // namespace

Result<PostedVitals> read_vitals_json(std::string& body) {
    static constexpr std::array<std::string_view, 1> names{"vitals"};
    return json::read_object(body, [](object root, const Path& path) -> Result<PostedVitals> {
        PostedVitals posted;
        auto seen = json::each_member(
            root,
            names,
            path,
            [&](std::size_t, value v, const Path& here) -> Result<void> {
                return json::done(json::each_element(
                    v,
                    max_points,
                    here,
                    [&](std::size_t i, value item, const Path& at) {
                        // our own format: a fault of form refuses the whole, a value out of bounds
                        // only itself
                        return json::keep(read_vital(item, at), [&](v1::Vital& vital) {
                            posted.points.push_back({std::move(vital), i, at.text()});
                        });
                    }
                ));
            }
        );
        if (!seen) {
            return std::unexpected(std::move(seen.error()));
        }
        if (posted.points.empty()) {
            return json::wrong(path.member("vitals"), "must have at least one value");
        }
        return posted;
    });
}

Result<PostedVitals> read_vitals_protobuf(std::string_view body) {
    v1::VitalBatch batch;
    if (body.size() > max_vitals_bytes ||
        !batch.ParseFromArray(body.data(), static_cast<int>(body.size()))) {
        return fail(ErrorCode::invalid_argument, "the body is not a whole VitalBatch");
    }
    const auto count = static_cast<std::size_t>(batch.vitals_size());
    if (count == 0) {
        return fail(ErrorCode::invalid_argument, "must have at least one value", "vitals");
    }
    if (count > max_points) {
        return fail(
            ErrorCode::too_large,
            std::format("has more than {} elements", max_points),
            "vitals"
        );
    }
    PostedVitals posted;
    posted.points.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        auto& vital = *batch.mutable_vitals(static_cast<int>(i));
        vital.DiscardUnknownFields();
        posted.points.push_back({std::move(vital), i, place_of(i)});
    }
    return posted;
}

Result<v1::Beats> read_beats_json(std::string& body) {
    static constexpr std::array<std::string_view, 6>
        names{"device", "stream", "first_beat", "start_time_us", "rr_us", "synthetic"};
    return json::read_object(body, [](object root, const Path& path) -> Result<v1::Beats> {
        v1::Beats beats;
        auto seen = json::each_member(
            root,
            names,
            path,
            [&](std::size_t name, value v, const Path& here) -> Result<void> {
                switch (name) {
                    case 0:
                        return json::keep(json::text(v, here), [&](std::string_view t) {
                            beats.set_device(std::string(t));
                        });
                    case 1:
                        return json::keep(json::text(v, here), [&](std::string_view t) {
                            beats.set_stream(std::string(t));
                        });
                    case 2:
                        return json::keep(json::integer(v, here, 0, int64_max), [&](auto n) {
                            beats.set_first_beat(static_cast<std::uint64_t>(n));
                        });
                    case 3:
                        return json::keep(
                            json::integer(v, here, int64_min, int64_max),
                            [&](auto n) { beats.set_start_time_us(n); }
                        );
                    case 4:
                        return json::done(json::each_element(
                            v,
                            max_intervals,
                            here,
                            [&](std::size_t, value rr, const Path& at) {
                                return json::keep(
                                    json::integer(rr, at, min_rr_us, max_rr_us),
                                    [&](auto n) { beats.add_rr_us(static_cast<std::uint32_t>(n)); }
                                );
                            }
                        ));
                    default:
                        return json::keep(json::boolean(v, here), [&](bool b) {
                            beats.set_synthetic(b);
                        });
                }
            }
        );
        if (!seen) {
            return std::unexpected(std::move(seen.error()));
        }
        return beats;
    });
}

} // namespace vigil::heart_intake
