package dev.flotilla.agent.core;

import dev.flotilla.model.Limits;

/** Laws that only the core's inside can tell. */
public final class AgentLaws {
    private AgentLaws() {}

    /** What an agent holds, on disk and in memory, stays within its limits (I8); says what does not, or nothing. */
    public static String wrong(AgentCore core) {
        Ledger ledger = core.ledger();
        Session session = core.session();
        int most = 4 * Limits.WINDOW;
        if (ledger.attempts.size() > most || ledger.unended > Limits.WINDOW)
            return "it holds " + ledger.attempts.size() + " attempts, " + ledger.unended + " not ended";
        if (session.dirty.size() > ledger.attempts.size() || session.unsettled.size() > ledger.attempts.size())
            return "it remembers more than it holds: " + session.dirty.size() + ", " + session.unsettled.size();
        if (ledger.specs.size() > ledger.attempts.size())
            return "it holds " + ledger.specs.size() + " specs for " + ledger.attempts.size() + " attempts";
        return "";
    }
}
