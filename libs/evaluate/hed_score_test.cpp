#include "evaluate/hed_score.hpp"

#include <catch2/catch_test_macros.hpp>

#include <string>

namespace vigil::evaluate {

using Events = std::vector<Event>;
using namespace std::chrono_literals;

TEST_CASE("a HED-SCORE table with other columns in another order is read by its names") {
    const auto file = read_hed_score(
        "onset\tduration\teventType\tlateralization\tconfidence\tchannels\tdateTime\trecordingDurat"
        "ion\r\n"
        "4494.00\t156.00\tsz_foc_ia_m_hyperkinetic\tleft\tn/a\tn/a\t2000-01-01 "
        "00:00:00\t6216.00\r\n"
        "10\tn/a\timpd\tn/a\t0.5\tF3,C3\tn/a\t6216.00\r\n"
        "\r\n"
    );
    REQUIRE(file);
    CHECK(file->recording_duration_s == 6216.0);
    REQUIRE(file->marks.size() == 2);
    CHECK(file->marks[1].channels == std::vector<std::string>{"F3", "C3"});
    CHECK(file->marks[1].confidence == 0.5);
    CHECK(seizures_of(*file) == Events{{4494, 4650}});
}

TEST_CASE("what is written is read back, and has a line also without an event") {
    const std::vector<Mark> marks{
        {.onset_s = 1.5,
         .duration_s = 20.255,
         .type = "sz",
         .confidence = 0.875,
         .channels = {"F3-C3", "a,b\t"}},
        {.onset_s = 100, .duration_s = 1, .type = "sz"},
    };
    const auto start = UtcTime{1'700'000'000s + 7us};
    const auto text = hed_score_text(marks, 3600, start);
    CHECK(
        text ==
        "onset\tduration\teventType\tconfidence\tchannels\tdateTime\trecordingDuration\n"
        "1.50\t20.25\tsz\t0.88\tF3-C3,a b \t2023-11-14 22:13:20\t3600.00\n"
        "100.00\t1.00\tsz\tn/a\tn/a\t2023-11-14 22:13:20\t3600.00\n"
    );
    CHECK(seizures_of(read_hed_score(text).value()) == Events{{1.5, 21.75}, {100, 101}});
    const auto none = hed_score_text({}, 60.5, {});
    CHECK(none.ends_with("\n0.00\t60.50\tbckg\tn/a\tn/a\t2000-01-01 00:00:00\t60.50\n"));
    CHECK(seizures_of(read_hed_score(none).value()).empty());
    CHECK(read_hed_score(none)->recording_duration_s == 60.5);
}

TEST_CASE("a table that is none is refused with its line") {
    const std::string head = "onset\tduration\teventType\trecordingDuration\n";
    const auto detail = [](const std::string& text) {
        const auto file = read_hed_score(text);
        return file ? std::string("read") : file.error().detail;
    };
    CHECK(detail("").contains("line 1"));
    CHECK(detail("onset,duration,eventType\n1,2,sz\n").contains("line 1"));
    CHECK(detail(head + "1\tn/a\tsz\tn/a\n").contains("line 2"));
    CHECK(detail(head + "-1\t2\tsz\t10\n").contains("line 2"));
    CHECK(detail(head + "nan\t2\tsz\t10\n").contains("line 2"));
    CHECK(detail(head + "1\tinf\tsz\t10\n").contains("line 2"));
    CHECK(detail(head + "1\t2\tsz\t10\n1\t1e9\tsz\t10\n").contains("line 3"));
    CHECK(detail(head + "1x\t2\tsz\t10\n").contains("line 2"));
    CHECK(detail(head + "1\t2\tsz\t0\n").contains("recordingDuration"));
    CHECK(detail(head + "1\t2\tsz\t31622401\n").contains("recordingDuration"));
    CHECK(detail(head + "1\t2\tsz\t10\n1\t2\tsz\t11\n").contains("differs"));
    CHECK(detail("onset\tduration\teventType\tconfidence\n1\t2\tsz\t1.01\n").contains("confidence")
    );
    CHECK(detail(head) == "read");
    CHECK(detail(head + "1\t2\tsz\t31622400\n") == "read");
}

TEST_CASE("a table of more than 100,000 events is refused") {
    std::string text = "onset\tduration\teventType\n";
    const std::size_t head = text.size();
    for (std::size_t line = 0; line <= most_marks; ++line) {
        text += "0\t1\tx\n";
    }
    CHECK(read_hed_score(text).error().code == ErrorCode::too_large);
    text.resize(head + 6 * most_marks);
    CHECK(read_hed_score(text)->marks.size() == most_marks);
}

TEST_CASE("a CHB-MIT summary gives each file's seizures") {
    const auto listed = read_chb_summary(
        "Data Sampling Rate: 256 Hz\n*************************\n\nChannel 1: FP1-F7\n\n"
        "File Name: chb01_02.edf\nFile Start Time: 12:42:57\nFile End Time: 13:42:57\n"
        "Number of Seizures in File: 0\n\n"
        "File Name: chb01_03.edf\r\nFile Start Time: 13:43:04\r\nFile End Time: 14:43:04\r\n"
        "Number of Seizures in File: 1\r\nSeizure Start Time: 2996 seconds\r\n"
        "Seizure End Time: 3036 seconds\r\n\r\n"
        "File Name: chb15_06.edf\nNumber of Seizures in File: 2\n"
        "Seizure 1 Start Time:               272 seconds\nSeizure 1 End Time: 397 seconds\n"
        "Seizure 2 Start Time: 1082 seconds\nSeizure 2 End Time: 1113 seconds\n"
    );
    REQUIRE(listed);
    REQUIRE(listed->size() == 3);
    CHECK(listed->at("chb01_02.edf").empty());
    CHECK(listed->at("chb01_03.edf") == Events{{2996, 3036}});
    CHECK(listed->at("chb15_06.edf") == Events{{272, 397}, {1082, 1113}});
}

TEST_CASE("a summary that contradicts itself is refused") {
    const auto refused = [](const std::string& text) { return !read_chb_summary(text); };
    const std::string file = "File Name: a.edf\n";
    CHECK(refused(""));
    CHECK(refused("some other text\n"));
    CHECK(refused(file));
    CHECK(refused(file + "Number of Seizures in File: 1\n"));
    CHECK(refused(file + "Number of Seizures in File: 1\nSeizure Start Time: 5 seconds\n"));
    CHECK(refused(
        file +
        "Number of Seizures in File: 0\nSeizure Start Time: 5 seconds\nSeizure End Time: 6 "
        "seconds\n"
    ));
    CHECK(refused(
        file +
        "Number of Seizures in File: 1\nSeizure Start Time: 6 seconds\nSeizure End Time: 6 "
        "seconds\n"
    ));
    CHECK(refused(
        file +
        "Number of Seizures in File: 1\nSeizure Start Time: x seconds\nSeizure End Time: 6 "
        "seconds\n"
    ));
    CHECK(refused("Seizure Start Time: 5 seconds\n" + file + "Number of Seizures in File: 0\n"));
    const std::string one = file + "Number of Seizures in File: 0\n";
    CHECK_FALSE(refused(one + one));
    CHECK(refused(
        one + file +
        "Number of Seizures in File: 1\nSeizure Start Time: 5 seconds\nSeizure End Time: 6 "
        "seconds\n"
    ));
}

} // namespace vigil::evaluate
