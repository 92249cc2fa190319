#!/bin/sh
# On a machine that has both packages: a device file for the agent if it has none, its unit, and one job. Prints the job's answer.
set -eu
export FLOTILLA_CONFIG=/var/lib/flotilla/config LC_ALL=C
give_up() {
    journalctl --no-pager -u flotilla-controller -u flotilla-agent >&2
    exit 1
}
tries=0
until flotilla device list > /dev/null 2>&1; do
    tries=$((tries + 1))
    if [ $tries = 120 ]; then give_up; fi
    sleep 0.5
done
if [ ! -e /etc/flotilla/device.json ]; then
    setpriv --reuid=flotilla-controller --regid=flotilla-controller --clear-groups -- \
        flotilla device create oak --data /var/lib/flotilla -o /var/lib/flotilla/oak.json
    install -o flotilla-agent -g flotilla-agent -m 600 /var/lib/flotilla/oak.json /etc/flotilla/device.json
    rm /var/lib/flotilla/oak.json
    systemctl start flotilla-agent
fi
timeout 120 flotilla run sum --range 0..1000000 --shards 4 || give_up
