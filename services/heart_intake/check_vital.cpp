#include "heart_intake/check_vital.hpp"

#include "heart_intake/vital_limits.hpp"

#include <algorithm>
#include <cmath>
#include <format>
#include <limits>

namespace vigil::heart_intake {

namespace {

std::unexpected<Error> wrong(std::string field, std::string detail) {
    return fail(ErrorCode::invalid_argument, std::move(detail), std::move(field));
}

Result<void> check_time(std::int64_t time_us, UtcTime latest) {
    if (time_us < earliest_us) {
        return wrong("start_time_us", "lies before 1990");
    }
    if (time_us > to_us(latest)) {
        return wrong("start_time_us", "lies more than a minute in the future");
    }
    return {};
}

bool is_name(std::string_view text) {
    return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '.' || c == ':' || c == '-';
    });
}

} // namespace

Result<void> check_vital(const v1::Vital& vital, UtcTime latest) {
    const auto* kind = vital_kind(vital.name());
    if (kind == nullptr) {
        return wrong("name", "is not the name of a vital that is kept");
    }
    if (vital.unit() != kind->unit) {
        return wrong("unit", std::format("must be {} (UCUM)", kind->unit));
    }
    const auto in_range = [&](double value) {
        return std::isfinite(value) && value >= kind->low && value <= kind->high;
    };
    const auto range = [&] {
        return std::format("must lie between {} and {}", kind->low, kind->high);
    };
    if (!in_range(vital.value())) {
        return wrong("value", range());
    }
    if (vital.has_minimum() && !in_range(vital.minimum())) {
        return wrong("minimum", range());
    }
    if (vital.has_maximum() && !in_range(vital.maximum())) {
        return wrong("maximum", range());
    }
    if (vital.has_minimum() && vital.has_maximum() && vital.minimum() > vital.maximum()) {
        return wrong("minimum", "is greater than the maximum");
    }
    constexpr int day_s = 24 * 3600;
    if (vital.utc_offset_s() < -day_s || vital.utc_offset_s() > day_s) {
        return wrong("utc_offset_s", "is more than a day");
    }
    if (vital.source().size() > max_source_bytes ||
        std::ranges::any_of(vital.source(), [](char c) { return c >= 0 && c < ' '; })) {
        return wrong(
            "source",
            std::format("must be at most {} bytes of plain text", max_source_bytes)
        );
    }
    return check_time(vital.start_time_us(), latest);
}

Result<void> check_beats(const v1::Beats& beats, UtcTime latest) {
    if (!is_name(beats.device())) {
        return wrong("device", "must be 1 to 64 of A-Z a-z 0-9 _ . : -");
    }
    if (!is_name(beats.stream())) {
        return wrong("stream", "must be 1 to 64 of A-Z a-z 0-9 _ . : -");
    }
    const auto count = static_cast<std::size_t>(beats.rr_us_size());
    if (count == 0) {
        return wrong("rr_us", "must have at least one interval");
    }
    if (count > max_intervals) {
        return fail(
            ErrorCode::too_large,
            std::format("has more than {} intervals", max_intervals),
            "rr_us"
        );
    }
    for (std::size_t i = 0; i < count; ++i) {
        const auto rr = beats.rr_us(static_cast<int>(i));
        if (rr < min_rr_us || rr > max_rr_us) {
            return wrong(
                std::format("rr_us[{}]", i),
                std::format("must lie between {} and {}", min_rr_us, max_rr_us)
            );
        }
    }
    if (beats.first_beat() > std::numeric_limits<std::uint64_t>::max() - count) {
        return wrong("first_beat", "goes over 64 bits together with rr_us");
    }
    return check_time(beats.start_time_us(), latest);
}

} // namespace vigil::heart_intake
