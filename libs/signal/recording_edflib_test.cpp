// Compares the EDF reader with another program: Teunis van Beelen's EDFlib.
#include "signal/recording_test_files.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>
#include <edflib.h>

#include <vector>

namespace vigil::signal {

TEST_CASE("every sample and scale of the EDF files is what EDFlib reads") {
    if (test::data_folder().empty()) {
        SKIP("VIGIL_DATA is not set");
    }
    for (const char* name :
         {"chbmit/chb01_03_from_0s.edf",
          "chbmit/chb01_03_from_2995s.edf",
          "heart/sub-002_ses-01_task-szMonitoring_run-10_ecg.edf"}) {
        const std::filesystem::path path = test::data_folder() / name;
        const auto recording = test::open_file(path).value();
        const RecordingInfo& info = recording->info();
        const auto all = recording->read(0, info.samples).value();
        edf_hdr_struct header;
        REQUIRE(edfopen_file_readonly(path.c_str(), &header, EDFLIB_DO_NOT_READ_ANNOTATIONS) == 0);
        REQUIRE(static_cast<std::size_t>(header.edfsignals) == info.channels.size());
        for (int signal = 0; signal < header.edfsignals; ++signal) {
            const edf_param_struct& theirs = header.signalparam[signal];
            const RecordingChannel& ours = info.channels[static_cast<std::size_t>(signal)];
            REQUIRE(theirs.smp_in_file == static_cast<long long>(info.samples));
            std::vector<int> samples(info.samples);
            REQUIRE(
                edfread_digital_samples(
                    header.handle,
                    signal,
                    static_cast<int>(info.samples),
                    samples.data()
                ) == static_cast<int>(info.samples)
            );
            CHECK(std::equal(
                samples.begin(),
                samples.end(),
                all.begin() + signal * static_cast<std::ptrdiff_t>(info.samples)
            ));
            CHECK_THAT(
                theirs.phys_min,
                Catch::Matchers::WithinRel(theirs.dig_min * ours.scale + ours.offset, 1e-9)
            );
            CHECK_THAT(
                theirs.phys_max,
                Catch::Matchers::WithinRel(theirs.dig_max * ours.scale + ours.offset, 1e-9)
            );
        }
        CHECK(edfclose_file(header.handle) == 0);
    }
}

} // namespace vigil::signal
