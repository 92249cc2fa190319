#!/bin/sh
# Prints the JVM flags of the profile that fits this machine, on one line: the agent's launcher needs them before there is a Java to ask.
# Chooses as dev.flotilla.agent.probe.Profiles does, and a test there keeps both the same. Nothing fits: prints nothing, exit 1.
#   usage: sh jvm-flags.sh FOLDER [NAME [SITE [ROOT]]]
#   FOLDER holds the profiles; NAME: that profile, whatever the machine is; SITE: a site file, its flags beat the profile's
#   ROOT: where /proc is found, for tests
folder=$1 name=${2-} site=${3-} root=${4-}
arch=$(uname -m)
# A 32-bit system on a 64-bit kernel, as Raspberry Pi OS has it, runs a 32-bit Java.
case $arch:$(getconf LONG_BIT 2>/dev/null) in
  aarch64:32 | armv8l:*) arch=armv7l ;;
  aarch64:*) arch=arm64 ;;
esac
model=$({ tr -d '\0' <"$root/proc/device-tree/model"; } 2>/dev/null)
memory=$(awk '/^MemTotal:/ { print int($2 / 1024) }' "$root/proc/meminfo")
container=false
for mark in .dockerenv run/.containerenv run/systemd/container; do
  if [ -e "$root/$mark" ]; then container=true; fi
done
if [ ! -r "$site" ]; then site=/dev/null; fi
exec awk -v asked="$name" -v site="$site" -v arch="$arch" -v model="$model" -v memory="$memory" -v container="$container" '
  function judge(   fits, rank) {
    if (asked != "") fits = p["name"] == asked
    else fits = substr(model, 1, length(p["model"])) == p["model"] && (p["arch"] == "" || p["arch"] == arch) \
      && (p["memory_min_mib"] == "" || memory + 0 >= p["memory_min_mib"] + 0) \
      && (p["memory_max_mib"] == "" || memory + 0 <= p["memory_max_mib"] + 0) \
      && (p["container"] == "" || container == "true")
    rank = 1000 * (p["container"] != "") + 4 * length(p["model"]) + 2 * (p["memory_min_mib"] p["memory_max_mib"] != "") \
      + (p["arch"] != "")
    if (fits && rank > best) { best = rank; chosen = flags }
    clear()
  }
  function clear() { split("", p); flags = "" }
  function unquoted(text,   ends) {
    ends = substr(text, 1, 1) substr(text, length(text))
    return length(text) > 1 && (ends == "\"\"" || ends == "\047\047") ? substr(text, 2, length(text) - 2) : text
  }
  BEGIN { best = -1 }
  FNR == 1 && read == "site" { mine = flags; if (asked == "") asked = p["profile"]; clear() }
  FNR == 1 && read == "profile" { judge() }
  FNR == 1 { read = FILENAME == site && read == "" ? "site" : "profile" }
  { sub(/\r$/, ""); sub(/^#.*/, ""); sub(/[ \t]#.*/, ""); sub(/[ \t]+$/, "") }
  /^ *- / { sub(/^ *- */, ""); flags = flags (flags == "" ? "" : " ") $0; next }
  /^ *[a-z_0-9]+: / { key = $1; sub(/:$/, "", key); sub(/^ *[a-z_0-9]+: */, ""); p[key] = unquoted($0) }
  END {
    judge()
    if (best < 0) exit 1
    print mine != "" ? mine : chosen
  }' "$site" "$folder"/*.yaml
