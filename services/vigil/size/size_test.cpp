#include "queueing/loss.hpp"
#include "vigil/size/answer.hpp"
#include "vigil/size/pulling_size.hpp"
#include "vigil/size/test_command.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <simdjson.h>

#include <filesystem>
#include <format>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

namespace vigil::size {

using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;

namespace {

Sizing with(queueing::Dispatch dispatch) {
    return {.target = 0.001, .dispatch = dispatch};
}

} // namespace

TEST_CASE("a service gets the fewest pods that keep the target, with one fewer and one more beside"
) {
    const ServiceLoad load{.arrivals_per_s = 40, .service_s = 0.3, .slots = 5};
    const auto size = size_service(load, with(queueing::Dispatch::random)).value();
    CHECK_THAT(size.offered, WithinRel(12.0, 1e-12));
    REQUIRE(size.rows.size() == 3);
    CHECK(size.rows[0].blocking > 0.001);
    CHECK(size.rows[1].pods == size.needed.pods);
    CHECK(size.rows[1].blocking <= 0.001);
    CHECK(size.rows[2].pods == size.needed.pods + 1);
    CHECK_THAT(
        size.rows[1].blocking,
        WithinRel(queueing::erlang_b(5, 12.0 / static_cast<double>(size.needed.pods)), 1e-12)
    );
    // plain Erlang B takes all slots as one pool, and is believed at the reader's peril
    CHECK(size.erlang_pods == 5);
    CHECK(size.erlang_blocking <= 0.001);
    CHECK_THAT(size.erlang_truth, WithinRel(queueing::erlang_b(5, 12.0 / 5), 1e-12));
    CHECK(size.erlang_truth > 40 * size.erlang_blocking);
    // what runs now stands in its place
    auto now = with(queueing::Dispatch::random);
    now.pods = 4;
    const auto beside = size_service(load, now).value();
    REQUIRE(beside.rows.size() == 4);
    CHECK(beside.rows[0].pods == 4);
    CHECK_THAT(beside.rows[0].blocking, WithinAbs(0.110, 5e-4));
}

TEST_CASE("a better dispatch is recommended before more pods") {
    const ServiceLoad load{.arrivals_per_s = 10, .service_s = 1, .slots = 4};
    const auto size = size_service(load, with(queueing::Dispatch::random)).value();
    REQUIRE(size.by_dispatch.size() == queueing::dispatches.size());
    CHECK(size.by_dispatch.front().pods == size.needed.pods);
    CHECK(size.by_dispatch.back().pods < size.by_dispatch.front().pods.value() / 2);
    const auto text = answer_text({.size = size}, {});
    CHECK_THAT(text, ContainsSubstring("by dispatch random") && ContainsSubstring("least-busy 6"));
}

TEST_CASE("retries are counted in, and say where there is no fixed point") {
    const ServiceLoad load{.arrivals_per_s = 12, .service_s = 1, .slots = 5};
    auto sizing = with(queueing::Dispatch::least_busy);
    const auto once = size_service(load, sizing).value();
    sizing.attempts = std::nullopt;
    sizing.pods = 2;
    const auto for_ever = size_service(load, sizing).value();
    CHECK(for_ever.needed.pods >= once.needed.pods);
    CHECK(for_ever.rows.front().no_fixed_point); // two pods carry ten erlangs at most
    const auto text = answer_text({.size = for_ever}, sizing);
    CHECK_THAT(
        text,
        ContainsSubstring("no fixed point") && ContainsSubstring("<- runs now") &&
            ContainsSubstring("never served")
    );
}

TEST_CASE("the simulation agrees with the formula, and shows where it does not hold") {
    const ServiceLoad
        load{.name = "intake", .arrivals_per_s = 16, .service_s = 0.0625, .slots = 5, .cores = 5};
    const Sizing sizing{.target = 0.01};
    const auto one_pod = row_of(load, sizing, 1).value();
    SimulationOptions options{.requests = 400'000};
    const auto poisson = simulate_service(load, sizing, one_pod, options).value();
    CHECK(poisson.poisson);
    CHECK(poisson.enough);
    CHECK(poisson.agrees);
    CHECK_THAT(poisson.result.blocking.value, WithinAbs(0.003, 1e-3));
    options.senders = synchronised_senders;
    options.devices = 16;
    options.variation = 0;
    const auto together = simulate_service(load, sizing, one_pod, options).value();
    CHECK_FALSE(together.poisson);
    CHECK_THAT(together.result.blocking.value, WithinAbs(11.0 / 16, 1e-3));
    options = {.requests = 2'000};
    const auto brief = simulate_service(load, sizing, one_pod, options).value();
    CHECK_FALSE(brief.enough);
    const Answer answer{.size = size_service(load, sizing).value(), .simulated = {brief}};
    CHECK_THAT(answer_text(answer, sizing), ContainsSubstring("too few to check"));
    options.senders = "nobody";
    CHECK(simulate_service(load, sizing, one_pod, options).error().field == "senders");
    options = {.variation = -1};
    CHECK(simulate_service(load, sizing, one_pod, options).error().field == "variation");
    options = {.requests = 1};
    CHECK(simulate_service(load, sizing, one_pod, options).error().field == "requests");
    options = {.senders = std::string(periodic_senders), .devices = 0};
    CHECK(simulate_service(load, sizing, one_pod, options).error().field == "devices");
}

TEST_CASE("a simulation says when the formula is outside its interval") {
    const ServiceLoad load{.arrivals_per_s = 3, .service_s = 1, .slots = 5, .cores = 5};
    auto row = row_of(load, {}, 1).value();
    const SimulationOptions options{.requests = 50'000};
    row.blocking *= 1.5;
    const auto simulated = simulate_service(load, {}, row, options).value();
    CHECK_FALSE(simulated.agrees);
    Answer answer{.size = size_service(load, {}).value(), .simulated = {simulated}};
    CHECK_THAT(answer_text(answer, {}), ContainsSubstring("OUTSIDE"));
}

TEST_CASE("a storm of returning devices is worn down where Retry-After has jitter") {
    const std::string storm =
        "--arrival-rate 10 --service-time 0.1 --variation 0 --slots 10 "
        "--pods 1 --target-blocking 0.01 --simulate --senders returning "
        "--devices 400 ";
    // in step ten are served at each of eight attempts, 5, 10, 20, 40, 60, 60 and 60 s apart
    const auto text = run(storm + "--attempts 8");
    CHECK(text.status == 0);
    CHECK_THAT(text.out, ContainsSubstring("  returning   1 pod: 400 of 400 served"));
    CHECK_THAT(
        text.out,
        ContainsSubstring("  no jitter   80 of 400 served, the last within 255.1 s; 97.3 % of 2920")
    );
    const auto json = run(storm + "--attempts 8 --json").out;
    CHECK_THAT(json, ContainsSubstring("\"without_jitter\"") && ContainsSubstring("\"served\":80"));
    // who does not come back is served at once or never
    const auto once = run(storm).out;
    CHECK_THAT(
        once,
        ContainsSubstring("  returning   1 pod: 10 of 400 served, the last within 0.1 s")
    );
    CHECK_FALSE(once.contains("no jitter"));
}

TEST_CASE("percent prints three digits") {
    CHECK(percent(0.11005) == "11.0 %");
    CHECK(percent(0.0097956) == "0.980 %");
    CHECK(percent(0.000695) == "0.0695 %");
    CHECK(percent(1) == "100 %");
    CHECK(percent(0) == "0 %");
    CHECK(percent(1e-12) == "1e-10 %");
}

TEST_CASE("vigil size prints what the issue's example says") {
    const auto ran =
        run("--arrival-rate 12 --service-time 1 --slots 5 --target-blocking 0.02 --pods 4");
    CHECK(ran.status == 0);
    CHECK(ran.err.empty());
    CHECK_THAT(
        ran.out,
        ContainsSubstring("12 erlangs") && ContainsSubstring("4 pods  11.0 % refused  <- runs now")
    );
    CHECK_THAT(
        ran.out,
        ContainsSubstring(
            "plain Erlang B would say 4 pods: 0.980 % refused, and by this model it is 11.0 %"
        )
    );
    CHECK_THAT(ran.out, ContainsSubstring("<- needed") && ContainsSubstring("assumes"));
}

TEST_CASE("vigil size sizes several services and prints JSON") {
    const auto ran =
        run("--service intake=200,0.004,8,2 --service predict=12,0.15,4 --json --simulate "
            "--requests 150000 --target-blocking 0.05");
    REQUIRE(ran.status == 0);
    simdjson::dom::parser parser;
    const auto json = parser.parse(ran.out);
    CHECK(json["target_blocking"].get_double().value() == 0.05);
    const auto predict = json["services"].at(1);
    CHECK(predict["name"].get_string().value() == "predict");
    CHECK_THAT(predict["offered"].get_double().value(), WithinRel(1.8, 1e-12));
    CHECK(predict["cores"].get_double().value() == 4);
    CHECK(
        predict["rows"].at(1)["pods"].get_uint64().value() == predict["pods"].get_uint64().value()
    );
    CHECK(predict["simulated"].at(0)["formula_in_99_9_interval"].get_bool().value());
    CHECK(json["services"].at(0)["cores"].get_double().value() == 2);
}

TEST_CASE("vigil size draws the paper's Fig. 3") {
    const auto file = std::filesystem::temp_directory_path() / "vigil_size_test_fig3.svg";
    const auto ran =
        run("--arrival-rate 9 --service-time 1 --slots 1 --dispatch least-busy --svg " +
            file.string());
    REQUIRE(ran.status == 0);
    std::ifstream in(file);
    const std::string svg((std::istreambuf_iterator<char>(in)), {});
    std::filesystem::remove(file);
    CHECK_THAT(
        svg,
        ContainsSubstring("<svg xmlns") && ContainsSubstring("class=\"curve\"") &&
            ContainsSubstring("class=\"now\"")
    );
    // a curve for the needed number of pods, named by it
    const auto needed = size_service(
                            {.arrivals_per_s = 9, .service_s = 1, .slots = 1},
                            with(queueing::Dispatch::least_busy)
    )
                            .value()
                            .needed.pods;
    CHECK_THAT(svg, ContainsSubstring(">" + std::to_string(needed) + "</text>"));
    const auto nowhere =
        run("--arrival-rate 9 --service-time 1 --slots 1 --svg /proc/nowhere/fig3.svg");
    CHECK(nowhere.status == 1);
    CHECK_THAT(nowhere.err, ContainsSubstring("cannot be written"));
    const auto two = run("--service a=1,1,1 --service b=1,1,1 --svg " + file.string());
    CHECK(two.status == 2);
    CHECK_THAT(two.err, ContainsSubstring("one service"));
}

TEST_CASE("a name with markup stays text in the chart") {
    const ServiceLoad load{.name = "<script>&", .arrivals_per_s = 1, .service_s = 1, .slots = 2};
    const auto svg = blocking_chart({.size = size_service(load, {}).value()}, {}).value();
    CHECK_THAT(svg, !ContainsSubstring("<script>") && ContainsSubstring("&lt;script&gt;&amp;"));
}

TEST_CASE("pullers are sized by their hottest owner") {
    // 50 entries a second of 50 ms: 2.5 cores of work; five owners at 50 %, the hottest at 1.38
    // times that
    const auto size = size_pulling({.entries_per_s = 50, .service_s = 0.05, .pods = 3}).value();
    CHECK(size.needed == 5);
    REQUIRE(size.rows.size() == 4);
    const auto& five = size.rows[2];
    CHECK(five.owners == 5);
    CHECK_THAT(five.utilisation, WithinRel(0.5, 1e-12));
    CHECK_THAT(five.hottest, WithinAbs(1.38, 5e-3));
    CHECK_THAT(
        five.drain_s.value(),
        WithinRel(600 * 0.5 * five.hottest / (1 - 0.5 * five.hottest), 1e-12)
    );
    CHECK(five.lag->p99_s > five.lag->mean_s);
    // by the mean, four would do
    CHECK(size.rows[1].utilisation < 0.7);
    CHECK(size.rows[1].utilisation * size.rows[1].hottest > 0.7);
    // three that run now: the hottest is over 1
    CHECK_FALSE(size.rows[0].lag);
    const auto text = pulling_text(size);
    CHECK_THAT(
        text,
        ContainsSubstring("5 pods  busy 50.0 %, the hottest 1.38 times") &&
            ContainsSubstring("never catches up") && ContainsSubstring("<- runs now")
    );
    const auto ran = run("--kind pulling --arrival-rate 50 --service-time 0.05 --json");
    simdjson::dom::parser parser;
    CHECK(parser.parse(ran.out)["pods"].get_uint64().value() == 5);
    const auto too_much =
        run("--kind pulling --arrival-rate 1000 --service-time 0.05 --partitions 8");
    CHECK(too_much.status == 1);
    CHECK_THAT(too_much.err, ContainsSubstring("as many owners as the 8 partitions"));
}

TEST_CASE("streams are sized by their CPU time") {
    const auto size = size_streams({.patients = 400, .cpu_s = 0.006, .cores = 2}).value();
    CHECK(size.pods == 2);
    CHECK_THAT(size.utilisation, WithinRel(0.6, 1e-12));
    CHECK_THAT(streams_text(size), ContainsSubstring("the others cannot carry the load"));
    CHECK(
        size_streams({.patients = 7, .cpu_s = 0.1, .cores = 1}).value().pods == 1
    ); // 0.7 of one core
    CHECK(size_streams({.patients = 8, .cpu_s = 0.1, .cores = 1}).value().pods == 2);
    const auto ran = run("--kind streams --patients 400 --cpu 0.006 --cores 2 --json");
    simdjson::dom::parser parser;
    CHECK(parser.parse(ran.out)["pods"].get_uint64().value() == 2);
}

TEST_CASE("vigil size measures an access log and sizes for its busiest hour") {
    const auto file = std::filesystem::temp_directory_path() / "vigil_size_test_access.log";
    {
        std::ofstream log(file);
        for (int i = 0; i < 7200; ++i) { // one a second, then three in the last hour
            for (int twice = 0; twice < (i < 3600 ? 1 : 3); ++twice) {
                log << std::format(
                    "10.1.2.3 - - [28/Nov/2026:{:02}:{:02}:{:02} +0000] \"POST /predict HTTP/1.1\" "
                    "200 31 \"-\" \"curl/8\" 17 "
                    "\"predict\" \"http://10.0.0.8:80\" 500ms\n",
                    20 + i / 3600,
                    i / 60 % 60,
                    i % 60
                );
            }
        }
    }
    const auto ran = run("--access-log " + file.string() + " --slots 4 --json");
    REQUIRE(ran.status == 0);
    simdjson::dom::parser parser;
    const auto predict = parser.parse(ran.out)["services"].at(0);
    CHECK(predict["name"].get_string().value() == "predict");
    CHECK_THAT(predict["arrivals_per_s"].get_double().value(), WithinRel(3.0, 1e-3));
    CHECK_THAT(predict["service_s"].get_double().value(), WithinRel(0.5, 1e-12));
    CHECK_THAT(predict["measured"]["rate_per_s"].get_double().value(), WithinRel(2.0, 1e-3));
    CHECK(predict["pods_at_mean_rate"].get_uint64().value() < predict["pods"].get_uint64().value());
    const auto text = run("--access-log " + file.string() + " --slots 4");
    CHECK_THAT(
        text.out,
        ContainsSubstring("predict: measured") && ContainsSubstring("would do at the mean rate")
    );
    std::filesystem::remove(file);
    const auto gone = run("--access-log " + file.string());
    CHECK(gone.status == 1);
    CHECK_THAT(gone.err, ContainsSubstring("cannot be read"));
    CHECK(run("--access-log /dev/null").status == 2);
}

TEST_CASE("attempts that came back are not counted as fresh load") {
    const auto file = std::filesystem::temp_directory_path() / "vigil_size_test_refused.log";
    {
        std::ofstream log(file);
        for (int i = 0; i < 7200; ++i) { // every fifth is refused
            log << std::format(
                "10.1.2.3 - - [28/Nov/2026:{:02}:{:02}:{:02} +0000] \"POST /predict HTTP/1.1\" {} "
                "31 "
                "\"-\" \"curl/8\" 17 \"predict\" \"http://10.0.0.8:80\" 500ms\n",
                20 + i / 3600,
                i / 60 % 60,
                i % 60,
                i % 5 == 0 ? 503 : 200
            );
        }
    }
    const auto fresh = [&](const std::string& attempts) {
        const auto ran =
            run("--access-log " + file.string() + " --slots 4 --json --attempts " + attempts);
        REQUIRE(ran.status == 0);
        simdjson::dom::parser parser;
        const auto one = parser.parse(ran.out)["services"].at(0);
        CHECK_THAT(one["measured"]["rate_per_s"].get_double().value(), WithinRel(1.0, 1e-3));
        return one["arrivals_per_s"].get_double().value();
    };
    CHECK_THAT(fresh("1"), WithinRel(1.0, 1e-3));
    CHECK_THAT(fresh("2"), WithinRel(1 / 1.2, 1e-3));
    CHECK_THAT(fresh("0"), WithinRel(0.8, 1e-3)); // for ever: what was served
    CHECK_THAT(
        run("--access-log " + file.string() + " --slots 4 --attempts 0").out,
        ContainsSubstring("80.0 % of the attempts are taken for first ones")
    );
    std::filesystem::remove(file);
}

TEST_CASE("docs/sizing.md has the tables and the answer that vigil size prints") {
    std::ifstream in(std::string(VIGIL_SOURCE_DIR) + "/docs/sizing.md");
    const std::string page((std::istreambuf_iterator<char>(in)), {});
    std::istringstream printed(run("--tables").out);
    std::vector<std::string> tables;
    bool within = false;
    for (std::string line; std::getline(printed, line);) {
        const bool row = line.starts_with('|');
        if (row && !within) {
            tables.emplace_back();
        }
        if (row) {
            tables.back() += line + "\n";
        }
        within = row;
    }
    CHECK(tables.size() == 9);
    for (const auto& table : tables) {
        CHECK_THAT(page, ContainsSubstring(table));
    }
    const auto answer = run("--arrival-rate 40 --service-time 0.3 --slots 5 --pods 4");
    CHECK_THAT(page, ContainsSubstring(answer.out));
}

TEST_CASE("bad input gets a sentence that says what is wrong") {
    struct Case {
        const char* options;
        const char* says;
        int status = 2;
    };

    const auto help = run("--help");
    CHECK(help.status == 0);
    CHECK_THAT(help.out, ContainsSubstring("--target-blocking") && ContainsSubstring("fig3.svg"));
    for (const auto& [options, says, status] : {
             Case{"--arrival-rate -3 --service-time 1 --slots 5", "arrival rate of -3"},
             Case{"--arrival-rate nan --service-time 1 --slots 5", "arrival rate of nan"},
             Case{"--service-time 1 --slots 5", "arrival rate of 0"},
             Case{"--arrival-rate 3 --service-time 0 --slots 5", "service time of 0 s"},
             Case{"--arrival-rate 3 --service-time 1 --slots 0", "1 to 100000 slots"},
             Case{"--arrival-rate 3 --service-time 1 --cores -1", "less than no core"},
             Case{
                 "--arrival-rate 3 --service-time 1 --target-blocking 0",
                 "target of 0 cannot be reached"
             },
             Case{
                 "--arrival-rate 3 --service-time 1 --target-blocking 1",
                 "target of 1 cannot be reached"
             },
             Case{"--arrival-rate 3 --service-time 1 --dispatch best", "best not in"},
             Case{"--arrival-rate 3 --service-time 1 --pods 0", "--pods"},
             Case{"--arrival-rate 3 --service-time 1 --attempts -1", "--attempts"},
             Case{"--arrival-rate 3x --service-time 1", "--arrival-rate"},
             Case{"--service intake", "no NAME=RATE"},
             Case{"--service intake=1,2", "no NAME=RATE"},
             Case{"--service intake=1,2,x", "no NAME=RATE"},
             Case{"--service =1,2,3", "no NAME=RATE"},
             Case{"--service intake=1,0,3", "intake: a service time of 0"},
             Case{"--arrival-rate 1e9 --service-time 1 --slots 1", "more than 100000 pods", 1},
             Case{
                 "--arrival-rate 3 --service-time 1 --simulate --variation -1",
                 "squared variation"
             },
         }) {
        CAPTURE(options);
        const auto ran = run(options);
        CHECK(ran.status == status);
        CHECK_THAT(ran.err + ran.out, ContainsSubstring(says));
        // an option that it names is one
        if (const auto at = ran.err.rfind("(--"); at != std::string::npos) {
            const auto named = ran.err.substr(at + 1, ran.err.find(')', at) - at - 1);
            CHECK_THAT(help.out, ContainsSubstring("  " + named + " "));
        }
    }
}

} // namespace vigil::size
