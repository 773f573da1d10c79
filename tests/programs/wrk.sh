#!/bin/sh
# SPDX-License-Identifier: MIT
#
# usage: tests/programs/wrk.sh [-s] BACKENDS [WORK_DIRECTORY]
# Builds wrk from Debian's unmodified source package against Trivet over BACKENDS (openssl, libsodium+openssl) in the place of
# OpenSSL, and runs it against nginx with TLS 1.2 and TLS 1.3, with every connection kept and with a new one for each request.
# -s builds it against libssl too, and measures both in turn (ROUNDS, 11, of SECONDS_EACH, 3).
set -eu

here=$(cd "$(dirname "$0")" && pwd)
. "$here/common.sh"
compare=no
[ "${1:-}" = -s ] && { compare=yes; shift; }
arguments "$@"
need nginx "Debian: nginx-light"

trivet names
source_of wrk
packages libluajit-5.1-2 libluajit-5.1-common libluajit-5.1-dev luajit
libdir=$(dirname "$(find "$ROOT" -name libluajit-5.1.a)")
export PATH="$ROOT/usr/bin:$PATH" LD_LIBRARY_PATH="$libdir" LUA_PATH="$(dirname "$(find "$ROOT" -name jit -type d)")/?.lua;;"

# build NAME CPPFLAGS LIBS
build() {
    copy_source "$1"
    make -C "$OUT/$1" WITH_LUAJIT="$ROOT/usr" WITH_OPENSSL=/usr VER=debian \
        CPPFLAGS="$2 -I$(dirname "$(find "$ROOT" -name luajit.h)")" LDFLAGS="-Wl,-E -L$libdir" \
        LIBS="-l:libluajit-5.1.a $3 -lpthread -lm -ldl" >"$OUT/$1.log" 2>&1 || { tail -n 20 "$OUT/$1.log"; fail "wrk does not build"; }
}
build wrk "$CFLAGS_TRIVET" "$LIBS_TRIVET"
check_free_of_libssl "$OUT/wrk/wrk"
ok "wrk builds, unmodified: $(basename "$SOURCE") over $backends"
[ $compare = no ] || build wrk-libssl "" "-lssl -lcrypto"

port12=$(free_port) port13=$(free_port)
run=$OUT/nginx
mkdir -p "$run/html"
head -c 612 /dev/zero | tr '\0' x > "$run/html/index.html"
server() {
    cat <<END
    server {
        listen 127.0.0.1:$1 ssl;
        ssl_protocols $2;
        ssl_certificate $pki/chain.pem;
        ssl_certificate_key $pki/key.pem;
        ssl_session_cache shared:all:10m;
        root $run/html;
    }
END
}
{
    cat <<END
worker_processes 1;
daemon off;
pid $run/pid;
error_log $run/error.log warn;
events { worker_connections 1024; }
http {
    access_log off;
    keepalive_requests 1000000;
    client_body_temp_path $run/t1; proxy_temp_path $run/t2; fastcgi_temp_path $run/t3; uwsgi_temp_path $run/t4; scgi_temp_path $run/t5;
END
    server "$port12" TLSv1.2
    server "$port13" TLSv1.3
    say "}"
} > "$run/conf"
: > "$run/error.log"
nginx -e "$run/error.log" -c "$run/conf" >"$run/log" 2>&1 &
started $!
wait_for "$port12"
wait_for "$port13"

# measure PROGRAM PORT HEADER SECONDS: requests per second; fails on any error.
measure() {
    timeout 60 "$1" -t1 -c8 -d"$4" -H "$3" "https://localhost:$2/" > "$OUT/out" 2>&1 || { cat "$OUT/out"; fail "wrk ends with $?"; }
    if grep -E -q 'Socket errors|Non-2xx' "$OUT/out"; then
        cat "$OUT/out"
        fail "$1: errors"
    fi
    rate=$(sed -n 's/^Requests\/sec: *//p' "$OUT/out")
    [ "${rate%.*}" -gt 0 ] || { cat "$OUT/out"; fail "$1: no request was answered"; }
}
for version in 1.2 1.3; do
    [ $version = 1.2 ] && port=$port12 || port=$port13
    for header in "Connection: keep-alive" "Connection: close"; do
        measure "$OUT/wrk/wrk" "$port" "$header" "${SECONDS_EACH:-3}"
        ok "TLS $version, $header: $rate requests/s, no errors"
        [ $compare = yes ] || continue
        python3 "$here/rounds.py" "${ROUNDS:-11}" "$OUT/wrk/wrk" "$OUT/wrk-libssl/wrk" -t1 -c8 -d"${SECONDS_EACH:-3}" -H "$header" \
            "https://localhost:$port/"
    done
done
finish
