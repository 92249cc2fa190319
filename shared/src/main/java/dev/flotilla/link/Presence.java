package dev.flotilla.link;

/** What the broker keeps of a device for the controller to read: a hint, since anyone who may write there could say it. */
public enum Presence {
    ONLINE("online"),
    OFFLINE("offline"),
    /** Its journal cannot be written: it is there, and can say nothing else. */
    DEGRADED("degraded: storage");

    private final String word;

    Presence(String word) {
        this.word = word;
    }

    /** As it is written on the wire and in logs. */
    public String word() {
        return word;
    }
}
