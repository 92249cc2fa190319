package dev.flotilla.codec;

import dev.flotilla.model.Digest;
import dev.flotilla.model.Spec;

/** The spec's canonical bytes and their digest: fixed field order, no floats, shortest lengths, so equal specs have one digest. */
public final class SpecCodec {
    private SpecCodec() {}

    public static byte[] canonical(Spec spec) {
        CborOut out = new CborOut();
        ModelCodec.write(out, spec);
        return out.bytes();
    }

    public static Digest digest(Spec spec) {
        return Digest.of(canonical(spec));
    }
}
