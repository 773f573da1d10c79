#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Makes the revocation lists of crl/ (see README.md) with the openssl command, version 3: of 2026-05-31, good for 30 days,
# unless their name says otherwise. Run it after make.sh. Usage: vectors/pki/make-crl.sh
set -euo pipefail
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
: >"$work/empty"

# list FAMILY NAME REVOKED [EXTENSIONS]: a list of the family's intermediate. REVOKED: "CERTIFICATE REASON" pairs, one on a
# line. Environment: SIGNER (intermediate), CERT, KEY (its own), FROM, TO (YYMMDDHHMMSSZ), DIGEST.
# A certificate that begins with 0x is its serial number.
list() {
    local family=$1 name=$2 revoked=$3 extensions=${4-} signer=${SIGNER:-intermediate} certificate reason serial
    : >"$work/index"
    echo "unique_subject = no" >"$work/index.attr"
    echo 1001 >"$work/number"
    while read -r certificate reason; do
        [ -n "$certificate" ] || continue
        [ "${certificate#0x}" != "$certificate" ] && serial=${certificate#0x} || serial=$(openssl x509 -in "$certificate" -noout -serial | cut -d= -f2)
        printf 'R\t541231235959Z\t260501000000Z%s\t%s\tunknown\t/CN=x\n' "${reason:+,$reason}" "$serial" >>"$work/index"
    done <<<"$revoked"
    cat >"$work/ca.cnf" <<CNF
[ca]
default_ca = ca_default
[ca_default]
database = $work/index
$([ "$name" = number-critical ] || echo "crlnumber = $work/number")
default_md = ${DIGEST:-default}
crl_extensions = ext
[ext]
authorityKeyIdentifier = keyid
$extensions
CNF
    mkdir -p "crl/$family"
    openssl ca -gencrl -config "$work/ca.cnf" -cert "${CERT:-$family/$signer.pem}" \
        -keyfile "${KEY:-authority/$family-$signer.key.pem}" -crl_lastupdate "${FROM:-260531000000Z}" \
        -crl_nextupdate "${TO:-260630000000Z}" -out "crl/$family/$name.pem" 2>"$work/log" || {
        cat "$work/log" >&2
        exit 1
    }
}

point() { # the extension with these lines in it
    printf 'issuingDistributionPoint = critical,@point\n[point]\n%s\n' "$1"
}

for family in ec256 ed25519; do
    [ "$family" = ec256 ] && leaf=ec256/leaf.pem other=both/chain.pem DIGEST=sha256
    [ "$family" = ed25519 ] && leaf=ed25519/leaf.pem other=client-ed25519/chain.pem DIGEST=default
    list $family nobody ""
    list $family other "$other keyCompromise"
    list $family revoked "$other superseded
$leaf keyCompromise"
    list $family revoked-plain "$leaf"
    list $family responder "0x$(printf responder | cksum | cut -c1-8) keyCompromise
0x$(printf nocheck | cksum | cut -c1-8) keyCompromise"
    list $family hold "$leaf certificateHold"
    FROM=260101000000Z TO=260131000000Z list $family old ""
    FROM=260101000000Z TO=260131000000Z list $family old-revoked "$leaf cessationOfOperation"
    FROM=260101000000Z TO=260131000000Z list $family old-hold "$leaf certificateHold"
    FROM=260701000000Z TO=260730000000Z list $family future ""
    openssl req -x509 -key "authority/$family-responder.key.pem" -subj "/C=XX/O=Trivet Test/CN=$family intermediate" \
        -out "$work/namesake.pem"
    CERT=$work/namesake.pem KEY=authority/$family-responder.key.pem list $family other-key "$leaf keyCompromise"
    list $family delta "" "2.5.29.27 = critical,ASN1:INTEGER:1000"
    list $family indirect "" "$(point 'indirectCRL = TRUE')"
    list $family some-reasons "" "$(point 'onlysomereasons = keyCompromise')"
    list $family attribute "" "$(point 'onlyAA = TRUE')"
    list $family user "" "$(point 'onlyuser = TRUE')"
    list $family authorities "$leaf keyCompromise" "$(point 'onlyCA = TRUE')"
    list $family named "$leaf keyCompromise" "$(point 'fullname = URI:http://crl.example.test/1.crl')"
    list $family relative "" "$(point 'relativename = relative
[relative]
CN = 1')"
    list $family unknown-critical "" "1.3.6.1.4.1.99999.1 = critical,ASN1:NULL"
    list $family number-critical "" "2.5.29.20 = critical,ASN1:INTEGER:1000"
    FROM=250101000000Z TO=20541231235959Z list $family long-nobody ""
    FROM=250101000000Z TO=20541231235959Z list $family long-revoked "$leaf keyCompromise"
    FROM=250101000000Z TO=20541231235959Z SIGNER=root list $family long-root-nobody ""
    SIGNER=root list $family root-nobody ""
    SIGNER=root list $family root-revoked "$family/intermediate.pem CACompromise"
done
DIGEST=sha1 list ec256 sha1 "ec256/leaf.pem keyCompromise"
openssl crl -in crl/ec256/revoked.pem -outform DER -out crl/ec256/revoked.der
cat crl/ec256/nobody.pem crl/ec256/root-nobody.pem >crl/ec256/both.pem
echo "made"
