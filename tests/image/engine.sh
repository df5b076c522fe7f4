#!/usr/bin/env bash
# Makes sure that a docker engine is up and that python:3.11-slim is there: pulled where a registry
# can be reached, packed from this machine where none can.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

if ! docker info >/dev/null 2>&1; then
    command -v dockerd >/dev/null || {
        apt-get update -qq
        apt-get install -y -qq --no-install-recommends docker.io
    }
    nohup dockerd >"${TMPDIR:-/tmp}/dockerd.log" 2>&1 &
    for _ in $(seq 100); do docker info >/dev/null 2>&1 && break; sleep 0.2; done
    docker info >/dev/null
fi

base=${BASE:-python:3.11-slim}
if ! docker image inspect "$base" >/dev/null 2>&1 && ! docker pull -q "$base" 2>/dev/null; then
    "${PYTHON:-python3.11}" "$here/base.py" | docker import - scorebundle-base >/dev/null
    printf 'FROM scorebundle-base\nRUN ldconfig && python3 -m ensurepip --default-pip\nCMD ["python3"]\n' |
        DOCKER_BUILDKIT=0 docker build -q -t "$base" - >/dev/null
fi
