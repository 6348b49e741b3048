#include "recordings/edf_file.hpp"

#include <edflib.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <format>
#include <memory>
#include <utility>

namespace vigil::recordings {

namespace {

constexpr int low_step = -32768;
constexpr int high_step = 32767;
constexpr std::size_t most_channels = 256;
constexpr std::size_t longest_label = 16;
constexpr std::size_t longest_text = 40; // of the header's 80, which two texts and a date share

bool is_printable(const std::string& text, std::size_t longest) {
    return text.size() <= longest &&
           std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

Result<void> check(const EdfDescription& description) {
    const auto& labels = description.labels;
    const auto is_label = [](const std::string& label) {
        return !label.empty() && is_printable(label, longest_label);
    };
    if (labels.empty() || labels.size() > most_channels || !std::ranges::all_of(labels, is_label)) {
        return fail(
            ErrorCode::invalid_argument,
            "an EDF file has 1 to 256 channels, with labels of 1 to 16 printable characters",
            "labels"
        );
    }
    for (const auto* text :
         {&description.patient_code,
          &description.patient_additional,
          &description.equipment,
          &description.recording_additional}) {
        if (!is_printable(*text, longest_text)) {
            return fail(
                ErrorCode::invalid_argument,
                "a text of an EDF header has up to 40 printable ASCII characters",
                "description"
            );
        }
    }
    if (description.rate_hz == 0 || !(description.scale_uv > 0 && description.scale_uv < 100)) {
        return fail(
            ErrorCode::invalid_argument,
            "an EDF file needs a rate, and a scale of over 0 and under 100 uV",
            "scale_uv"
        );
    }
    return {};
}

bool describe_start(int handle, UtcTime start) {
    using namespace std::chrono;
    const auto day = floor<days>(start);
    const year_month_day date(day);
    const hh_mm_ss time(floor<seconds>(start - day));
    return edf_set_startdatetime(
               handle,
               static_cast<int>(date.year()),
               static_cast<int>(static_cast<unsigned>(date.month())),
               static_cast<int>(static_cast<unsigned>(date.day())),
               static_cast<int>(time.hours().count()),
               static_cast<int>(time.minutes().count()),
               static_cast<int>(time.seconds().count())
           ) == 0;
}

bool describe_signal(int handle, int signal, const EdfDescription& description) {
    const auto& label = description.labels[static_cast<std::size_t>(signal)];
    return edf_set_samplefrequency(handle, signal, static_cast<int>(description.rate_hz)) == 0 &&
           edf_set_physical_maximum(handle, signal, high_step * description.scale_uv) == 0 &&
           edf_set_physical_minimum(handle, signal, low_step * description.scale_uv) == 0 &&
           edf_set_digital_maximum(handle, signal, high_step) == 0 &&
           edf_set_digital_minimum(handle, signal, low_step) == 0 &&
           edf_set_label(handle, signal, label.c_str()) == 0 &&
           edf_set_physical_dimension(handle, signal, "uV") == 0;
}

bool describe(int handle, const EdfDescription& description) {
    for (std::size_t signal = 0; signal < description.labels.size(); ++signal) {
        if (!describe_signal(handle, static_cast<int>(signal), description)) {
            return false;
        }
    }
    return describe_start(handle, description.start) &&
           edf_set_patientcode(handle, description.patient_code.c_str()) == 0 &&
           edf_set_patient_additional(handle, description.patient_additional.c_str()) == 0 &&
           edf_set_equipment(handle, description.equipment.c_str()) == 0 &&
           edf_set_recording_additional(handle, description.recording_additional.c_str()) == 0;
}

std::unexpected<Error> not_written(const std::filesystem::path& path, std::string cause) {
    return fail(
        ErrorCode::unavailable,
        std::format("{} cannot be written; is the disk full?", path.string()),
        {},
        std::move(cause)
    );
}

} // namespace

Result<EdfFile>
EdfFile::create(const std::filesystem::path& path, const EdfDescription& description) {
    if (auto checked = check(description); !checked) {
        return std::unexpected(checked.error());
    }
    const int handle = edfopen_file_writeonly(
        path.c_str(),
        EDFLIB_FILETYPE_EDFPLUS,
        static_cast<int>(description.labels.size())
    );
    if (handle < 0) {
        return not_written(path, std::format("EDFlib: {}", handle));
    }
    EdfFile file(path, handle, description.labels.size(), description.rate_hz);
    if (!describe(handle, description)) {
        return fail(
            ErrorCode::invalid_argument,
            "EDFlib refuses the header: a start outside 1985 to 2084, or a text that is too long",
            "description"
        );
    }
    return file;
}

EdfFile::EdfFile(EdfFile&& other) noexcept
    : path_(std::move(other.path_)),
      handle_(std::exchange(other.handle_, -1)),
      samples_(other.samples_),
      seconds_(other.seconds_),
      annotations_(other.annotations_) {}

EdfFile::~EdfFile() {
    if (handle_ >= 0) {
        edfclose_file(handle_);
    }
}

Result<void> EdfFile::write_second(std::span<std::int16_t> channel_major) {
    if (channel_major.size() != samples_) {
        return fail(
            ErrorCode::invalid_argument,
            std::format("a second has {} samples, not {}", samples_, channel_major.size())
        );
    }
    if (edf_blockwrite_digital_short_samples(handle_, channel_major.data()) != 0) {
        return not_written(path_, "EDFlib: a record");
    }
    ++seconds_;
    return {};
}

Result<void> EdfFile::annotate(double onset_s, double duration_s, const std::string& text) {
    // EDFlib puts one into each record when the file is closed and drops what is left
    if (annotations_ >= seconds_ || !(onset_s >= 0) || !(duration_s > 0)) {
        return fail(
            ErrorCode::invalid_argument,
            "an EDF+ file holds one annotation a second, each with an onset and a duration"
        );
    }
    const auto microseconds = [](double seconds) { return std::llround(seconds * 1e6); };
    if (edfwrite_annotation_latin1_hr(
            handle_,
            microseconds(onset_s),
            microseconds(duration_s),
            text.c_str()
        ) != 0) {
        return not_written(path_, "EDFlib: an annotation");
    }
    ++annotations_;
    return {};
}

Result<void> EdfFile::close() {
    if (edfclose_file(std::exchange(handle_, -1)) != 0) {
        return not_written(path_, "EDFlib: closing");
    }
    // what a full disk cut off at the end shows when the header is compared with the file's length
    const auto header = std::make_unique<edf_hdr_struct>();
    if (edfopen_file_readonly(path_.c_str(), header.get(), EDFLIB_DO_NOT_READ_ANNOTATIONS) != 0) {
        return not_written(path_, std::format("EDFlib reads back: {}", header->filetype));
    }
    const bool whole = header->datarecords_in_file == static_cast<long long>(seconds_);
    edfclose_file(header->handle);
    return whole ? Result<void>{} : not_written(path_, "records are missing");
}

} // namespace vigil::recordings
