#include "http/web_push.hpp"

#include "base/json_text.hpp"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/param_build.h>
#include <sodium.h>

#include <algorithm>
#include <cstring>
#include <format>

namespace vigil::http {

namespace {

template <auto Free>
struct Freed {
    template <class T>
    void operator()(T* held) const {
        Free(held);
    }
};

template <class T, auto Free>
using Held = std::unique_ptr<T, Freed<Free>>;
using Number = Held<BIGNUM, BN_clear_free>;
using Key = Held<EVP_PKEY, EVP_PKEY_free>;
using KeyContext = Held<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;

constexpr std::size_t scalar_bytes = 32;
constexpr std::size_t tag_bytes = 16;
constexpr std::uint32_t record_bytes = 4096;
constexpr const char* curve = "prime256v1";

const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

unsigned char* bytes_of(std::string& text) {
    return reinterpret_cast<unsigned char*>(text.data());
}

std::unexpected<Error> wrong(std::string detail, std::string field) {
    return fail(ErrorCode::invalid_argument, std::move(detail), std::move(field));
}

std::unexpected<Error> broken(std::string_view what) {
    return fail(ErrorCode::internal, std::format("OpenSSL could not {}.", what));
}

/// `secret` is null of a public key.
Key key_of(std::string_view point, const BIGNUM* secret) {
    const Held<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free> build(OSSL_PARAM_BLD_new());
    OSSL_PARAM_BLD_push_utf8_string(build.get(), OSSL_PKEY_PARAM_GROUP_NAME, curve, 0);
    OSSL_PARAM_BLD_push_octet_string(
        build.get(),
        OSSL_PKEY_PARAM_PUB_KEY,
        point.data(),
        point.size()
    );
    if (secret != nullptr) {
        OSSL_PARAM_BLD_push_BN(build.get(), OSSL_PKEY_PARAM_PRIV_KEY, secret);
    }
    const Held<OSSL_PARAM, OSSL_PARAM_free> parameters(OSSL_PARAM_BLD_to_param(build.get()));
    const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
    EVP_PKEY* made = nullptr;
    const int kind = secret != nullptr ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY;
    if (EVP_PKEY_fromdata_init(context.get()) != 1 ||
        EVP_PKEY_fromdata(context.get(), &made, kind, parameters.get()) != 1) {
        return nullptr;
    }
    return Key(made);
}

std::string hmac(std::string_view key, std::string_view text) {
    std::string code(scalar_bytes, '\0');
    unsigned int length = 0;
    HMAC(
        EVP_sha256(),
        key.data(),
        static_cast<int>(key.size()),
        bytes_of(text),
        text.size(),
        bytes_of(code),
        &length
    );
    return code;
}

/// HKDF-Expand of at most one block (RFC 5869): `info` ends with the counter 1.
std::string expand(std::string_view key, std::string_view info, std::size_t length) {
    return hmac(key, std::string(info) + '\x01').substr(0, length);
}

Result<std::string> seal(std::string_view key, std::string_view nonce, std::string_view plain) {
    const Held<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free> context(EVP_CIPHER_CTX_new());
    std::string sealed(plain.size() + tag_bytes, '\0');
    int length = 0;
    int rest = 0;
    const bool is_sealed =
        EVP_EncryptInit_ex(
            context.get(),
            EVP_aes_128_gcm(),
            nullptr,
            bytes_of(key),
            bytes_of(nonce)
        ) == 1 &&
        EVP_EncryptUpdate(
            context.get(),
            bytes_of(sealed),
            &length,
            bytes_of(plain),
            static_cast<int>(plain.size())
        ) == 1 &&
        EVP_EncryptFinal_ex(context.get(), bytes_of(sealed) + length, &rest) == 1 &&
        EVP_CIPHER_CTX_ctrl(
            context.get(),
            EVP_CTRL_GCM_GET_TAG,
            tag_bytes,
            bytes_of(sealed) + plain.size()
        ) == 1;
    if (!is_sealed) {
        return broken("encrypt a message");
    }
    return sealed;
}

/// "vapid t=TOKEN, k=KEY"; the token is good for this push service alone.
Result<std::string>
vapid(const PushAddress& address, const PushKey& server, const std::string& contact, UtcTime now) {
    constexpr auto good_for = std::chrono::hours(12); // RFC 8292, section 2: at most 24
    const auto where = destination_of(address.endpoint);
    if (!where) {
        return std::unexpected(where.error());
    }
    JsonText claims;
    claims.open_object()
        .member("aud", where->origin)
        .member("exp", to_us(now + good_for) / 1'000'000)
        .member("sub", contact)
        .close_object();
    const auto covered =
        to_base64url(R"({"typ":"JWT","alg":"ES256"})") + '.' + to_base64url(claims.text());
    auto signature = server.sign(covered);
    if (!signature) {
        return std::unexpected(signature.error());
    }
    return std::format(
        "vapid t={}.{}, k={}",
        covered,
        to_base64url(*signature),
        to_base64url(server.public_bytes())
    );
}

} // namespace

struct PushKey::Pair {
    Key key;
};

PushKey::PushKey(std::unique_ptr<Pair> pair, std::string public_bytes)
    : pair_(std::move(pair)), public_(std::move(public_bytes)) {}

PushKey::PushKey(PushKey&&) noexcept = default;
PushKey& PushKey::operator=(PushKey&&) noexcept = default;
PushKey::~PushKey() = default;

Result<PushKey> PushKey::from_scalar(std::span<const std::uint8_t, 32> scalar) {
    const Held<EC_GROUP, EC_GROUP_free> group(EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1));
    const Number secret(BN_bin2bn(scalar.data(), scalar_bytes, nullptr));
    if (BN_is_zero(secret.get()) != 0 ||
        BN_cmp(secret.get(), EC_GROUP_get0_order(group.get())) >= 0) {
        return wrong("This is no secret of the curve P-256.", "scalar");
    }
    const Held<EC_POINT, EC_POINT_free> point(EC_POINT_new(group.get()));
    std::string bytes(push_public_bytes, '\0');
    const bool is_made =
        EC_POINT_mul(group.get(), point.get(), secret.get(), nullptr, nullptr, nullptr) == 1 &&
        EC_POINT_point2oct(
            group.get(),
            point.get(),
            POINT_CONVERSION_UNCOMPRESSED,
            bytes_of(bytes),
            bytes.size(),
            nullptr
        ) == bytes.size();
    auto pair = std::make_unique<Pair>(is_made ? key_of(bytes, secret.get()) : nullptr);
    if (!pair->key) {
        return broken("make a key");
    }
    return PushKey(std::move(pair), std::move(bytes));
}

Result<std::string> PushKey::sign(std::string_view text) const {
    const Held<EVP_MD_CTX, EVP_MD_CTX_free> context(EVP_MD_CTX_new());
    std::size_t length = 0;
    std::string der;
    const auto begun =
        EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, pair_->key.get()) == 1 &&
        EVP_DigestSign(context.get(), nullptr, &length, bytes_of(text), text.size()) == 1;
    der.resize(length);
    if (!begun ||
        EVP_DigestSign(context.get(), bytes_of(der), &length, bytes_of(text), text.size()) != 1) {
        return broken("sign a message");
    }
    const auto* from = bytes_of(std::string_view(der));
    const Held<ECDSA_SIG, ECDSA_SIG_free> signature(
        d2i_ECDSA_SIG(nullptr, &from, static_cast<long>(length))
    );
    std::string both(2 * scalar_bytes, '\0');
    if (!signature ||
        BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), bytes_of(both), scalar_bytes) < 0 ||
        BN_bn2binpad(
            ECDSA_SIG_get0_s(signature.get()),
            bytes_of(both) + scalar_bytes,
            scalar_bytes
        ) < 0) {
        return broken("write a signature");
    }
    return both;
}

Result<std::string> PushKey::agree(std::string_view other) const {
    const auto theirs = other.size() == push_public_bytes ? key_of(other, nullptr) : nullptr;
    if (!theirs) {
        return wrong("This is no public key of the curve P-256.", "p256dh");
    }
    const KeyContext context(EVP_PKEY_CTX_new(pair_->key.get(), nullptr));
    std::string shared(scalar_bytes, '\0');
    std::size_t length = shared.size();
    if (EVP_PKEY_derive_init(context.get()) != 1 ||
        EVP_PKEY_derive_set_peer(context.get(), theirs.get()) != 1 ||
        EVP_PKEY_derive(context.get(), bytes_of(shared), &length) != 1) {
        return broken("agree on a key");
    }
    return shared;
}

Result<void> check_push_address(const PushAddress& address) {
    if (auto checked = check_url(address.endpoint); !checked) {
        checked.error().field = "endpoint";
        return checked;
    }
    if (address.auth.size() != push_auth_bytes) {
        return wrong("It has 16 bytes, as base64url.", "auth");
    }
    if (address.p256dh.size() != push_public_bytes || !key_of(address.p256dh, nullptr)) {
        return wrong("This is no public key of the curve P-256.", "p256dh");
    }
    return {};
}

Result<std::string> encrypt_push(
    const PushAddress& address,
    std::string_view message,
    const PushKey& once,
    std::span<const std::uint8_t, 16> salt
) {
    if (message.size() > longest_push) {
        return fail(
            ErrorCode::too_large,
            std::format("A push message has at most {} bytes.", longest_push)
        );
    }
    if (address.auth.size() != push_auth_bytes) {
        return wrong("It has 16 bytes.", "auth");
    }
    const auto shared = once.agree(address.p256dh);
    if (!shared) {
        return std::unexpected(shared.error());
    }
    using namespace std::string_view_literals;
    const auto combined = expand(
        hmac(address.auth, *shared),
        std::string("WebPush: info\0"sv) + address.p256dh + once.public_bytes(),
        scalar_bytes
    );
    const std::string salted(salt.begin(), salt.end());
    const auto key = hmac(salted, combined);
    const auto sealed = seal(
        expand(key, "Content-Encoding: aes128gcm\0"sv, 16),
        expand(key, "Content-Encoding: nonce\0"sv, 12),
        std::string(message) + '\x02' // the last record
    );
    if (!sealed) {
        return sealed;
    }
    std::string body = salted;
    for (int shift = 24; shift >= 0; shift -= 8) {
        body += static_cast<char>(record_bytes >> shift & 0xFFU);
    }
    body += static_cast<char>(push_public_bytes);
    return body + once.public_bytes() + *sealed;
}

Result<OutgoingRequest> push_request(
    const PushAddress& address,
    std::string_view message,
    const PushKey& server,
    const PushTerms& terms,
    Random& random,
    UtcTime now
) {
    std::array<std::uint8_t, scalar_bytes> scalar{};
    std::array<std::uint8_t, 16> salt{};
    random.fill(salt);
    random.fill(scalar);
    auto once = PushKey::from_scalar(scalar);
    while (!once && once.error().code == ErrorCode::invalid_argument) { // one in 2^32
        random.fill(scalar);
        once = PushKey::from_scalar(scalar);
    }
    sodium_memzero(scalar.data(), scalar.size());
    if (!once) {
        return std::unexpected(once.error());
    }
    auto body = encrypt_push(address, message, *once, salt);
    auto signature = vapid(address, server, terms.contact, now);
    if (!body || !signature) {
        return std::unexpected(!body ? body.error() : signature.error());
    }
    OutgoingRequest request{
        .verb = Verb::post,
        .url = address.endpoint,
        .body = *std::move(body),
        .headers =
            {{"Content-Type", "application/octet-stream"},
             {"Content-Encoding", "aes128gcm"},
             {"TTL", std::to_string(terms.keep.count())},
             {"Urgency", "high"},
             {"Authorization", *std::move(signature)}},
    };
    if (!terms.topic.empty()) {
        request.headers.emplace_back("Topic", terms.topic);
    }
    return request;
}

std::string to_base64url(std::string_view bytes) {
    constexpr int variant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
    std::string text(sodium_base64_encoded_len(bytes.size(), variant), '\0');
    sodium_bin2base64(text.data(), text.size(), bytes_of(bytes), bytes.size(), variant);
    text.pop_back(); // its NUL
    return text;
}

Result<std::string> from_base64url(std::string_view text) {
    std::string bytes(text.size(), '\0');
    std::size_t length = 0;
    const char* end = nullptr;
    if (sodium_base642bin(
            bytes_of(bytes),
            bytes.size(),
            text.data(),
            text.size(),
            nullptr,
            &length,
            &end,
            sodium_base64_VARIANT_URLSAFE_NO_PADDING
        ) != 0 ||
        end != text.data() + text.size()) {
        return wrong("This is not base64url without padding.", "");
    }
    bytes.resize(length);
    return bytes;
}

} // namespace vigil::http
