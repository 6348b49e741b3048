// The process's metrics, Prometheus's own classes: what the monitor port shows. Used by every
// service.
#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <map>
#include <memory>
#include <string>

namespace vigil {

/// Names and labels are listed in api/telemetry.yaml; make each metric once and keep the reference:
/// a look-up takes a lock. threads any
class Metrics {
public:
    using Labels = std::map<std::string, std::string>;

    prometheus::Counter&
    counter(const std::string& name, const std::string& help, const Labels& labels = {});
    prometheus::Gauge&
    gauge(const std::string& name, const std::string& help, const Labels& labels = {});
    /// Buckets from 100 µs to 10 s, as all of Vigil's durations have.
    prometheus::Histogram&
    duration_seconds(const std::string& name, const std::string& help, const Labels& labels = {});

    /// The text format of Prometheus.
    [[nodiscard]] std::string text() const;

private:
    prometheus::Registry registry_;
};

} // namespace vigil
