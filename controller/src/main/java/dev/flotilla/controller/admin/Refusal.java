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

    /** The core was asked and said nothing. */
    static Refusal unanswered() {
        return new Refusal(new View.Problem(
                "degraded",
                5,
                "the controller did not answer in time",
                "it is busy or stopping",
                "try again",
                Optional.empty()));
    }

    /** Somewhere as many requests wait as may. */
    static Refusal full() {
        return new Refusal(new View.Problem(
                "busy",
                5,
                "nothing was done: the controller is busy",
                "too many requests wait for it already",
                "try again in a moment",
                Optional.empty()));
    }

    View.Problem problem() {
        return problem;
    }
}
