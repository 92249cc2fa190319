package dev.flotilla.controller.core;

import dev.flotilla.model.DeviceId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/** A task that was placed and is not done. Part of the ledger: changed by {@link Ledger} alone. */
final class TaskState {
    enum Status {
        OPEN,
        HELD,
        POISONED
    }

    /** Which attempt may start, in which boot. */
    record Permit(DeviceId device, long serial, long boot) {
        boolean isFor(DeviceId d, long s) {
            return device.equals(d) && serial == s;
        }
    }

    /** A failure as a device told it; told again, it is known. */
    record Failure(DeviceId device, String agentId, long serial, String error) {}

    final long index;
    Status status = Status.OPEN;
    /** Attempts so far, which number the next one. */
    int attempts;
    /** Attempts that are live: neither ended, nor lost, nor gone. */
    int live;
    Optional<Permit> permit = Optional.empty();
    Optional<String> heldWhy = Optional.empty();
    private List<Failure> failures = List.of();

    TaskState(long index) {
        this.index = index;
    }

    void failed(Failure failure) {
        List<Failure> more = new ArrayList<>(failures);
        more.add(failure);
        failures = List.copyOf(more);
    }

    List<Failure> failures() {
        return failures;
    }

    void forgetFailures() {
        failures = List.of();
    }

    boolean knowsFailure(DeviceId device, String agentId, long serial) {
        for (Failure f : failures) if (f.serial() == serial && f.device().equals(device) && f.agentId().equals(agentId)) return true;
        return false;
    }

    TreeSet<DeviceId> failedOn() {
        TreeSet<DeviceId> devices = new TreeSet<>();
        for (Failure f : failures) devices.add(f.device());
        return devices;
    }
}
