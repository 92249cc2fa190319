package dev.flotilla.controller.admin;

import dev.flotilla.model.Digest;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Keeps apart who submits a job over a file and who forgets the files that no job needs, since the core knows of a job only after its file was
 * cut. One thread forgets at a time; any thread may submit.
 */
final class Uploads {
    private final List<Use> uses = new ArrayList<>();
    /** What some submit has used since the core was last asked which files jobs need. */
    private final TreeSet<Digest> used = new TreeSet<>();

    private final TreeSet<Digest> toGo = new TreeSet<>();
    private boolean going;

    /** What one submit needs, until the core has answered it. */
    final class Use {
        private final TreeSet<Digest> digests = new TreeSet<>();

        void add(Digest digest) {
            synchronized (Uploads.this) {
                digests.add(digest);
                used.add(digest);
            }
        }

        void end() {
            synchronized (Uploads.this) {
                uses.remove(this);
            }
        }
    }

    synchronized Use use(Digest digest) {
        Use use = new Use();
        uses.add(use);
        use.add(digest);
        return use;
    }

    /** These may go. @return true if the caller must see to it; else somebody is at it */
    synchronized boolean mayGo(SortedSet<Digest> digests) {
        toGo.addAll(digests);
        boolean first = !going;
        going = true;
        return first;
    }

    /** What is to go now; before the core is asked what is needed. */
    synchronized TreeSet<Digest> going() {
        TreeSet<Digest> now = new TreeSet<>(toGo);
        toGo.clear();
        used.clear();
        for (Use use : uses) used.addAll(use.digests);
        return now;
    }

    /** True if more may go since. */
    synchronized boolean goOn() {
        going = !toGo.isEmpty();
        return going;
    }

    interface Deed {
        void forget(Digest digest) throws IOException;
    }

    synchronized void unlessUsed(Digest digest, Deed deed) throws IOException {
        if (!used.contains(digest)) deed.forget(digest);
    }
}
