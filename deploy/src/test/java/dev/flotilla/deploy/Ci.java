package dev.flotilla.deploy;

import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

/** What a test needs and this machine may lack: in CI that is a failure, on a developer's machine a skip that nobody overlooks. */
public final class Ci {
    private Ci() {}

    public static void needs(boolean there, String what) {
        if (there) return;
        if ("true".equals(System.getenv("CI"))) fail(what + ", and CI must run every test");
        System.err.println("#### SKIPPED: " + what + "; .ci/run runs these tests ####");
        abort(what);
    }
}
