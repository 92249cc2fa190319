package dev.flotilla.controller.admin;

/** Lets the fuzzing in. */
public final class RequestDoor {
    private RequestDoor() {}

    /** False if the request is refused with a reason for its client. */
    public static boolean takes(byte[] json) {
        try {
            return AdminService.check(Json.parse(json)).isEmpty();
        } catch (Refusal e) {
            return false;
        }
    }
}
