package dev.flotilla.controller.core;

import dev.flotilla.codec.CborIn;
import dev.flotilla.codec.CborOut;
import dev.flotilla.model.Bytes;
import dev.flotilla.model.DeviceId;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Where each shard was counted, for jobs small enough that people look at every shard; of larger ones it remembers nothing. Four bytes a shard,
 * since ended jobs are kept by the thousand.
 */
final class RanOn {
    private static final int REMEMBERED_SHARDS = 1000;
    /** Of a place: that many of its lower bits are the device's, the others the attempt's number. */
    private static final int DEVICE_BITS = 10;

    /** The attempt whose result was counted. */
    record Ran(DeviceId device, int attempt) {}

    private final List<DeviceId> devices = new ArrayList<>();
    private final int[] places;

    RanOn(long shards) {
        places = new int[shards <= REMEMBERED_SHARDS ? (int) shards : 0];
    }

    void put(long index, DeviceId device, int attempt) {
        if (index >= places.length) return;
        int place = devices.indexOf(device);
        if (place < 0) {
            place = devices.size();
            devices.add(device);
        }
        places[(int) index] = attempt << DEVICE_BITS | place;
    }

    Optional<Ran> get(long index) {
        if (index >= places.length || places[(int) index] == 0) return Optional.empty();
        int place = places[(int) index];
        return Optional.of(new Ran(devices.get(place & (1 << DEVICE_BITS) - 1), place >>> DEVICE_BITS));
    }

    void write(CborOut out) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * places.length);
        for (int place : places) bytes.putInt(place);
        out.array(2);
        out.each(devices, (o, device) -> o.array(1).put(device.value()).end());
        out.put(new Bytes(bytes.array())).end();
    }

    /** Reads what {@link #write} wrote, of a job with as many shards. */
    void read(CborIn in) {
        in.array();
        devices.addAll(in.eachArray(1 << DEVICE_BITS, e -> new DeviceId(e.text(64))));
        ByteBuffer bytes = ByteBuffer.wrap(in.bytes(4 * places.length).array());
        for (int i = 0; i < places.length; i++) places[i] = bytes.getInt();
        in.end();
    }
}
