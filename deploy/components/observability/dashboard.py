#!/usr/bin/env python3
"""Writes dashboard.json, Vigil's dashboard for Grafana 10 and newer: deploy/components/observability/dashboard.py [--check].

A panel is a line of PANELS; every metric in it is one of api/telemetry.yaml (test/deploy/alerts_test.py looks).
"""
import json
import pathlib
import sys

INTAKE = 'component=~"eeg-intake|heart-intake"'
# row: [(title, unit, [(legend, expression)])]
PANELS = {
    "Acceptance": [
        ("Blocks and values", "ops", [("blocks {{result}}", "sum by (result) (rate(vigil_eeg_blocks_total[1m]))"),
                                      ("heart values {{result}}", "sum by (result) (rate(vigil_heart_values_total[1m]))")]),
        ("Answers of the intakes", "reqps", [("{{status}}", f"sum by (status) (rate(vigil_http_requests_total{{{INTAKE}}}[1m]))")]),
        ("Time to an answer, 99 %", "s", [("{{route}}", f"histogram_quantile(0.99, sum by (le, route) (rate(vigil_http_request_duration_seconds_bucket{{{INTAKE}}}[5m])))")]),
        ("Share refused, 1 h", "percentunit", [("refused", "vigil:acceptance_errors:ratio1h")]),
    ],
    "Detection": [
        ("Behind the journal", "s", [("{{pod}}", "vigil_detector_lag_seconds")]),
        ("A step, 99 %", "s", [("step", "histogram_quantile(0.99, sum by (le) (rate(vigil_detector_step_seconds_bucket[5m])))")]),
        ("Windows", "ops", [("scored", "sum(rate(vigil_detector_windows_total[1m]))"), ("not evaluated", "sum(rate(vigil_detector_not_evaluated_total[1m]))"),
                            ("shadows shed", "sum(rate(vigil_detector_shadows_shed_total[1m]))")]),
        ("Owners", "short", [("{{pod}}", "vigil_detector_owner")]),
    ],
    "Records": [
        ("Entries behind the journal", "short", [("{{pod}}", "vigil_records_lag_entries")]),
        ("Store fails", "short", [("{{pod}}", "vigil_records_store_failing")]),
        ("A write, 99 %", "s", [("write", "histogram_quantile(0.99, sum by (le) (rate(vigil_records_flush_duration_seconds_bucket[5m])))")]),
        ("Bytes that wait", "bytes", [("{{pod}}", "vigil_records_pending_bytes")]),
    ],
    "Ward": [
        ("Open pages", "short", [("{{pod}}", "vigil_ward_pages")]),
        ("Sent to pages", "Bps", [("sent", "sum(rate(vigil_ward_sent_bytes_total[1m]))")]),
        ("Frames skipped", "ops", [("skipped", "sum(rate(vigil_ward_skipped_frames_total[1m]))")]),
        ("Calls", "short", [("waiting", "sum(vigil_ward_calls_waiting)"), ("failed a minute", "60 * sum(rate(vigil_ward_call_failures_total[5m]))")]),
    ],
    "Sizing": [
        ("Slots in use", "short", [("{{component}} {{route}}", "sum by (component, route) (vigil_http_in_service)")]),
        ("Share of arrivals refused", "percentunit",
         [("{{component}} {{route}}", "sum by (component, route) (rate(vigil_http_slots_refused_total[5m])) / sum by (component, route) (rate(vigil_http_arrivals_total[5m]))")]),
        ("Requests in flight", "short", [("{{component}}", "sum by (component) (vigil_http_in_flight)")]),
        ("Connections", "short", [("{{component}}", "sum by (component) (vigil_http_connections)")]),
    ],
}
WIDTH, HEIGHT = 6, 8


def panel(number, place, title, unit, lines):
    targets = [{"refId": chr(ord("A") + index), "expr": expression, "legendFormat": legend} for index, (legend, expression) in enumerate(lines)]
    return {"id": number, "type": "timeseries", "title": title, "gridPos": place, "datasource": {"type": "prometheus", "uid": "${source}"},
            "fieldConfig": {"defaults": {"unit": unit, "min": 0, "custom": {"lineWidth": 1, "fillOpacity": 8}}, "overrides": []}, "targets": targets}


def dashboard():
    panels, top = [], 0
    for row, entries in PANELS.items():
        panels.append({"id": len(panels) + 1, "type": "row", "title": row, "collapsed": False, "gridPos": {"x": 0, "y": top, "w": 24, "h": 1}, "panels": []})
        for index, entry in enumerate(entries):
            panels.append(panel(len(panels) + 1, {"x": index * WIDTH, "y": top + 1, "w": WIDTH, "h": HEIGHT}, *entry))
        top += 1 + HEIGHT
    source = {"name": "source", "label": "Prometheus", "type": "datasource", "query": "prometheus"}
    return {"uid": "vigil", "title": "Vigil", "tags": ["vigil"], "schemaVersion": 39, "editable": False, "refresh": "15s", "time": {"from": "now-1h", "to": "now"},
            "templating": {"list": [source]}, "panels": panels}


def main():
    path = pathlib.Path(__file__).with_name("dashboard.json")
    text = json.dumps(dashboard(), indent=1) + "\n"
    if "--check" in sys.argv[1:]:
        sys.exit(0 if path.read_text() == text else "dashboard.json is not what dashboard.py makes")
    path.write_text(text)


if __name__ == "__main__":
    main()
