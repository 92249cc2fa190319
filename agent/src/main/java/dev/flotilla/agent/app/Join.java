package dev.flotilla.agent.app;

import dev.flotilla.model.Exit;
import dev.flotilla.model.UserError;
import dev.flotilla.security.DeviceFile;
import dev.flotilla.security.Identity;
import dev.flotilla.security.JoinAnswer;
import dev.flotilla.security.JoinRequest;
import dev.flotilla.security.OwnerOnly;
import dev.flotilla.security.Token;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code flotilla-agent join}: a token becomes a device file. */
@Command(
        name = "join",
        description = {
            "Joins a fleet with a token, and writes the file that the agent then runs with. The device's key is made here and never leaves it.",
            "What was interrupted, or got no answer, is given again with the same words: it becomes the same device."
        },
        footer = {
            "",
            "Examples:",
            "  flotilla-agent join --token-file flotilla.token --device-file oak.json",
            "  ssh admin@farm flotilla token create | flotilla-agent join --token-file - --device-file oak.json",
            "  flotilla-agent run --device-file oak.json --data /var/lib/flotilla-agent"
        })
final class Join implements Callable<Integer> {
    private static final Duration ASKS_APART = Duration.ofSeconds(10);

    @Option(
            names = "--token-file",
            required = true,
            paramLabel = "FILE",
            description =
                    "Holds the token; - reads it from standard input. It is never an argument: others can read those.")
    private Path tokenFile;

    @Option(
            names = "--device-file",
            required = true,
            paramLabel = "FILE",
            description = "Where to write who this device is; must not exist.")
    private Path deviceFile;

    @Option(names = "--host", paramLabel = "NAME", description = "The name to ask for [this host's].")
    private String host;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Print this help and exit.")
    private boolean help;

    @Override
    public Integer call() throws IOException, InterruptedException {
        Token token = token();
        if (Files.exists(deviceFile))
            throw new UserError(
                    Exit.USAGE,
                    deviceFile + " exists",
                    "this machine has joined already, and a device file is never overwritten",
                    "flotilla-agent run --device-file " + deviceFile + " --data DIR          or move it aside");
        KeyPair key = key(token);
        JoinRequest request = JoinRequest.of(token, key, host == null ? hostName() : host);
        while (true) {
            JoinAnswer answer = Joiner.ask(token, request);
            if (answer instanceof JoinAnswer.Refused refused)
                throw new UserError(Exit.NOT_AUTHORISED, refused.what(), refused.why(), refused.next());
            if (answer instanceof JoinAnswer.Joined joined) return joined(token, joined, key);
            System.err.println("waiting to be approved as " + ((JoinAnswer.Pending) answer).device()
                    + "          on the controller's machine: flotilla device approve "
                    + ((JoinAnswer.Pending) answer).device());
            Thread.sleep(ASKS_APART.toMillis());
        }
    }

    private int joined(Token token, JoinAnswer.Joined joined, KeyPair key) throws IOException {
        new DeviceFile(
                        token.fleet(),
                        joined.device(),
                        joined.broker(),
                        "",
                        "",
                        joined.linkKey(),
                        joined.labels(),
                        Optional.of(new Identity(key.getPrivate(), joined.chain())))
                .write(deviceFile);
        Files.deleteIfExists(keyFile());
        System.out.println(joined.device());
        System.err.println("joined fleet " + token.fleet() + " as " + joined.device());
        System.err.println("next:  flotilla-agent run --device-file " + deviceFile + " --data DIR");
        return Exit.DONE.code();
    }

    private Token token() {
        try {
            byte[] text;
            if (tokenFile.toString().equals("-")) text = System.in.readNBytes(Token.LONGEST + 1);
            else {
                if (!Files.exists(tokenFile)) throw new IOException(tokenFile + " is not there");
                OwnerOnly.check(tokenFile);
                text = Files.readAllBytes(tokenFile);
            }
            return Token.parse(new String(text, StandardCharsets.UTF_8));
        } catch (IOException | IllegalArgumentException e) {
            throw new UserError(
                    Exit.USAGE,
                    "the token cannot be used",
                    e.getMessage(),
                    "flotilla token create > flotilla.token          on the controller's machine makes one");
        }
    }

    private Path keyFile() {
        return deviceFile.resolveSibling(deviceFile.getFileName() + ".key");
    }

    /** The key is on disk before anybody hears of it: an answer that is lost is given to it again. */
    private KeyPair key(Token token) throws IOException {
        try {
            if (Files.exists(keyFile())) {
                OwnerOnly.check(keyFile());
                return Identity.pair(Files.readString(keyFile()));
            }
            KeyPair fresh = Identity.freshKey();
            OwnerOnly.write(keyFile(), Identity.text(fresh).getBytes(StandardCharsets.US_ASCII));
            return fresh;
        } catch (IOException | IllegalArgumentException e) {
            throw new UserError(
                    Exit.USAGE,
                    "the key for " + deviceFile + " cannot be kept",
                    e.getMessage(),
                    "flotilla-agent join --device-file FILE          in a folder that you may write");
        }
    }

    private static String hostName() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (IOException e) {
            return ""; // then the controller finds a name
        }
    }
}
