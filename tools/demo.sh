#!/bin/sh
# SPDX-License-Identifier: MIT
#
# usage: tools/demo.sh TRIVET
# Shows the tool TRIVET against HTTPS servers made of `openssl s_server` on this machine's loopback: one handshake on
# each backend, two backends laid over each other, a resumed one, and one connection that has to be refused.
set -u

tool=$1
cd "$(dirname "$0")/.." || exit 1
pki=$(pwd)/vectors/pki
work=$(mktemp -d) || exit 1
servers=
wrong=0
port=$((20000 + $$ % 20000))

finish()
{
    # shellcheck disable=SC2086
    [ -z "$servers" ] || kill $servers 2>/dev/null
    wait 2>/dev/null
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 1' INT TERM

# start_server CHAIN-NAME: serves $work/www with the certificate of vectors/pki/CHAIN-NAME; sets $port
start_server()
{
    for attempt in 1 2 3 4 5 6 7 8; do
        port=$((port + attempt))
        rm -f "$work/server.log" # an earlier server's log says ACCEPT too
        # started in the directory of the files it may give away
        (cd "$work/www" && exec openssl s_server -accept "127.0.0.1:$port" -WWW -cert "$pki/$1/leaf.pem" \
            -key "$pki/$1/key.pem" -cert_chain "$pki/$1/intermediate.pem") </dev/null >"$work/server.log" 2>&1 &
        pid=$!
        for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
            grep -q ACCEPT "$work/server.log" 2>/dev/null && break 2
            kill -0 "$pid" 2>/dev/null || break
            sleep 0.1
        done
        kill "$pid" 2>/dev/null
        pid=
    done
    [ -n "$pid" ] || { echo "demo: openssl s_server does not start:"; cat "$work/server.log"; exit 1; }
    servers="$servers $pid"
}

# show STATUS TITLE ARGUMENT...: runs the client in sight; STATUS is what its exit status has to be
show()
{
    expected=$1
    printf '\n\033[1m%s\033[0m\n$ trivet client' "$2" | if [ -t 1 ]; then cat; else sed 's/\x1b\[[0-9]*m//g'; fi
    shift 2
    for argument in "$@"; do
        printf ' %s' "$argument" | sed "s,$pki,vectors/pki,; s,$work/,,"
    done
    echo
    "$tool" client "$@" 2>&1
    status=$?
    if [ "$status" -ne "$expected" ]; then
        echo "demo: exit status $status where $expected was expected"
        wrong=$((wrong + 1))
    fi
}

mkdir "$work/www"
echo "Hello over TLS: you are reading this through Trivet." >"$work/www/hello.txt"

start_server ec256
p256="127.0.0.1:$port"
start_server ed25519
ed25519="127.0.0.1:$port"

show 0 "OpenSSL's libcrypto underneath; the server has a P-256 certificate" \
    --backend openssl --ca "$pki/ec256/root.pem" --name localhost --get /hello.txt "$p256"
show 0 "wolfCrypt underneath, the same server" \
    --backend wolfcrypt --ca "$pki/ec256/root.pem" --name localhost --get /hello.txt "$p256"
show 0 "libsodium alone: no P-256 and no RSA, so the server has an Ed25519 certificate" \
    --backend libsodium --ca "$pki/ed25519/root.pem" --name localhost --get /hello.txt "$ed25519"
show 0 "libsodium laid over OpenSSL: X25519 from the one, P-256 signatures from the other" \
    --backend libsodium+openssl --ca "$pki/ec256/root.pem" --name localhost --get /hello.txt "$p256"
show 0 "Tickets are kept in a file" \
    --ca "$pki/ec256/root.pem" --name localhost --session "$work/ticket.pem" --get /hello.txt "$p256"
show 0 "The same again: the ticket stands for the certificate, nothing is signed" \
    --ca "$pki/ec256/root.pem" --name localhost --session "$work/ticket.pem" --get /hello.txt "$p256"
show 1 "A server that is not who it should be: its certificate is for localhost" \
    --backend openssl --ca "$pki/ec256/root.pem" --name bank.example --get /hello.txt "$p256"

echo
if [ "$wrong" -ne 0 ]; then
    echo "demo: $wrong of 7 connections did not end as they should"
    exit 1
fi
echo "Six connections made, one refused, as it should be."
