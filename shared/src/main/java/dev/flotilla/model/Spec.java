package dev.flotilla.model;

/** What decides a job's results, and nothing else does (DESIGN section 2); its digest is over its canonical CBOR. */
public record Spec(Input input, Sharding sharding, ProgramCall program) {
    public Spec {
        if (sharding.count() > input.size()) throw new IllegalArgumentException("more shards than " + input.words());
    }
}
