package dev.flotilla.controller.core;

import dev.flotilla.codec.CborIn;
import dev.flotilla.codec.CborOut;
import dev.flotilla.codec.ModelCodec;
import dev.flotilla.model.AttemptState;
import dev.flotilla.model.Bytes;
import dev.flotilla.model.DeviceId;
import dev.flotilla.model.JobId;
import dev.flotilla.model.Limits;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * Events as the recovery log has them: an array of a kind and fields each, what comes by the thousand in columns. A kind's number never
 * changes; a new event takes the next number, a new field is appended, and the last release's journal must still replay.
 */
final class EventCodec {
    private static final int ANY = Integer.MAX_VALUE;
    private static final int ID = 64;

    private EventCodec() {}

    static byte[] write(List<Event> events) {
        CborOut out = new CborOut();
        out.each(events, EventCodec::write);
        return out.bytes();
    }

    static List<Event> read(byte[] batch) {
        return CborIn.whole(batch, in -> in.eachArray(ANY, EventCodec::read));
    }

    private static void write(CborOut out, Event event) {
        if (event instanceof Event.Counted e) {
            out.array(7).put(1).put(e.device().value()).put(e.job().value());
            out.steps(e.counts().stream().map(Event.Count::serial).toList());
            out.steps(e.counts().stream().map(Event.Count::index).toList());
            out.steps(e.counts().stream().map(c -> (long) c.attempt()).toList());
            results(out, e.counts());
            out.end();
        } else if (event instanceof Event.Placed e) {
            out.array(7).put(2).put(e.device().value()).put(e.job().value());
            out.steps(e.placements().stream().map(Event.Placement::serial).toList());
            out.steps(e.placements().stream().map(Event.Placement::index).toList());
            out.steps(e.placements().stream().map(p -> (long) p.attempt()).toList());
            out.put(e.why()).end();
        } else if (event instanceof Event.Ended e) {
            out.array(4).put(3).put(e.device().value()).put(e.job().value());
            out.each(
                    e.ends(),
                    (o, end) -> o.array(5)
                            .put(end.serial())
                            .put(end.index())
                            .put(end.attempt())
                            .put(end.state().ordinal())
                            .put(end.error())
                            .end());
            out.end();
        } else if (event instanceof Event.Adopted e) {
            out.array(6).put(4).put(e.device().value()).put(e.job().value());
            out.put(e.placement().serial())
                    .put(e.placement().index())
                    .put(e.placement().attempt())
                    .end();
        } else if (event instanceof Event.Lost e) {
            out.array(4)
                    .put(5)
                    .put(e.device().value())
                    .runs(e.serials())
                    .put(e.silent())
                    .end();
        } else if (event instanceof Event.Gone e) {
            out.array(4)
                    .put(6)
                    .put(e.device().value())
                    .runs(e.serials())
                    .put(e.why())
                    .end();
        } else if (event instanceof Event.Revived e) {
            out.array(3).put(7).put(e.device().value()).put(e.serial()).end();
        } else if (event instanceof Event.JobSubmitted e) {
            out.array(8).put(8).put(e.job().value()).put(e.name());
            ModelCodec.write(out, e.spec());
            ModelCodec.write(out, e.policy());
            ModelCodec.write(out, e.plan());
            out.put(e.submitted().toEpochMilli()).put(e.seq()).end();
        } else if (event instanceof Event.JobEnded e) {
            out.array(5)
                    .put(9)
                    .put(e.job().value())
                    .put(e.state().ordinal())
                    .put(e.why())
                    .put(e.ran())
                    .end();
        } else if (event instanceof Event.Permitted e) {
            out.array(6)
                    .put(10)
                    .put(e.job().value())
                    .put(e.index())
                    .put(e.device().value())
                    .put(e.serial())
                    .put(e.boot())
                    .end();
        } else if (event instanceof Event.Held e) {
            out.array(4)
                    .put(11)
                    .put(e.job().value())
                    .put(e.index())
                    .put(e.why())
                    .end();
        } else if (event instanceof Event.Released e) {
            out.array(4).put(12).put(e.job().value());
            out.steps(e.indexes());
            out.put(e.again()).end();
        } else if (event instanceof Event.Poisoned e) {
            out.array(3).put(13).put(e.job().value()).put(e.index()).end();
        } else if (event instanceof Event.DeadlineLeft e) {
            out.array(3).put(14).put(e.job().value()).put(e.left()).end();
        } else if (event instanceof Event.DeviceKnown e) {
            out.array(4).put(15).put(e.device().value()).put(e.agentId());
            ModelCodec.write(out, e.capacity());
            out.end();
        } else if (event instanceof Event.SerialsRaised e) {
            out.array(3).put(16).put(e.device().value()).put(e.next()).end();
        } else if (event instanceof Event.Started e) {
            out.array(3).put(17).put(e.term()).put(e.seq()).end();
        } else if (event instanceof Event.OlderCopyFound e) {
            out.array(3).put(18).put(e.device().value()).put(e.term()).end();
        } else if (event instanceof Event.Restored e) {
            out.array(2).put(19).put(e.term()).end();
        } else if (event instanceof Event.OnceHeld e) {
            out.array(2).put(20).put(e.why()).end();
        } else if (event instanceof Event.WaitedEnough) {
            out.array(1).put(21).end();
        } else if (event instanceof Event.KeptTold e) {
            out.array(2).put(22).put(e.device().value()).end();
        } else if (event instanceof Event.RestReleased e) {
            out.array(2).put(23).put(e.job().value()).end();
        } else if (event instanceof Event.JobRemoved e) {
            out.array(2).put(24).put(e.job().value()).end();
        } else if (event instanceof Event.TokenMade e) {
            out.array(8).put(25).put(e.token()).put(e.uses()).put(e.expires().getEpochSecond());
            ModelCodec.map(out, e.labels());
            out.maybe(e.replaces().map(DeviceId::value), CborOut::put);
            out.put(e.approve());
            out.each(e.forgotten(), CborOut::put);
            out.end();
        } else if (event instanceof Event.TokenRevoked e) {
            out.array(2).put(26).put(e.token()).end();
        } else if (event instanceof Event.Joined e) {
            out.array(8).put(27).put(e.device().value()).put(e.token()).put(e.key());
            out.put(e.keyVersion()).put(e.pending()).put(e.until().getEpochSecond());
            ModelCodec.map(out, e.labels());
            out.end();
        } else if (event instanceof Event.DeviceApproved e) {
            out.array(2).put(28).put(e.device().value()).end();
        } else if (event instanceof Event.DeviceRemoved e) {
            out.array(2).put(29).put(e.device().value()).end();
        } else throw new AssertionError("no code for " + event);
    }

    private static Event read(CborIn in) {
        int kind = (int) in.number(1, 29);
        switch (kind) {
            case 1 -> {
                DeviceId device = device(in);
                JobId job = job(in);
                List<Long> serials = in.steps(ANY);
                List<Long> indexes = in.steps(ANY);
                List<Long> attempts = in.steps(ANY);
                List<Bytes> results = results(in, serials.size());
                List<Event.Count> counts = new ArrayList<>();
                for (int i = 0; i < serials.size(); i++) {
                    counts.add(new Event.Count(
                            serials.get(i), indexes.get(i), attempts.get(i).intValue(), results.get(i)));
                }
                return new Event.Counted(device, job, counts);
            }
            case 2 -> {
                DeviceId device = device(in);
                JobId job = job(in);
                List<Long> serials = in.steps(ANY);
                List<Long> indexes = in.steps(ANY);
                List<Long> attempts = in.steps(ANY);
                List<Event.Placement> placements = new ArrayList<>();
                for (int i = 0; i < serials.size(); i++) {
                    placements.add(new Event.Placement(
                            serials.get(i), indexes.get(i), attempts.get(i).intValue()));
                }
                return new Event.Placed(device, job, placements, in.text(1024));
            }
            case 3 -> {
                return new Event.Ended(
                        device(in),
                        job(in),
                        in.eachArray(
                                ANY,
                                e -> new Event.End(
                                        e.number(),
                                        e.number(),
                                        (int) e.number(),
                                        AttemptState.values()[(int) e.number(0, AttemptState.values().length - 1)],
                                        e.text(2 * Limits.ERROR_TEXT))));
            }
            case 4 -> {
                return new Event.Adopted(
                        device(in), job(in), new Event.Placement(in.number(), in.number(), (int) in.number()));
            }
            case 5 -> {
                return new Event.Lost(device(in), in.runs(ANY), in.span());
            }
            case 6 -> {
                return new Event.Gone(device(in), in.runs(ANY), in.text(1024));
            }
            case 7 -> {
                return new Event.Revived(device(in), in.number());
            }
            case 8 -> {
                return new Event.JobSubmitted(
                        job(in),
                        in.text(1024),
                        ModelCodec.spec(in),
                        ModelCodec.policy(in),
                        ModelCodec.plan(in),
                        Instant.ofEpochMilli(in.number()),
                        in.more() ? in.number() : 0);
            }
            case 9 -> {
                return new Event.JobEnded(
                        job(in),
                        JobState.State.values()[(int) in.number(0, JobState.State.values().length - 1)],
                        in.text(1024),
                        in.span());
            }
            case 10 -> {
                return new Event.Permitted(job(in), in.number(), device(in), in.number(), in.number());
            }
            case 11 -> {
                return new Event.Held(job(in), in.number(), in.text(Limits.ERROR_TEXT));
            }
            case 12 -> {
                return new Event.Released(job(in), in.steps(ANY), in.flag());
            }
            case 13 -> {
                return new Event.Poisoned(job(in), in.number());
            }
            case 14 -> {
                return new Event.DeadlineLeft(job(in), in.span());
            }
            case 15 -> {
                return new Event.DeviceKnown(device(in), in.text(ID), ModelCodec.capacity(in));
            }
            case 16 -> {
                return new Event.SerialsRaised(device(in), in.number());
            }
            case 17 -> {
                return new Event.Started(in.number(), in.number());
            }
            case 18 -> {
                return new Event.OlderCopyFound(device(in), in.number());
            }
            case 19 -> {
                return new Event.Restored(in.number());
            }
            case 20 -> {
                return new Event.OnceHeld(in.text(Limits.ERROR_TEXT));
            }
            case 21 -> {
                return new Event.WaitedEnough();
            }
            case 22 -> {
                return new Event.KeptTold(device(in));
            }
            case 23 -> {
                return new Event.RestReleased(job(in));
            }
            case 24 -> {
                return new Event.JobRemoved(job(in));
            }
            case 25 -> {
                return new Event.TokenMade(
                        in.text(ID),
                        (int) in.number(1, Integer.MAX_VALUE),
                        Instant.ofEpochSecond(in.number()),
                        ModelCodec.map(in),
                        in.maybeText(ID).map(DeviceId::new),
                        in.flag(),
                        in.texts(ANY, ID));
            }
            case 26 -> {
                return new Event.TokenRevoked(in.text(ID));
            }
            case 27 -> {
                return new Event.Joined(
                        device(in),
                        in.text(ID),
                        in.digest(),
                        (int) in.number(1, Integer.MAX_VALUE),
                        in.flag(),
                        Instant.ofEpochSecond(in.number()),
                        ModelCodec.map(in));
            }
            case 28 -> {
                return new Event.DeviceApproved(device(in));
            }
            default -> {
                return new Event.DeviceRemoved(device(in));
            }
        }
    }

    private static DeviceId device(CborIn in) {
        return new DeviceId(in.text(ID));
    }

    private static JobId job(CborIn in) {
        return new JobId(in.text(ID));
    }

    /** One, if all are equal. */
    private static void results(CborOut out, List<Event.Count> counts) {
        boolean equal = true;
        for (Event.Count c : counts) equal &= c.result().equals(counts.get(0).result());
        out.array(equal ? 1 : counts.size());
        for (int i = 0; i < (equal ? 1 : counts.size()); i++)
            out.array(1).put(counts.get(i).result()).end();
        out.end();
    }

    private static List<Bytes> results(CborIn in, int size) {
        List<Bytes> some = in.eachArray(ANY, e -> e.bytes(2 * Limits.INLINE));
        if (some.size() == size) return some;
        List<Bytes> all = new ArrayList<>();
        for (int i = 0; i < size; i++) all.add(some.get(0));
        return all;
    }
}
