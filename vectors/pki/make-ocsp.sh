#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Makes the OCSP responses of ocsp/ (see README.md) with the openssl command, version 3, and faketime: they are of
# 2026-05-31, good for 30 days, unless their name says otherwise. Run it after make.sh. With
# "must-staple" it makes those alone. Usage: vectors/pki/make-ocsp.sh [must-staple]
set -euo pipefail
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
base="/C=XX/O=Trivet Test"

# delegate FAMILY NAME EXTENDED_KEY_USAGE [DAYS]: a responder's certificate under the family's intermediate.
delegate() {
    local family=$1 name=$2 usage=$3 key="authority/$1-responder.key.pem" algorithm=(-algorithm ED25519)
    [ "$family" = ec256 ] && algorithm=(-algorithm EC -pkeyopt ec_paramgen_curve:P-256)
    [ -s "$key" ] || openssl genpkey "${algorithm[@]}" -out "$key"
    printf 'basicConstraints = critical,CA:FALSE\nkeyUsage = critical,digitalSignature\n%s\n' "$usage" >"$work/ext"
    openssl req -new -key "$key" -subj "$base/CN=$family $name" -out "$work/request" 2>/dev/null
    faketime -f '2026-01-01 00:00:00' env TZ=UTC openssl x509 -req -in "$work/request" -CA "$family/intermediate.pem" \
        -CAkey "authority/$family-intermediate.key.pem" -set_serial "0x$(printf '%s' "$name" | cksum | cut -c1-8)" \
        -extfile "$work/ext" -days "${4:-9000}" -out "$work/$family-$name.pem" 2>/dev/null
}

# respond FAMILY NAME ENTRY DATE [openssl ocsp options]: a response about the family's leaf. ENTRY: index line, without
# the serial number ("V", "R", or "none" for an unknown certificate). Environment: HASH, SIGNER, KEY, ABOUT.
respond() {
    local family=$1 name=$2 entry=$3 date=$4 about=${ABOUT:-$1/leaf.pem} serial
    local signer=${SIGNER:-$family/intermediate.pem} key=${KEY:-authority/$family-intermediate.key.pem}
    shift 4
    serial=$(openssl x509 -in "$about" -noout -serial | cut -d= -f2)
    : >"$work/index"
    case $entry in
    V) printf 'V\t541231235959Z\t\t%s\tunknown\t/CN=x\n' "$serial" >"$work/index" ;;
    R) printf 'R\t541231235959Z\t260501000000Z,keyCompromise\t%s\tunknown\t/CN=x\n' "$serial" >"$work/index" ;;
    esac
    echo "unique_subject = no" >"$work/index.attr"
    openssl ocsp "-${HASH:-sha256}" -issuer "$family/intermediate.pem" -cert "$about" -reqout "$work/question" -no_nonce
    local digest=(-rmd "${DIGEST:-sha256}")
    [ "$family" = ed25519 ] && digest=() # Ed25519 hashes for itself
    mkdir -p "ocsp/$family"
    faketime -f "$date 00:00:00" env TZ=UTC openssl ocsp -index "$work/index" -CA "$family/intermediate.pem" \
        -rsigner "$signer" -rkey "$key" -reqin "$work/question" -respout "ocsp/$family/$name.der" "${digest[@]}" "$@"
}

# staple FAMILY NAME FEATURES: a leaf like the family's with its key, and a TLS feature extension (RFC 7633).
staple() {
    local family=$1 name=$2
    printf 'basicConstraints = critical,CA:FALSE\nkeyUsage = critical,digitalSignature\n%s\n%s\n' \
        "subjectAltName = DNS:localhost" "tlsfeature = $3" >"$work/ext"
    openssl req -new -key "$family/key.pem" -subj "$base/CN=$name" -out "$work/request" 2>/dev/null
    mkdir -p "ocsp/$family"
    faketime -f '2026-01-01 00:00:00' env TZ=UTC openssl x509 -req -in "$work/request" -CA "$family/intermediate.pem" \
        -CAkey "authority/$family-intermediate.key.pem" -set_serial "0x$(printf '%s' "$name" | cksum | cut -c1-8)" \
        -extfile "$work/ext" -days 9000 -out "ocsp/$family/$name.pem" 2>/dev/null
    cat "$family/intermediate.pem" >>"ocsp/$family/$name.pem"
}

for family in ec256 ed25519; do
    staple "$family" must-staple status_request
    staple "$family" other-feature 24
    alone=(-resp_no_certs -ndays 30)
    ABOUT=ocsp/$family/must-staple.pem respond $family must-staple-good V 2026-05-31 "${alone[@]}"
    ABOUT=ocsp/$family/must-staple.pem respond $family must-staple-revoked R 2026-05-31 "${alone[@]}"
    delegate "$family" nocheck "extendedKeyUsage = OCSPSigning
noCheck = ignored"
    SIGNER=$work/$family-nocheck.pem KEY=authority/$family-responder.key.pem \
        respond $family delegated-nocheck V 2026-05-31 -ndays 30
    [ "${1-}" = must-staple ] && continue
    delegate "$family" responder "extendedKeyUsage = OCSPSigning"
    delegate "$family" no-purpose "extendedKeyUsage = serverAuth"
    delegate "$family" expired-responder "extendedKeyUsage = OCSPSigning" 30
    respond $family good V 2026-05-31 "${alone[@]}"
    HASH=sha1 respond $family good-sha1-id V 2026-05-31 "${alone[@]}"
    HASH=sha384 respond $family good-sha384-id V 2026-05-31 "${alone[@]}"
    respond $family no-next-update V 2026-05-31 -resp_no_certs
    respond $family revoked R 2026-05-31 "${alone[@]}"
    respond $family unknown none 2026-05-31 "${alone[@]}"
    respond $family old V 2026-01-01 "${alone[@]}"
    respond $family future V 2026-07-01 "${alone[@]}"
    ABOUT=$([ $family = ec256 ] && echo both/chain.pem || echo client-ed25519/chain.pem) \
        respond $family other-certificate V 2026-05-31 "${alone[@]}"
    SIGNER=$work/$family-responder.pem KEY=authority/$family-responder.key.pem \
        respond $family delegated V 2026-05-31 -ndays 30
    SIGNER=$work/$family-responder.pem KEY=authority/$family-responder.key.pem \
        respond $family delegated-by-key V 2026-05-31 -ndays 30 -resp_key_id
    SIGNER=$work/$family-no-purpose.pem KEY=authority/$family-responder.key.pem \
        respond $family delegated-no-purpose V 2026-05-31 -ndays 30
    SIGNER=$work/$family-expired-responder.pem KEY=authority/$family-responder.key.pem \
        respond $family delegated-expired V 2026-05-31 -ndays 30
    SIGNER=$family/root.pem KEY=authority/$family-root.key.pem respond $family signed-by-root V 2026-05-31 -ndays 30
done
[ "${1-}" = must-staple ] && exit
DIGEST=sha1 respond ec256 sha1-signature V 2026-05-31 -resp_no_certs -ndays 30
# OCSPResponse { tryLater }
printf '\x30\x03\x0a\x01\x03' >ocsp/try-later.der
echo "made"
