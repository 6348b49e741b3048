#include "access/identity.hpp"

#include <sodium.h>

#include <algorithm>
#include <cctype>
#include <format>
#include <optional>

namespace vigil::access {

namespace {

constexpr std::size_t needed_identifiers = 2;

const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

unsigned char* bytes_of(std::string& text) {
    return reinterpret_cast<unsigned char*>(text.data());
}

std::string key_of(const Secret& secret, std::string_view patient) {
    static_assert(crypto_aead_xchacha20poly1305_ietf_KEYBYTES == 32);
    return keyed_digest(secret, "identity", patient);
}

/// Lower case, one space between words, none around them. Letters beyond ASCII stay as they are.
std::string plain(std::string_view text) {
    std::string made;
    for (const char c : text) {
        if (std::isspace(static_cast<unsigned char>(c)) == 0) {
            made += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        } else if (!made.empty() && made.back() != ' ') {
            made += ' ';
        }
    }
    if (made.ends_with(' ')) {
        made.pop_back();
    }
    return made;
}

std::optional<std::string_view>
known(std::string_view patient, const v1::Identity& identity, std::string_view kind) {
    if (kind == "id") {
        return patient;
    }
    if (kind == "name") {
        return identity.name();
    }
    if (kind == "born") {
        return identity.born();
    }
    if (kind == "number") {
        return identity.number();
    }
    if (kind == "bed") {
        return identity.bed();
    }
    return std::nullopt;
}

} // namespace

v1::SealedIdentity seal_identity(
    const Secret& secret,
    Random& random,
    std::string patient,
    const v1::Identity& identity
) {
    v1::SealedIdentity made;
    const auto plain_text = identity.SerializeAsString();
    const auto key = key_of(secret, patient);
    auto& nonce = *made.mutable_nonce();
    nonce.resize(crypto_aead_xchacha20poly1305_ietf_NPUBBYTES);
    random.fill(std::span(bytes_of(nonce), nonce.size()));
    auto& sealed = *made.mutable_sealed();
    sealed.resize(plain_text.size() + crypto_aead_xchacha20poly1305_ietf_ABYTES);
    crypto_aead_xchacha20poly1305_ietf_encrypt(
        bytes_of(sealed),
        nullptr,
        bytes_of(std::string_view(plain_text)),
        plain_text.size(),
        bytes_of(std::string_view(patient)),
        patient.size(),
        nullptr,
        bytes_of(std::string_view(nonce)),
        bytes_of(std::string_view(key))
    );
    made.set_patient(std::move(patient));
    return made;
}

Result<v1::Identity> open_identity(const Secret& secret, const v1::SealedIdentity& sealed) {
    if (sealed.sealed().empty()) {
        return fail(ErrorCode::not_found, "Nothing is known of who this patient is.");
    }
    constexpr std::size_t overhead = crypto_aead_xchacha20poly1305_ietf_ABYTES;
    const auto key = key_of(secret, sealed.patient());
    std::string plain_text(sealed.sealed().size(), '\0');
    const bool is_whole = sealed.sealed().size() >= overhead &&
                          sealed.nonce().size() == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES &&
                          crypto_aead_xchacha20poly1305_ietf_decrypt(
                              bytes_of(plain_text),
                              nullptr,
                              nullptr,
                              bytes_of(std::string_view(sealed.sealed())),
                              sealed.sealed().size(),
                              bytes_of(std::string_view(sealed.patient())),
                              sealed.patient().size(),
                              bytes_of(std::string_view(sealed.nonce())),
                              bytes_of(std::string_view(key))
                          ) == 0;
    v1::Identity identity;
    if (!is_whole || !identity.ParseFromArray(
                         plain_text.data(),
                         static_cast<int>(sealed.sealed().size() - overhead)
                     )) {
        return fail(
            ErrorCode::internal,
            "Who this patient is was sealed with another secret, or changed since."
        );
    }
    return identity;
}

Result<std::vector<std::string>> check_identifiers(
    std::string_view patient,
    const v1::Identity& identity,
    std::span<const Identifier> given
) {
    std::vector<std::string> compared;
    for (const auto& [kind, value] : given) {
        const auto field = "identifiers." + kind;
        const auto right = known(patient, identity, kind);
        if (!right) {
            return fail(
                ErrorCode::invalid_argument,
                "is none of id, name, born, number and bed",
                field
            );
        }
        if (std::ranges::contains(compared, kind)) {
            return fail(ErrorCode::invalid_argument, "stands twice", field);
        }
        if (right->empty()) {
            return fail(ErrorCode::invalid_argument, "is not known of this patient", field);
        }
        if (plain(value) != plain(*right)) {
            return fail(
                ErrorCode::conflict,
                "is not this patient's: look at the wristband again",
                field
            );
        }
        compared.push_back(kind);
    }
    if (compared.size() < needed_identifiers) {
        return fail(
            ErrorCode::invalid_argument,
            std::format(
                "must be at least {} of id, name, born, number and bed",
                needed_identifiers
            ),
            "identifiers"
        );
    }
    return compared;
}

} // namespace vigil::access
