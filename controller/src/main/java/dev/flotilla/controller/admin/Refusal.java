package dev.flotilla.controller.admin;

import dev.flotilla.controller.core.View;
import java.util.Optional;

/** A request that cannot be carried out; becomes the reply. */
final class Refusal extends RuntimeException {
    private static final long serialVersionUID = 1;
    private final transient View.Problem problem;

    Refusal(View.Problem problem) {
        super(problem.what());
        this.problem = problem;
    }

    /** The request is wrong in that field. */
    static Refusal usage(String field, String what, String why, String next) {
        return new Refusal(new View.Problem("usage", 2, what, why, next, Optional.ofNullable(field)));
    }

    View.Problem problem() {
        return problem;
    }
}
