#!/bin/sh
# SPDX-License-Identifier: MIT
#
# usage: tests/programs/hiredis.sh BACKENDS [WORK_DIRECTORY]
# Builds hiredis with TLS from Debian's unmodified source package against Trivet over BACKENDS (openssl, libsodium+openssl) in
# the place of OpenSSL: its own tests run against a redis-server with TLS (over libssl), and so do its two TLS examples. They
# give no name to compare the server's certificate with (nor would OpenSSL compare one): TRIVET_OPENSSL_CHAIN_ONLY. The
# first example is built against the usual Trivet too, and must be refused without a name.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
. "$here/common.sh"
arguments "$@"

source_of hiredis/trixie
redis_peer
libevent

# build NAME: hiredis in $OUT/NAME, against the Trivet of before.
build() {
    copy_source "$1"
    make -C "$OUT/$1" USE_SSL=1 CFLAGS="$CFLAGS_TRIVET $events -DHIREDIS_TEST_SSL" SSL_LDFLAGS="$LIBS_TRIVET -L$libdir -pthread" \
        static hiredis-test hiredis-example-ssl hiredis-example-libevent-ssl >"$OUT/$1.log" 2>&1 ||
        { tail -n 20 "$OUT/$1.log"; fail "hiredis does not build: $OUT/$1.log"; }
    check_free_of_libssl "$OUT/$1/hiredis-test"
    check_free_of_libssl "$OUT/$1/examples/hiredis-example-ssl"
}

trivet chain "hiredis gives no name to compare"
build hiredis
ok "hiredis builds, unmodified: $(basename "$SOURCE") over $backends"

[ "$kind" = ec256 ] || ed25519_for_rsa
log=$OUT/hiredis-test.log
(cd "$OUT/hiredis" && PATH="$OUT/bin:$WORK/redis:$PATH" REDIS_SERVER=redis-server REDIS_PORT="$(free_port)" TEST_SSL=1 \
    REDIS_SSL_PORT="$(free_port)" timeout 300 sh ./test.sh) >"$log" 2>&1 && status=0 || status=$?
grep -q 'Testing against SSL connection' "$log" || { tail -n 30 "$log"; fail "its tests did not use TLS: $log"; }
# The last line is a sum: ALL TESTS PASSED.
passed=$(sed '/ TESTS /d' "$log" | grep -c 'PASSED' || true)
failed=$(sed '/ TESTS /d' "$log" | grep -c 'FAILED' || true)
sed -n '/FAILED/p' "$log"
counted "$passed" "$failed" 150 "$log"
[ "$status" = 0 ] || { tail -n 30 "$log"; fail "hiredis's tests end with $status: $log"; }
ok "hiredis's own tests (test.sh, TEST_SSL=1): $passed passed"

redis_server "$WORK/redis/redis-server" "$OUT/redis.log"
example="hiredis-example-ssl 127.0.0.1 $port $pki/leaf.pem $pki/key.pem $pki/root.pem"
log=$OUT/example.log
timeout 60 "$OUT/hiredis/examples/"$example >"$log" 2>&1 || { cat "$log"; fail "hiredis-example-ssl"; }
grep -q 'PING: PONG' "$log" || { cat "$log"; fail "hiredis-example-ssl has no answer"; }
ok "hiredis-example-ssl: $(grep -c . "$log") lines of answers"
LD_LIBRARY_PATH=$libdir timeout 60 "$OUT/hiredis/examples/hiredis-example-libevent-ssl" value 127.0.0.1 "$port" "$pki/leaf.pem" "$pki/key.pem" \
    "$pki/root.pem" >"$log" 2>&1 || { cat "$log"; fail "hiredis-example-libevent-ssl"; }
grep -q 'argv\[end-1\]: value' "$log" || { cat "$log"; fail "hiredis-example-libevent-ssl has no answer"; }
ok "hiredis-example-libevent-ssl: the value that it had set"

trivet names
build hiredis-names
if timeout 60 "$OUT/hiredis-names/examples/"$example >"$log" 2>&1; then
    fail "hiredis-example-ssl accepts a server without comparing a name"
fi
ok "without TRIVET_OPENSSL_CHAIN_ONLY it is refused: $(grep -m 1 'Error' "$log")"
finish
