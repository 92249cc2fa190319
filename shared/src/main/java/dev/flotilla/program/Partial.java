package dev.flotilla.program;

/** An exact partial result. Merging is associative and commutative, so every order and every split gives the same bytes (I10). Immutable. */
public interface Partial {
    /** The result over both shards. @throws ClassCastException if the other is of another program: our own bug */
    Partial merge(Partial other);

    /** CBOR of at most {@link dev.flotilla.model.Limits#INLINE} bytes, the same for equal partials. */
    byte[] encode();

    /** What people asked for. */
    Answer answer();
}
