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
    /** Permits that the operator has decided on: what their attempts say later is no news. */
    private List<Permit> spent = List.of();

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

    /** The operator decided: the permit, if there is one, is off the record. */
    void spendPermit() {
        permit.ifPresent(this::spent);
        permit = Optional.empty();
    }

    void spent(Permit old) {
        List<Permit> more = new ArrayList<>(spent);
        more.add(old);
        spent = List.copyOf(more);
    }

    List<Permit> spent() {
        return spent;
    }

    boolean hasSpent(DeviceId device, long serial) {
        for (Permit p : spent) if (p.isFor(device, serial)) return true;
        return false;
    }

    boolean knowsFailure(DeviceId device, String agentId, long serial) {
        for (Failure f : failures)
            if (f.serial() == serial && f.device().equals(device) && f.agentId().equals(agentId)) return true;
        return false;
    }

    TreeSet<DeviceId> failedOn() {
        TreeSet<DeviceId> devices = new TreeSet<>();
        for (Failure f : failures) devices.add(f.device());
        return devices;
    }
}
