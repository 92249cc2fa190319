#!/bin/bash
# usage: build.sh IMAGE
# Makes a Docker image of HiveMQ CE without any base image: a JRE of the modules that the broker needs, the shared libraries
# that it asks for, busybox as the shell, the broker's jars, and the two scripts that Testcontainers calls. Makes nothing if an
# image of that name is there, unless it was made here by another recipe.
set -euo pipefail
image=$1
here=$(cd "$(dirname "$0")" && pwd)
recipe=$(cat "$here"/{pom.xml,build.sh} "$here"/src/main/java/dev/flotilla/deploy/hivemq/Main.java | sha256sum | cut -c 1-16)
if there=$(docker image inspect --format '{{ index .Config.Labels "recipe" }}' "$image" 2> /dev/null); then
    case $there in "" | "<no value>" | "$recipe") exit 0 ;; esac
fi
jdk=$(java -XshowSettings:properties -version 2>&1 | sed -n 's/^ *java\.home = //p')
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

mvn -q -B -f "$here/pom.xml" package -Dspotless.check.skip
mkdir -p "$root"/{bin,tmp,opt/hivemq/{bin,conf,data,extensions,lib}}
cp "$here"/target/lib/*.jar "$here"/target/flotilla-hivemq-image-*.jar "$root/opt/hivemq/lib/"
# 59 MB of natives that a broker with its state in memory never loads
zip -q -d "$root"/opt/hivemq/lib/rocksdbjni-*.jar '*.so' '*.jnilib' '*.dll'

"$jdk/bin/jlink" --add-modules java.se,jdk.unsupported,jdk.management,jdk.crypto.ec,jdk.zipfs --strip-debug \
    --no-header-files --no-man-pages --compress=2 --output "$root/opt/java"

cp "$(command -v busybox)" "$root/bin/busybox"
for applet in sh cp chmod rm mkdir ls cat; do ln -s busybox "$root/bin/$applet"; done
# ldd says "not a dynamic executable" of most files, and means no failure by it
{ find "$root/opt/java" "$root/bin" -type f -exec ldd {} + 2>/dev/null || true; } | grep -oE '/[^ :]+\.so[^ :]*' | sort -u |
    while read -r library; do
        case $library in "$root"/*) continue ;; esac
        mkdir -p "$root$(dirname "$library")"
        cp -L "$library" "$root$library"
    done

cat > "$root/opt/hivemq/conf/config.xml" <<'EOF'
<?xml version="1.0"?>
<hivemq>
  <listeners><tcp-listener><port>1883</port><bind-address>0.0.0.0</bind-address></tcp-listener></listeners>
  <persistence><mode>in-memory</mode></persistence>
  <anonymous-usage-statistics><enabled>false</enabled></anonymous-usage-statistics>
</hivemq>
EOF
cat > "$root/opt/docker-entrypoint.sh" <<'EOF'
#!/bin/sh
exec "$@"
EOF
cat > "$root/opt/hivemq/bin/run.sh" <<'EOF'
#!/bin/sh
exec /opt/java/bin/java -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xmx256m -Dguice_bytecode_gen_option=DISABLED \
    -Dorg.slf4j.simpleLogger.defaultLogLevel=warn -cp '/opt/hivemq/lib/*' dev.flotilla.deploy.hivemq.Main
EOF
chmod 755 "$root"/opt/docker-entrypoint.sh "$root"/opt/hivemq/bin/run.sh
chmod 1777 "$root/tmp"
tar -C "$root" -c . | docker import --change 'EXPOSE 1883' --change 'ENTRYPOINT ["/opt/docker-entrypoint.sh"]' \
    --change "LABEL recipe=$recipe" --change 'CMD ["/opt/hivemq/bin/run.sh"]' - "$image" > /dev/null
