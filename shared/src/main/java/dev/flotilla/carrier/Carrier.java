package dev.flotilla.carrier;

import java.util.Optional;

/** A pipe to a broker that loses what it must while the link is down. Any thread may call it; no call blocks. */
public interface Carrier extends AutoCloseable {
    /**
     * Publishes, or drops it when the link is down or the broker has too much unacknowledged: whoever must be heard says it again.
     *
     * @return false if it was dropped here
     */
    boolean publish(Message message);

    /** True while connected and subscribed. */
    boolean connected();

    /** Says a clean goodbye, publishing {@code farewell} first if there is one, and returns within a second. */
    void close(Optional<Message> farewell);

    @Override
    default void close() {
        close(Optional.empty());
    }

    /**
     * One publication.
     *
     * @param qos          0 or 1
     * @param replyTo      response topic of a request
     * @param correlation  correlation data of a request or reply
     */
    record Message(
            String topic,
            byte[] payload,
            int qos,
            boolean retained,
            Optional<String> replyTo,
            Optional<byte[]> correlation) {
        /** QoS 0, not retained, nothing to correlate. */
        public static Message of(String topic, byte[] payload) {
            return new Message(topic, payload, 0, false, Optional.empty(), Optional.empty());
        }

        /** QoS 1, and the broker keeps it for who subscribes later. */
        public static Message retained(String topic, byte[] payload) {
            return new Message(topic, payload, 1, true, Optional.empty(), Optional.empty());
        }
    }

    /** Hears what the carrier does; called by its threads, must not wait. */
    interface Listener {
        /** Connected, and every subscription granted. */
        void up();

        /** The link is down, and why; the supervisor goes on trying. */
        void down(String why);

        /** A message on a subscribed topic. */
        void received(Message message);

        /** The session was taken over by another client of the same id (0x8E); the supervisor has stopped for good. */
        void takenOver();

        /** The broker refused the credentials or a subscription; the supervisor goes on trying, slowly. */
        void refused(String why);
    }
}
