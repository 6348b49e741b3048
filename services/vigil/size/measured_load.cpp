#include "vigil/size/measured_load.hpp"

#include "vigil/size/answer.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <format>
#include <istream>
#include <limits>

namespace vigil::size {

namespace {

constexpr double two_sided_95 = 1.96;
constexpr std::int64_t most_minutes = 2 * 366 * 24 * 60;
constexpr std::size_t longest_line = 65'536;
constexpr std::size_t most_services = 1000;
constexpr unsigned unavailable = 503;

std::unexpected<Error> wrong(std::string detail) {
    return fail(ErrorCode::invalid_argument, std::move(detail), "access-log");
}

} // namespace

void LoadMeter::count_minute(double arrived_s) {
    const auto minute = static_cast<std::int64_t>(std::floor(arrived_s / 60));
    if (minutes_.empty()) {
        first_minute_ = minute;
    }
    // a long request is logged after shorter ones that came later
    if (minute < first_minute_) {
        minutes_.insert(minutes_.begin(), static_cast<std::size_t>(first_minute_ - minute), 0);
        first_minute_ = minute;
    }
    const auto place = static_cast<std::size_t>(minute - first_minute_);
    if (place >= minutes_.size()) {
        minutes_.resize(place + 1, 0);
    }
    ++minutes_[place];
}

void LoadMeter::add(double arrived_s, const Attempt& attempt) {
    first_s_ = attempts_ == 0 ? arrived_s : std::min(first_s_, arrived_s);
    last_s_ = attempts_ == 0 ? arrived_s : std::max(last_s_, arrived_s);
    ++attempts_;
    count_minute(arrived_s);
    if (attempt.status == unavailable || !attempt.service_s) {
        ++refused_;
        return;
    }
    ++served_;
    const double off = *attempt.service_s - mean_s_;
    mean_s_ += off / static_cast<double>(served_);
    squares_ += off * (*attempt.service_s - mean_s_);
}

// The first and the last minute of more than two are not whole.
MinuteCounts LoadMeter::whole_minutes() const {
    const std::ptrdiff_t cut = minutes_.size() > 2 ? 1 : 0;
    return {
        .first_minute = first_minute_ + cut,
        .counts = {minutes_.begin() + cut, minutes_.end() - cut}
    };
}

void add_busiest_hour(MeasuredLoad& load, const MinuteCounts& minutes) {
    load.peak_per_s = load.rate_per_s;
    load.peak_from_s = 60 * static_cast<double>(minutes.first_minute);
    if (const auto busiest = busiest_hour(minutes)) {
        load.peak_per_s = busiest->per_s;
        load.peak_from_s = busiest->from_s;
        load.dispersion = busiest->dispersion;
        load.poisson = busiest->poisson;
    }
}

Result<MeasuredLoad> LoadMeter::measured(const std::string& service) const {
    const auto nothing = [&](std::string_view what) {
        return fail(ErrorCode::unprocessable, std::format("{}: {}", service, what), "access-log");
    };
    const double span_s = last_s_ - first_s_;
    if (attempts_ == 0) {
        return nothing("no request reached a pod; WebSockets are sized with --kind streams");
    }
    if (served_ == 0) {
        return nothing("no request was served, so that its service time is unknown");
    }
    if (!(span_s > 0)) {
        return nothing("all requests came in one second, so that there is no rate");
    }
    if (!(mean_s_ > 0)) {
        return nothing("its service times are below what the log can tell; give --service-time");
    }
    MeasuredLoad load{
        .service = service,
        .attempts = attempts_,
        .refused = refused_,
        .websockets = websockets_
    };
    const auto count = static_cast<double>(attempts_);
    load.rate_per_s = count / span_s;
    load.rate_half_width = two_sided_95 * std::sqrt(count) / span_s;
    const auto whole = whole_minutes();
    constexpr std::size_t enough_minutes = 12;
    if (minutes_.size() >= enough_minutes) {
        load.rate_half_width = rate_of(whole)->half_width;
    }
    load.service_s = mean_s_;
    const auto served = static_cast<double>(served_);
    const double variance = served_ > 1 ? squares_ / (served - 1) : 0;
    load.service_half_width = two_sided_95 * std::sqrt(variance / served);
    load.variation = variance / (mean_s_ * mean_s_);
    load.profile = day_profile(whole);
    add_busiest_hour(
        load,
        {.first_minute = first_minute_, .counts = {minutes_.begin(), minutes_.end()}}
    );
    return load;
}

namespace {

class LogReader {
public:
    Result<void> take(std::string_view line, bool too_long) {
        ++lines_;
        if (line.empty() && !too_long) {
            return {};
        }
        const auto request = read_access_line(line);
        if (too_long || !request) {
            first_unreadable_ = ++unreadable_ == 1 ? lines_ : first_unreadable_;
            return {};
        }
        if (auto good = check(*request); !good) {
            return good;
        }
        auto& meter = meters_[request->service];
        if (request->websocket) {
            meter.add_websocket();
        }
        for (const auto& attempt : request->attempts) {
            meter.add(request->arrived_s, attempt);
        }
        return {};
    }

    [[nodiscard]] Result<LogLoads> loads() const {
        if (unreadable_ * 100 > lines_) {
            return wrong(std::format(
                "{} of {} lines, the first of them line {}, are neither ingress-nginx's default "
                "format nor Traefik's common log format",
                unreadable_,
                lines_,
                first_unreadable_
            ));
        }
        LogLoads result;
        for (const auto& [service, meter] : meters_) {
            auto load = meter.measured(service);
            if (load) {
                result.loads.push_back(std::move(*load));
            } else {
                result.unmeasured.push_back(load.error().detail);
            }
        }
        if (meters_.empty()) {
            return wrong("there is no request in the log");
        }
        if (result.loads.empty()) {
            return fail(ErrorCode::unprocessable, result.unmeasured.front(), "access-log");
        }
        return result;
    }

private:
    Result<void> check(const LoggedRequest& request) {
        if (format_.value_or(request.format) != request.format) {
            return wrong(std::format(
                "line {} is {}'s and the log began as {}'s; give the two apart",
                lines_,
                name(request.format),
                name(*format_)
            ));
        }
        format_ = request.format;
        first_s_ = first_s_.value_or(request.arrived_s);
        if (std::abs(request.arrived_s - *first_s_) > 60.0 * most_minutes) {
            return wrong(
                std::format("line {} is over two years from the first; is its clock right?", lines_)
            );
        }
        if (meters_.size() >= most_services && !meters_.contains(request.service)) {
            return wrong(std::format(
                "line {} names a service beyond the {} that are measured at once",
                lines_,
                most_services
            ));
        }
        return {};
    }

    std::map<std::string, LoadMeter> meters_;
    std::optional<LogFormat> format_;
    std::optional<double> first_s_;
    std::uint64_t lines_ = 0;
    std::uint64_t unreadable_ = 0;
    std::uint64_t first_unreadable_ = 0;
};

} // namespace

Result<LogLoads> measure_access_log(std::istream& log) {
    LogReader reader;
    std::vector<char> buffer(longest_line);
    while (log.getline(buffer.data(), static_cast<std::streamsize>(buffer.size())) ||
           log.gcount() > 0) {
        const bool too_long = log.fail() && !log.eof();
        if (too_long) {
            log.clear();
            log.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
        }
        if (auto taken = reader.take(buffer.data(), too_long); !taken) {
            return std::unexpected(taken.error());
        }
    }
    return reader.loads();
}

} // namespace vigil::size
