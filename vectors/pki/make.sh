#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Makes the test certificates of this directory (see README.md) with the openssl command, version 3.
# Keys that are there are kept; certificates are issued anew. Usage: vectors/pki/make.sh
set -euo pipefail
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

GOOD_FROM=20250101000000Z
GOOD_TO=20541231235959Z
SERIAL=1000
NAMES="DNS:localhost,DNS:example.test,DNS:*.wild.test,IP:127.0.0.1,IP:::1"

# new_key FILE KIND: a PKCS#8 key, unless FILE is there.
new_key() {
    [ -s "$1" ] && return
    mkdir -p "$(dirname "$1")"
    case $2 in
    ec256) openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1" ;;
    ec384) openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -out "$1" ;;
    ec521) openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-521 -out "$1" ;;
    secp256k1) openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:secp256k1 -out "$1" ;;
    rsa*) openssl genpkey -quiet -algorithm RSA -pkeyopt "rsa_keygen_bits:${2#rsa}" -out "$1" ;;
    pss) openssl genpkey -quiet -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048 -pkeyopt rsa_pss_keygen_md:sha256 \
        -pkeyopt rsa_pss_keygen_mgf1_md:sha256 -pkeyopt rsa_pss_keygen_saltlen:32 -out "$1" ;;
    ed25519) openssl genpkey -algorithm ED25519 -out "$1" ;;
    ed448) openssl genpkey -algorithm ED448 -out "$1" ;;
    ML-DSA-*) openssl genpkey -algorithm "$2" -provparam ml-dsa.output_formats=seed-only -out "$1" ;;
    esac
}

# issue OUT SUBJECT KEY ISSUER_CERT ISSUER_KEY DIGEST FROM TO EXTENSIONS [openssl ca options]
# ISSUER_CERT "self": self-signed. EXTENSIONS: lines of an extension section.
issue() {
    local out=$1 subject=$2 key=$3 cert=$4 signer=$5 digest=$6 from=$7 to=$8 extensions=$9
    shift 9
    mkdir -p "$(dirname "$out")"
    SERIAL=$((SERIAL + 1))
    : >"$work/index.txt"
    echo "unique_subject = no" >"$work/index.txt.attr"
    printf '%06X\n' "$((16#10000 + SERIAL))" >"$work/serial"
    cat >"$work/ca.cnf" <<CNF
[req]
distinguished_name = dn
[dn]
[ca]
default_ca = ca_default
[ca_default]
database = $work/index.txt
new_certs_dir = $work
serial = $work/serial
policy = any
email_in_dn = yes
copy_extensions = none
default_md = $digest
preserve = yes
[any]
countryName = optional
organizationName = optional
organizationalUnitName = optional
commonName = optional
emailAddress = optional
[ext]
$extensions
CNF
    openssl req -new -config "$work/ca.cnf" -utf8 -key "$key" -subj "$subject" -out "$work/request.pem" 2>/dev/null
    local how=(-cert "$cert")
    [ "$cert" = self ] && how=(-selfsign)
    openssl ca -batch -notext -config "$work/ca.cnf" -extensions ext -in "$work/request.pem" -out "$out" \
        "${how[@]}" -keyfile "$signer" -startdate "$from" -enddate "$to" "$@" 2>"$work/log" || {
        cat "$work/log" >&2
        exit 1
    }
}

ids='subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid'
root_ext='basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash'
ca_ext="basicConstraints = critical,CA:TRUE,pathlen:0
keyUsage = critical,keyCertSign,cRLSign
$ids"
leaf_ext="basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
$ids"
server_ext="$leaf_ext
extendedKeyUsage = serverAuth
subjectAltName = $NAMES"
client_ext="$leaf_ext
extendedKeyUsage = clientAuth"

# family DIRECTORY KIND LEAF_KIND DIGEST [options]: root, intermediate and leaf of one algorithm.
family() {
    local dir=$1 kind=$2 leaf=$3 digest=$4 title="Trivet Test"
    shift 4
    new_key "authority/$dir-root.key.pem" "$kind"
    new_key "authority/$dir-intermediate.key.pem" "$kind"
    new_key "$dir/key.pem" "$leaf"
    issue "$dir/root.pem" "/C=XX/O=$title/CN=$dir root" "authority/$dir-root.key.pem" self "authority/$dir-root.key.pem" \
        "$digest" $GOOD_FROM $GOOD_TO "$root_ext" "$@"
    issue "$dir/intermediate.pem" "/C=XX/O=$title/CN=$dir intermediate" "authority/$dir-intermediate.key.pem" \
        "$dir/root.pem" "authority/$dir-root.key.pem" "$digest" $GOOD_FROM $GOOD_TO "$ca_ext" "$@"
    issue "$dir/leaf.pem" "/C=XX/O=$title/CN=$dir leaf" "$dir/key.pem" "$dir/intermediate.pem" \
        "authority/$dir-intermediate.key.pem" "$digest" $GOOD_FROM $GOOD_TO "$server_ext" "$@"
    cat "$dir/leaf.pem" "$dir/intermediate.pem" >"$dir/chain.pem"
}
family ec256 ec256 ec256 sha256
family ec384 ec384 ec384 sha384
family ec521 ec521 ec521 sha512
family rsa2048 rsa2048 rsa2048 sha256
family rsa3072 rsa3072 rsa3072 sha384
family rsapss rsa2048 pss sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32
family ed25519 ed25519 ed25519 default
family ed448 ed448 ed448 default

new_key authority/ec256-direct-root.key.pem ec256
new_key ec256-direct/key.pem ec256
issue ec256-direct/root.pem "/C=XX/O=Trivet Test/CN=ec256-direct root" authority/ec256-direct-root.key.pem self \
    authority/ec256-direct-root.key.pem sha256 $GOOD_FROM $GOOD_TO "$root_ext"
issue ec256-direct/leaf.pem "/C=XX/O=Trivet Test/CN=ec256-direct leaf" ec256-direct/key.pem ec256-direct/root.pem \
    authority/ec256-direct-root.key.pem sha256 $GOOD_FROM $GOOD_TO "$server_ext"
cp ec256-direct/leaf.pem ec256-direct/chain.pem

# leaf DIRECTORY SUBJECT KIND FROM TO EXTENSIONS [family] [digest]: a leaf under a family's intermediate.
leaf() {
    local dir=$1 subject=$2 kind=$3 from=$4 to=$5 extensions=$6 family=${7:-ec256} digest=${8:-sha256}
    new_key "$dir/key.pem" "$kind"
    issue "$work/leaf.pem" "$subject" "$dir/key.pem" "$family/intermediate.pem" \
        "authority/$family-intermediate.key.pem" "$digest" "$from" "$to" "$extensions"
    cat "$work/leaf.pem" "$family/intermediate.pem" >"$dir/chain.pem"
}
base="/C=XX/O=Trivet Test"
leaf client "$base/CN=client" ec256 $GOOD_FROM $GOOD_TO "$client_ext"
leaf client-ed25519 "$base/CN=client-ed25519" ed25519 $GOOD_FROM $GOOD_TO "$client_ext" ed25519 default
leaf both "$base/CN=both" ec256 $GOOD_FROM $GOOD_TO "$leaf_ext
extendedKeyUsage = serverAuth,clientAuth
subjectAltName = $NAMES"
leaf expired "$base/CN=expired" ec256 20200101000000Z 20210101000000Z "$server_ext"
leaf not-yet-valid "$base/CN=not yet valid" ec256 20530101000000Z 20540101000000Z "$server_ext"
leaf wrong-name "$base/CN=localhost" ec256 $GOOD_FROM $GOOD_TO "$leaf_ext
extendedKeyUsage = serverAuth
subjectAltName = DNS:other.test,IP:192.0.2.1"
leaf no-san "$base/CN=localhost" ec256 $GOOD_FROM $GOOD_TO "$leaf_ext
extendedKeyUsage = serverAuth"
leaf eku-client-only "$base/CN=eku" ec256 $GOOD_FROM $GOOD_TO "$client_ext
subjectAltName = $NAMES"
leaf ku-no-signature "$base/CN=ku" ec256 $GOOD_FROM $GOOD_TO "basicConstraints = critical,CA:FALSE
keyUsage = critical,keyEncipherment
$ids
subjectAltName = $NAMES"
leaf unknown-critical "$base/CN=critical" ec256 $GOOD_FROM $GOOD_TO "$server_ext
1.3.6.1.4.1.99999.1 = critical,DER:0500"
leaf rsa1024 "$base/CN=rsa1024" rsa1024 $GOOD_FROM $GOOD_TO "$server_ext"
leaf sha1 "$base/CN=sha1" ec256 $GOOD_FROM $GOOD_TO "$server_ext" ec256 sha1
leaf sha1-rsa "$base/CN=sha1-rsa" rsa2048 $GOOD_FROM $GOOD_TO "$server_ext" rsa2048 sha1
leaf secp256k1 "$base/CN=secp256k1" secp256k1 $GOOD_FROM $GOOD_TO "$server_ext"
mkdir -p missing-intermediate
cp ec256/leaf.pem missing-intermediate/chain.pem
cp ec256/key.pem missing-intermediate/key.pem
new_key self-signed/key.pem ec256
issue self-signed/chain.pem "$base/CN=self-signed" self-signed/key.pem self self-signed/key.pem sha256 \
    $GOOD_FROM $GOOD_TO "basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
subjectKeyIdentifier = hash
extendedKeyUsage = serverAuth
subjectAltName = $NAMES"

# under DIRECTORY INTERMEDIATE_EXTENSIONS [FROM TO] [LEAF_EXTENSIONS]: a leaf under its own intermediate.
new_key authority/variant.key.pem ec256
under() {
    local dir=$1 extensions=$2 from=${3:-$GOOD_FROM} to=${4:-$GOOD_TO} leaf=${5:-$server_ext}
    local subject=${6:-$base/CN=$dir}
    new_key "$dir/key.pem" ec256
    issue "$work/intermediate.pem" "$base/CN=$dir intermediate" authority/variant.key.pem ec256/root.pem \
        authority/ec256-root.key.pem sha256 "$from" "$to" "$extensions"
    issue "$work/leaf.pem" "$subject" "$dir/key.pem" "$work/intermediate.pem" authority/variant.key.pem sha256 \
        $GOOD_FROM $GOOD_TO "$leaf"
    cat "$work/leaf.pem" "$work/intermediate.pem" >"$dir/chain.pem"
}
nc() { # nc DIRECTORY CONSTRAINTS SUBJECT_ALT_NAMES [SUBJECT]
    under "$1" "$ca_ext
nameConstraints = critical,$2
[section_test]
C = XX
O = Trivet Test
[section_other]
C = XX
O = Trivet Other" "" "" "$leaf_ext
extendedKeyUsage = serverAuth
subjectAltName = $3" "${4:-$base/CN=$1}"
}
under expired-intermediate "$ca_ext" 20200101000000Z 20210101000000Z
under eku-intermediate "$ca_ext
extendedKeyUsage = clientAuth"
under ku-intermediate "basicConstraints = critical,CA:TRUE,pathlen:0
keyUsage = critical,digitalSignature
$ids"
under intermediate-not-ca "basicConstraints = critical,CA:FALSE
keyUsage = critical,keyCertSign
$ids"
under intermediate-no-bc "keyUsage = critical,keyCertSign
$ids"
under unknown-critical-intermediate "$ca_ext
1.3.6.1.4.1.99999.1 = critical,DER:0500"
under policy-constraints "$ca_ext
policyConstraints = critical,requireExplicitPolicy:0"
under inhibit-any-policy "$ca_ext
inhibitAnyPolicy = critical,0"
nc nc-good "permitted;DNS:localhost,permitted;DNS:example.test,permitted;DNS:wild.test,permitted;IP:127.0.0.0/255.0.0.0,permitted;IP:::1/ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff,permitted;dirName:section_test,excluded;DNS:bad.example.test" \
    "$NAMES"
nc nc-dns-permitted "permitted;DNS:example.test" "DNS:localhost,DNS:example.test"
nc nc-dns-excluded "excluded;DNS:localhost" "$NAMES"
nc nc-ip-permitted "permitted;IP:10.0.0.0/255.0.0.0" "DNS:localhost,IP:127.0.0.1"
nc nc-ip-excluded "excluded;IP:127.0.0.0/255.0.0.0" "DNS:localhost,IP:127.0.0.1"
nc nc-dir-permitted "permitted;dirName:section_other" "DNS:localhost"
nc nc-dir-excluded "excluded;dirName:section_other" "DNS:localhost" "/C=XX/O=TRIVET  other/CN=dir"
nc nc-email-excluded "excluded;email:.mail.test" "DNS:localhost,email:someone@host.mail.test"
nc nc-uri-permitted "permitted;URI:.example.test" "DNS:localhost,URI:https://example.net/"
nc nc-unknown-kind "permitted;RID:1.2.3.4" "DNS:localhost,RID:1.2.3.4"

# path-length: root -> first (pathlen:0) -> second -> leaf
new_key authority/second.key.pem ec256
new_key path-length/key.pem ec256
issue "$work/first.pem" "$base/CN=path-length first" authority/variant.key.pem ec256/root.pem \
    authority/ec256-root.key.pem sha256 $GOOD_FROM $GOOD_TO "$ca_ext"
issue "$work/second.pem" "$base/CN=path-length second" authority/second.key.pem "$work/first.pem" \
    authority/variant.key.pem sha256 $GOOD_FROM $GOOD_TO "$ca_ext"
issue "$work/leaf.pem" "$base/CN=path-length" path-length/key.pem "$work/second.pem" authority/second.key.pem sha256 \
    $GOOD_FROM $GOOD_TO "$server_ext"
cat "$work/leaf.pem" "$work/second.pem" "$work/first.pem" >path-length/chain.pem

# other_root DIRECTORY ROOT_SUBJECT: a whole chain under a root of its own
other_root() {
    local dir=$1 subject=$2 intermediate=$3
    new_key "authority/$dir-root.key.pem" ec256
    new_key "$dir/key.pem" ec256
    issue "$dir/root.pem" "$subject" "authority/$dir-root.key.pem" self "authority/$dir-root.key.pem" sha256 \
        $GOOD_FROM $GOOD_TO "$root_ext"
    issue "$work/intermediate.pem" "$intermediate" authority/variant.key.pem "$dir/root.pem" \
        "authority/$dir-root.key.pem" sha256 $GOOD_FROM $GOOD_TO "$ca_ext"
    issue "$work/leaf.pem" "$base/CN=$dir" "$dir/key.pem" "$work/intermediate.pem" authority/variant.key.pem sha256 \
        $GOOD_FROM $GOOD_TO "$server_ext"
    cat "$work/leaf.pem" "$work/intermediate.pem" >"$dir/chain.pem"
}
other_root unknown-root "/C=XX/O=Trivet Unknown/CN=unknown root" "/C=XX/O=Trivet Unknown/CN=unknown intermediate"
other_root same-name-root "$base/CN=ec256 root" "$base/CN=same-name intermediate"

# two-paths: the intermediate twice, first one that has expired; the leaf's path needs the second
new_key two-paths/key.pem ec256
issue "$work/old.pem" "$base/CN=two-paths intermediate" authority/variant.key.pem ec256/root.pem \
    authority/ec256-root.key.pem sha256 20200101000000Z 20210101000000Z "$ca_ext"
issue "$work/new.pem" "$base/CN=two-paths intermediate" authority/variant.key.pem ec256/root.pem \
    authority/ec256-root.key.pem sha256 $GOOD_FROM $GOOD_TO "$ca_ext"
issue "$work/leaf.pem" "$base/CN=two-paths" two-paths/key.pem "$work/new.pem" authority/variant.key.pem sha256 \
    $GOOD_FROM $GOOD_TO "$server_ext"
cat "$work/leaf.pem" "$work/old.pem" "$work/new.pem" >two-paths/chain.pem

# loop: two authorities that certify each other, and no root
loop_ext="basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash"
new_key loop/key.pem ec256
issue "$work/a0.pem" "$base/CN=loop A" authority/variant.key.pem self authority/variant.key.pem sha256 \
    $GOOD_FROM $GOOD_TO "$loop_ext"
issue "$work/b.pem" "$base/CN=loop B" authority/second.key.pem "$work/a0.pem" authority/variant.key.pem sha256 \
    $GOOD_FROM $GOOD_TO "$loop_ext"
issue "$work/a.pem" "$base/CN=loop A" authority/variant.key.pem "$work/b.pem" authority/second.key.pem sha256 \
    $GOOD_FROM $GOOD_TO "$loop_ext"
issue "$work/leaf.pem" "$base/CN=loop" loop/key.pem "$work/a.pem" authority/variant.key.pem sha256 \
    $GOOD_FROM $GOOD_TO "$server_ext"
cat "$work/leaf.pem" "$work/a.pem" "$work/b.pem" >loop/chain.pem

# Key formats
new_key keys/p256-pkcs8.pem ec256
new_key keys/rsa-pkcs8.pem rsa2048
new_key keys/ed25519-pkcs8.pem ed25519
new_key keys/ed448-pkcs8.pem ed448
openssl pkcs8 -topk8 -nocrypt -in keys/p256-pkcs8.pem -outform DER -out keys/p256-pkcs8.der
{
    openssl ecparam -name prime256v1
    openssl pkey -traditional -in keys/p256-pkcs8.pem
} >keys/p256-sec1.pem
openssl pkcs8 -topk8 -in keys/p256-pkcs8.pem -passout pass:secret -out keys/p256-encrypted.pem
openssl ec -in keys/p256-pkcs8.pem -aes128 -passout pass:secret -out keys/p256-sec1-encrypted.pem 2>/dev/null
openssl pkey -traditional -in keys/rsa-pkcs8.pem -out keys/rsa-pkcs1.pem
openssl rsa -traditional -in keys/rsa-pkcs8.pem -outform DER -out keys/rsa-pkcs1.der 2>/dev/null
cat >keys/ed25519-v2.pem <<'PEM'
-----BEGIN PRIVATE KEY-----
MHICAQEwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
oB8wHQYKKoZIhvcNAQkJFDEPDA1DdXJkbGUgQ2hhaXJzgSEAGb9ECWmEzf6FQbrB
Z9w7lshQhqowtrbLDFw4rXAxZuE=
-----END PRIVATE KEY-----
PEM
# Ed25519 twins of some of the variants above, for backends without NIST curves
leaf ed25519-expired "$base/CN=expired" ed25519 20200101000000Z 20210101000000Z "$server_ext" ed25519 default
leaf ed25519-not-yet-valid "$base/CN=not yet valid" ed25519 20530101000000Z 20540101000000Z "$server_ext" ed25519 default
leaf ed25519-wrong-name "$base/CN=localhost" ed25519 $GOOD_FROM $GOOD_TO "$leaf_ext
extendedKeyUsage = serverAuth
subjectAltName = DNS:other.test,IP:192.0.2.1" ed25519 default
leaf ed25519-eku-client-only "$base/CN=eku" ed25519 $GOOD_FROM $GOOD_TO "$client_ext
subjectAltName = $NAMES" ed25519 default
new_key ed25519-self-signed/key.pem ed25519
issue ed25519-self-signed/chain.pem "$base/CN=self-signed" ed25519-self-signed/key.pem self \
    ed25519-self-signed/key.pem default $GOOD_FROM $GOOD_TO "basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
subjectKeyIdentifier = hash
extendedKeyUsage = serverAuth
subjectAltName = $NAMES"

# ML-DSA, which openssl has from 3.5 on; an older one leaves those that are there
if openssl list -signature-algorithms | grep -q ML-DSA; then
    family mldsa44 ML-DSA-44 ML-DSA-44 default
    family mldsa65 ML-DSA-65 ML-DSA-65 default
    family mldsa87 ML-DSA-87 ML-DSA-87 default
    leaf client-mldsa44 "$base/CN=client-mldsa44" ML-DSA-44 $GOOD_FROM $GOOD_TO "$client_ext" mldsa44 default
else
    echo "ML-DSA left as it is: this openssl is older than 3.5"
fi
echo "made"
