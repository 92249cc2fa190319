package dev.flotilla.controller.admin;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.flotilla.artifact.ArtifactStore;
import dev.flotilla.controller.core.View;
import dev.flotilla.model.Digest;
import dev.flotilla.model.Limits;
import java.io.IOException;
import java.util.Base64;
import java.util.Optional;

/** Takes artifacts from clients, chunk by chunk. For threads that may wait for files. */
final class Artifacts {
    private static final int LARGEST_CHUNK = 64 * 1024;

    private final ArtifactStore store;
    private final Storage storage;

    Artifacts(ArtifactStore store, Storage storage) {
        this.store = store;
        this.storage = storage;
    }

    /** How much of it is here. */
    ObjectNode stat(Fields fields) {
        Digest digest = fields.parsed("digest", () -> new Digest(fields.text("digest")));
        ObjectNode out = Json.MAPPER.createObjectNode();
        boolean whole = store.size(digest).isPresent();
        if (whole) store.touch(digest);
        out.put("ok", true).put("have", store.have(digest)).put("whole", whole);
        return out;
    }

    /** One more chunk. @throws Refusal if it is wrong, or the disk does not take it */
    ObjectNode put(Fields fields) {
        Digest digest = fields.parsed("digest", () -> new Digest(fields.text("digest")));
        long total = fields.number("total");
        if (total < 0 || total > Limits.ARTIFACT) {
            throw Refusal.usage("total", "the artifact is too large", "an artifact has at most 1 GiB", "cut the file");
        }
        byte[] data;
        try {
            data = Base64.getDecoder().decode(fields.text("data"));
        } catch (IllegalArgumentException e) {
            throw Refusal.usage("data", "data is no base64", e.getMessage(), "docs/admin-api.md shows an upload");
        }
        if (data.length > LARGEST_CHUNK)
            throw Refusal.usage(
                    "data", "the chunk is too large", "a chunk has at most 64 KiB", "send it in smaller ones");
        if (storage.isShortOfDisk()) throw storage.noRoom();
        try {
            ArtifactStore.Put put = store.put(digest, fields.number("offset"), total, data);
            ObjectNode out = Json.MAPPER.createObjectNode();
            out.put("ok", true).put("have", put.have()).put("whole", put.whole());
            return out;
        } catch (IOException e) {
            throw new Refusal(new View.Problem(
                    "degraded",
                    5,
                    "the chunk was not stored",
                    e.getMessage(),
                    "free space where the controller keeps its data and send it again: it goes on where it stopped",
                    Optional.empty()));
        }
    }
}
