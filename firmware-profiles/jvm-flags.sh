#!/bin/sh
# Prints the JVM flags of the profile that fits this machine, on one line: the agent's launcher needs them before there is a Java to ask.
# Chooses as dev.flotilla.agent.probe.Profiles does, and a test there keeps both the same. Nothing fits: prints nothing, exit 1.
#   usage: sh jvm-flags.sh FOLDER [NAME [ROOT]]
#   FOLDER holds the profiles; NAME: that profile, whatever the machine is; ROOT: where /proc is found, for tests
folder=$1 name=${2-} root=${3-}
arch=$(uname -m)
[ "$arch" = aarch64 ] && arch=arm64
model=$({ tr -d '\0' <"$root/proc/device-tree/model"; } 2>/dev/null)
memory=$(awk '/^MemTotal:/ { print int($2 / 1024) }' "$root/proc/meminfo")
exec awk -v name="$name" -v arch="$arch" -v model="$model" -v memory="$memory" '
  function judge(   fits, rank) {
    if (name != "") fits = p["name"] == name
    else fits = substr(model, 1, length(p["model"])) == p["model"] && (p["arch"] == "" || p["arch"] == arch) \
      && (p["memory_min_mib"] == "" || memory + 0 >= p["memory_min_mib"] + 0) \
      && (p["memory_max_mib"] == "" || memory + 0 <= p["memory_max_mib"] + 0)
    rank = 4 * length(p["model"]) + 2 * (p["memory_min_mib"] p["memory_max_mib"] != "") + (p["arch"] != "")
    if (fits && rank > best) { best = rank; chosen = flags }
    split("", p)
    flags = ""
  }
  BEGIN { best = -1 }
  FNR == 1 && NR > 1 { judge() }
  /^ *- / { sub(/^ *- /, ""); flags = flags (flags == "" ? "" : " ") $0; next }
  /^ *[a-z_]+: / { key = $1; sub(/:$/, "", key); sub(/^ *[a-z_]+: /, ""); p[key] = $0 }
  END {
    judge()
    if (best < 0) exit 1
    print chosen
  }' "$folder"/*.yaml
