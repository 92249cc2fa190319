package dev.flotilla.journal;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/** Another process that opens a journal and appends to it until it is killed, saying each number after its commit. */
final class WritingProcess {
    private WritingProcess() {}

    public static void main(String[] args) throws JournalFailed {
        try (SqliteJournal journal = SqliteJournal.open(Path.of(args[0]), JournalSettings.agent())) {
            while (!System.out.checkError()) System.out.println(journal.append(new byte[300]));
        } catch (JournalFailed e) {
            System.out.println(e.kind());
        }
    }

    /** What it said last: a number, when it was killed at that one or later, or why it could not open the journal. */
    static String runUntil(long seq, Path file) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("surefire.real.class.path", System.getProperty("java.class.path")),
                        WritingProcess.class.getName(),
                        file.toString()))
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        String last = "";
        try (BufferedReader out =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = out.readLine(); line != null; line = out.readLine()) {
                last = line;
                // by its handle, which leaves what it has said to be read
                if (line.equals(Long.toString(seq))) process.toHandle().destroyForcibly();
            }
        } finally {
            process.destroyForcibly().waitFor();
        }
        return last;
    }
}
