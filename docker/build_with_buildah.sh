#!/usr/bin/env bash
# Builds the image without an engine and starts it once: root, buildah and debootstrap on a Debian machine.
#
# The base is a Debian made from the mirror that this machine's apt uses, with the certificates this machine trusts. Everything is made
# in a temporary folder and removed at the end.
set -euo pipefail
cd "$(dirname "$0")/.."

for tool in buildah debootstrap; do
    command -v "$tool" >/dev/null || { echo "There is no $tool here: apt-get install buildah debootstrap" >&2; exit 1; }
done

work="$(mktemp -d)"
running=""
finish() {
    # The server in the container leaves with its session.
    [ -z "$running" ] || { kill -TERM -- "-$running" 2>/dev/null && sleep 2; kill -KILL -- "-$running" 2>/dev/null; } || true
    rm -rf --one-file-system "$work"
}
trap finish EXIT
export STORAGE_DRIVER=vfs
image() { buildah --root "$work/store" --runroot "$work/run" "$@"; }
step() { printf '\n== %s (%d s)\n' "$1" "$SECONDS"; }

step "A Debian with Python"
read -r mirror suite < <(apt-get indextargets --format '$(REPO_URI) $(CODENAME)' \
    'Created-By: Packages' 'Origin: Debian' 'Component: main')
debootstrap --variant=minbase --include=python3-venv,ca-certificates "$suite" "$work/base" "$mirror" >"$work/debootstrap.log" \
    || { tail "$work/debootstrap.log"; exit 1; }
cp /etc/ssl/certs/ca-certificates.crt "$work/base/etc/ssl/certs/ca-certificates.crt"
container="$(image from scratch)"
image add --quiet "$container" "$work/base" / >/dev/null
image commit --quiet "$container" localhost/base >/dev/null
image rm "$container" >/dev/null

step "The image"
image build --isolation chroot --network host --pull=never --format docker --build-arg BASE=localhost/base \
    --env PIP_CERT=/etc/ssl/certs/ca-certificates.crt --ignorefile docker/Dockerfile.dockerignore \
    --file docker/Dockerfile --tag localhost/factcheck .

step "Its web server, once"
container="$(image from --pull=never localhost/factcheck)"
port="$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')"
secret="$(python3 -c 'import secrets; print(secrets.token_urlsafe(48))')"
in_image() {
    image run --isolation chroot --network host --user 10001:10001 --env PRODUCTION=1 --env "SECRET_KEY=$secret" \
        --env DATABASE_URL=postgresql://factcheck@127.0.0.1:1/factcheck --env BROKER_URL=amqp://127.0.0.1:1 \
        --env ALLOWED_HOSTS=facts.example --env TRUSTED_PROXIES=1 --env CACHE_URL=redis://127.0.0.1:1/0 \
        --env WEB_HOST=127.0.0.1 --env "PORT=$port" "$container" -- "$@"
}
in_image docker/entry.sh check --deploy --fail-level WARNING
set -m
in_image docker/entry.sh web >"$work/web.log" 2>&1 &
running=$!
set +m
for _ in $(seq 30); do
    in_image python3 docker/healthcheck.py web 2>/dev/null && healthy=1 && break
    sleep 1
done
[ "${healthy:-}" ] || { cat "$work/web.log"; echo "The web server did not answer." >&2; exit 1; }
[ "$(in_image id -u)" = 10001 ]

step "Built, started, healthy"
