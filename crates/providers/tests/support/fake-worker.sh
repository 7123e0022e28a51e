#!/bin/sh
# Stands in for inventiv-worker: prints what it was started with, then idles for at most two minutes.
echo "arguments: $*"
echo "token: ${#INVENTIV_WORKER_BOOTSTRAP_TOKEN} characters"
export -p
echo "end of the environment"
case "$FAKE_WORKER" in
    stubborn) trap '' TERM ;;
    with-engine) setsid sleep 120 & ;;
    ends-at-once) exit 1 ;;
esac
exec sleep 120
