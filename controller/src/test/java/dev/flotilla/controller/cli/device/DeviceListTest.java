package dev.flotilla.controller.cli.device;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.flotilla.controller.cli.shell.Replies;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class DeviceListTest {
    @Test
    void whatADeviceDoesNotKnowIsADash() throws IOException {
        ObjectNode reply = Replies.parse("""
                {"ok": true, "devices": [
                 {"device": "elm", "state": "never met", "since": null, "slots": 0, "running": 0, "held": 0, "load": 0.0, "mem_free": 0, "celsius": null,
                  "speed": null, "round_trip_ms": null, "labels": {}, "profile": "", "arch": ""},
                 {"device": "oak", "state": "ready", "since": "2026-11-24T10:04:57Z", "slots": 4, "running": 2, "held": 7, "load": 0.5, "mem_free": 536870912,
                  "celsius": 51.3, "speed": 2200000.0, "round_trip_ms": 3.25, "labels": {"n": "1", "site": "berlin"}, "profile": "raspberry-pi-4b", "arch": "arm64"}]}""".getBytes(StandardCharsets.UTF_8));
        assertEquals(
                List.of(
                        "DEVICE  STATE      SLOTS  RUNNING  HELD  LOAD     FREE  TEMP    LINK  LABELS           PROFILE          ARCH   HEARD",
                        "elm     never met      0        0     0  0.00      0 B     -       -  -                                        -",
                        "oak     ready          4        2     7  0.50  512 MiB  51 C  3.3 ms  n=1,site=berlin  raspberry-pi-4b  arm64  3.0 s ago"),
                DeviceList.table(reply, Integer.MAX_VALUE, Instant.parse("2026-11-24T10:05:00Z")));
    }
}
