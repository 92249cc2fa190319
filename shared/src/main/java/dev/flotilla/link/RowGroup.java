package dev.flotilla.link;

import dev.flotilla.model.Digest;
import dev.flotilla.model.JobId;
import java.util.List;

/** Rows of attempts of one job under one spec, by rising serial. */
public record RowGroup(JobId job, Digest spec, List<Row> rows) {
    public RowGroup {
        rows = List.copyOf(rows);
    }
}
