#!/bin/sh
# SPDX-License-Identifier: MIT
#
# usage: tests/programs/redis.sh BACKENDS [WORK_DIRECTORY]
# Builds redis-server, redis-cli and redis-benchmark with TLS from Debian's unmodified source package against Trivet over BACKENDS
# (openssl, libsodium+openssl) in the place of OpenSSL. Its own tests over TLS (UNITS names others of tests/unit and
# tests/integration), whose client is OpenSSL's (tcl-tls); each program against Debian's, which use libssl.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
. "$here/common.sh"
arguments "$@"
need tclsh "its tests are written in Tcl"

source_of redis/trixie
redis_peer
packages tcl-tls
trivet chain "redis-cli and a replica compare no names"
copy_source redis
log=$OUT/redis.log
compiler=cc
command -v ccache >/dev/null && compiler="ccache cc"
(cd "$OUT/redis" && make -C src -j "${JOBS:-2}" CC="$compiler" BUILD_TLS=yes MALLOC=libc OPTIMIZATION=-O0 PKG_CONFIG=false OPENSSL_CFLAGS="$CFLAGS_TRIVET" \
    LIBSSL_LIBS="$LIBS_TRIVET" LIBCRYPTO_LIBS= DEBUG= \
    CFLAGS="$CFLAGS_TRIVET" redis-server redis-cli redis-benchmark) >"$log" 2>&1 ||
    { grep -A5 'error:' "$log" | head -n 20; fail "redis does not build: $log"; }
for program in redis-server redis-cli redis-benchmark; do
    check_free_of_libssl "$OUT/redis/src/$program"
done
ok "redis builds, unmodified: $(basename "$SOURCE") over $backends"

# Its own tests, over TLS: server, replica, redis-cli and redis-benchmark are Trivet's, the client that asks is Tcl's over libssl.
cd "$OUT/redis"
for name in redis-sentinel redis-check-rdb redis-check-aof; do
    ln -sf redis-server "src/$name"
done
[ "$kind" = ec256 ] || ed25519_for_rsa
mkdir -p tests/tls
: > tests/tls/redis.dh
PATH="$OUT/bin:$PATH" bash utils/gen-test-certs.sh >"$OUT/certificates.log" 2>&1 || fail "certificates: $OUT/certificates.log"
sed -i '/tls-dh-params-file/d' tests/support/server.tcl
declared "the line tls-dh-params-file is taken out of the tests' configuration: there is no finite-field Diffie-Hellman"
declared "two tests of unit/tls are left out that want AES128-SHA256 (CBC, RSA key exchange): there are AEADs with ECDHE alone"
declared "one of unit/tls is left out that has an encrypted private key: those are refused"
declared "one of unit/tls is left out that sends plain text to a TLS port and expects its end: Trivet sends an alert first"
declared "one of integration/redis-cli is left out that kills the server: an end without close_notify is -1 of SSL_read(), of libssl's 0;" \
    "hiredis looks at that alone, and redis-cli ends where it would connect again"
log=$OUT/redis-test.log
singles=
for unit in ${UNITS:-unit/tls unit/auth unit/protocol unit/pubsub unit/querybuf unit/type/string integration/redis-cli
    integration/redis-benchmark}; do
    singles="$singles --single $unit"
done
TCLLIBPATH=$(dirname "$(dirname "$(find "$ROOT" -name tcltls.so)")")
export TCLLIBPATH
# shellcheck disable=SC2086
timeout 1200 ./runtest --tls --clients 1 $singles --timeout 300 --skiptest \
    "/^TLS: (Not accepting non-TLS|Verify tls-ciphers|Verify tls-prefer-server-ciphers|Working with an encrypted keyfile)" \
    --skiptest "Interactive CLI: db_num showed in redis-cli after reconnected" >"$log" 2>&1 || true
plain=$(sed 's/\x1b\[[0-9;]*m//g' "$log")
passed=$(say "$plain" | grep -c '^\[ok\]: ' || true)
failed=$(say "$plain" | grep -c -E '^\[(err|exception|TIMEOUT)\]: ' || true)
say "$plain" | grep -E -A3 '^\[(err|exception|TIMEOUT)\]' | head -n 20
[ -n "${UNITS:-}" ] && least=1 || least=100
counted "$passed" "$failed" $least "$log"
say "$plain" | grep -q 'All tests passed without errors' || fail "redis's tests: $log"
ok "redis's own tests over TLS: $passed (${singles# })"

# Each side against Debian's.
redis_server "$OUT/redis/src/redis-server" "$OUT/redis-ours.log"
answer=$("$WORK/redis/redis-cli" --tls --cacert "$pki/root.pem" -p "$port" SET key theirs-to-ours 2>&1)
[ "$answer" = OK ] || fail "Debian's redis-cli and our server: $answer"
ok "Debian's redis-cli (libssl) and this redis-server"
redis_server "$WORK/redis/redis-server" "$OUT/redis-theirs.log"
answer=$("$OUT/redis/src/redis-cli" --tls --cacert "$pki/root.pem" -p "$port" SET key ours-to-theirs 2>&1)
[ "$answer" = OK ] || fail "our redis-cli and Debian's server: $answer"
answer=$("$OUT/redis/src/redis-cli" --tls --cacert "$tree/vectors/pki/unknown-root/root.pem" -p "$port" PING 2>&1 || true)
[ "$answer" != PONG ] || fail "redis-cli takes a certificate of another root"
ok "this redis-cli and Debian's redis-server (libssl); with another root it is refused"
"$OUT/redis/src/redis-benchmark" --tls --cacert "$pki/root.pem" -p "$port" -n 2000 -c 20 -t set,get -q >"$OUT/benchmark.log" 2>&1 ||
    fail "redis-benchmark: $OUT/benchmark.log"
ok "this redis-benchmark and Debian's redis-server: 2000 SET and GET over 20 connections"
finish
