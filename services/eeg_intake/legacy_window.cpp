#include "eeg_intake/legacy_window.hpp"

#include "base/strict_json.hpp"
#include "journal/sample_ranges.hpp"

#include <charconv>
#include <format>
#include <limits>

namespace vigil::eeg_intake {

namespace {

using json::Path;
using json::ondemand::object;
using json::ondemand::value;

Result<std::uint32_t> read_user(value from, const Path& path) {
    constexpr std::int64_t most = std::numeric_limits<std::uint32_t>::max();
    std::string_view text;
    if (from.get_string().get(text) != simdjson::SUCCESS) {
        auto number = json::integer(from, path, 1, most);
        if (!number) {
            return std::unexpected(std::move(number.error()));
        }
        return static_cast<std::uint32_t>(*number);
    }
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size() || number == 0) {
        return json::wrong(path, "must be the number of a user");
    }
    return number;
}

Result<void> read_samples(value from, const Path& path, LegacyWindow& window) {
    auto count = json::each_element(
        from,
        legacy_samples,
        path,
        [&](std::size_t i, value v, const Path& here) -> Result<void> {
            auto sample = json::integer(v, here, -32768, 32767);
            if (!sample) {
                return std::unexpected(std::move(sample.error()));
            }
            window.samples[i] = static_cast<std::int16_t>(*sample);
            return {};
        }
    );
    if (!count && count.error().code == ErrorCode::too_large) {
        return json::wrong(path, std::format("must have exactly {} values", legacy_samples));
    }
    if (!count) {
        return std::unexpected(std::move(count.error()));
    }
    if (*count != legacy_samples) {
        return json::wrong(
            path,
            std::format("must have exactly {} values, not {}", legacy_samples, *count)
        );
    }
    return {};
}

constexpr std::array<std::string_view, 4> member_names{
    "fk_user",
    "eeg_data",
    "register_timestamp",
    "epilepsy_prediction_probability"
};

Result<void> check_old_score(value from, const Path& path) {
    auto old_score = json::number(from, path);
    if (!old_score) {
        return std::unexpected(std::move(old_score.error()));
    }
    if (!(*old_score >= 0 && *old_score <= 1)) {
        return json::wrong(path, "must lie between 0 and 1");
    }
    return {};
}

/// `names` are the first of member_names; each must be there.
Result<LegacyWindow>
read(std::string& body, const LocalZone& zone, std::span<const std::string_view> names) {
    return json::read_object(body, [&](object root, const Path& path) -> Result<LegacyWindow> {
        LegacyWindow window;
        auto seen = json::each_member(
            root,
            names,
            path,
            [&](std::size_t name, value v, const Path& here) -> Result<void> {
                if (name == 0) {
                    auto number = read_user(v, here);
                    if (!number) {
                        return std::unexpected(std::move(number.error()));
                    }
                    window.number = *number;
                    return {};
                }
                if (name == 1) {
                    return read_samples(v, here, window);
                }
                if (name == 3) {
                    return check_old_score(v, here);
                }
                auto text = json::text(v, here);
                if (!text) {
                    return std::unexpected(std::move(text.error()));
                }
                auto local = read_local_time(*text);
                if (!local) {
                    return json::wrong(here, std::move(local.error().detail));
                }
                window.start = zone.to_utc(*local);
                return {};
            }
        );
        if (!seen) {
            return std::unexpected(std::move(seen.error()));
        }
        for (std::size_t i = 0; i < names.size(); ++i) {
            if ((*seen & (std::uint64_t{1} << i)) == 0) {
                return json::wrong(path.member(names[i]), "is missing");
            }
        }
        return window;
    });
}

} // namespace

Result<LegacyWindow> read_legacy_window(std::string& body, const LocalZone& zone) {
    return read(body, zone, std::span(member_names).first(3));
}

Result<LegacyWindow> read_legacy_chunk(std::string& body, const LocalZone& zone) {
    return read(body, zone, member_names);
}

v1::EegBlock legacy_block(const LegacyWindow& window) {
    v1::EegBlock block;
    block.set_device(legacy_device);
    block.set_stream(legacy_stream);
    block.set_rate_numerator(legacy_rate_numerator);
    block.set_rate_denominator(legacy_rate_denominator);
    auto& channel = *block.add_channels();
    channel.set_label("EEG");
    channel.set_unit("uV");
    channel.set_scale(1);
    block.set_samples(legacy_samples);
    block.set_codec(v1::INT16_LE);
    block.set_isolated(true);
    auto& data = *block.mutable_data();
    data.resize(window.samples.size() * 2);
    for (std::size_t i = 0; i < window.samples.size(); ++i) {
        const auto bits = static_cast<std::uint16_t>(window.samples[i]);
        data[2 * i] = static_cast<char>(bits & 0xFF);
        data[2 * i + 1] = static_cast<char>(bits >> 8);
    }
    const auto second = window.start.time_since_epoch().count();
    block.set_start_time_us(second * 1'000'000);
    const auto digest = journal::block_digest(data, legacy_samples, 1);
    block.set_first_sample(
        (static_cast<std::uint64_t>(second) * 65536 + (digest & 0xFFFF)) * legacy_samples
    );
    return block;
}

LegacyCall legacy_call(std::string& body) {
    auto call = LegacyCall::unknown;
    // only looks: whether the body is whole and right is for the call's own reader to say
    const auto looked = json::read_object(body, [&](object root, const Path& path) -> Result<void> {
        for (auto item : root) {
            std::string_view key;
            if (item.unescaped_key().get(key) != simdjson::SUCCESS) {
                return json::broken(path);
            }
            if (key == "eeg_data" || key == "data") {
                call = key == "data" ? LegacyCall::heart : LegacyCall::eeg;
                break;
            }
        }
        return {};
    });
    static_cast<void>(looked);
    return call;
}

} // namespace vigil::eeg_intake
