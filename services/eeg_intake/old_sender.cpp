#include "eeg_intake/old_sender.hpp"

namespace vigil::eeg_intake {

Result<std::string> patient_of(
    const http::Principal& sender,
    std::uint32_t number,
    const access::DirectoryState& directory,
    const std::set<std::string>& senders
) {
    const auto known = directory.patient_by_number.find(number);
    const auto id = known == directory.patient_by_number.end() ? std::string{} : known->second;
    if (sender.kind == http::Principal::Kind::device) {
        if (id.empty() || id != sender.patient) {
            return fail(ErrorCode::forbidden, "is not the number of this key's patient", "fk_user");
        }
        return id;
    }
    if (id.empty() || (!senders.contains(id) && !senders.contains(std::to_string(number)))) {
        return fail(
            ErrorCode::unauthenticated,
            "may not be written without a device key",
            "fk_user"
        );
    }
    return id;
}

void name_as_sent(Error& error) {
    if (error.field == "start_time_us") {
        error.field = "register_timestamp";
    }
}

} // namespace vigil::eeg_intake
