#!/bin/sh
# Installs what lies beside it as a service, the Flotilla agent or the controller. As root: sudo ./install.sh [--prefix DIR]
#   --prefix DIR   where the program goes [/opt/flotilla-agent, /opt/flotilla-controller]
#   DESTDIR        in the environment: put the files below this folder and touch nothing else (for packages and tests)
set -eu
from=$(cd "$(dirname "$0")" && pwd)
if [ -f "$from/flotilla-agent.service" ]; then product=flotilla-agent program=flotilla-agent user=flotilla-agent
else product=flotilla-controller program=flotilla user=flotilla-controller
fi
prefix=/opt/$product

problem() { # what, why, next
    printf 'error: %s\nwhy:   %s\nnext:  %s\n' "$1" "$2" "$3" >&2
    exit 2
}
while [ $# -gt 0 ]; do
    case $1 in
        --prefix=*) prefix=${1#--prefix=}; shift ;;
        --prefix) prefix=${2-}; shift; [ $# = 0 ] || shift ;;
        *) problem "unknown word $1" "there is only --prefix DIR" "$0 --prefix /opt/$product" ;;
    esac
done
case $prefix in
    /?*) ;;
    *) problem "the prefix '$prefix' cannot be used" "a service needs a full path" "$0 --prefix /opt/$product" ;;
esac
root=${DESTDIR:-}
if [ -z "$root" ] && [ "$(id -u)" != 0 ]; then
    problem "$product was not installed" "only root may write to $prefix and make a service" "sudo $0"
fi

mkdir -p "$root$prefix" "$root/etc/systemd/system" "$root/usr/local/bin"
# An older version's jars must not stay on the class path.
rm -rf "$root$prefix/bin" "$root$prefix/lib" "$root$prefix/profiles"
cp -R "$from/bin" "$from/lib" "$from/profiles" "$from/LICENSE" "$root$prefix/"
ln -sfn "$prefix/bin/$program" "$root/usr/local/bin/$program"
sed "s|/opt/$product|$prefix|" "$from/$product.service" > "$root/etc/systemd/system/$product.service"

if [ -z "$root" ]; then
    chown -R root:root "$prefix"
    id "$user" > /dev/null 2>&1 || useradd --system --user-group --home-dir "/var/lib/$user" --shell /usr/sbin/nologin "$user"
    if command -v systemctl > /dev/null; then
        systemctl daemon-reload || echo "warning: systemd does not know of it yet: systemctl daemon-reload failed" >&2
    fi
    command -v java > /dev/null || echo "warning: there is no Java here: sudo apt install openjdk-17-jre-headless" >&2
fi
echo "$product is in $prefix"
if [ $product = flotilla-agent ]; then
    echo "next:  sudo install -D -o $user -m 600 oak.json /etc/flotilla/device.json          what flotilla device create made"
    echo "       sudo systemctl enable --now $product"
else
    echo "next:  sudo systemctl enable --now $product"
    echo "       sudo install -D -o \$USER -m 600 /var/lib/flotilla/config/contexts/fleet.json ~/.config/flotilla/contexts/fleet.json"
    echo "       flotilla device list"
fi
