package dev.flotilla.controller.broker;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Optional;

/** Proof that a broker refuses strangers: real connects, a dozen bytes each, with no client library between. */
final class Probe {
    private static final String CLIENT_ID = "flotilla-probe";
    private static final int ANSWER_MS = 10_000;
    private static final int CONNACK = 0x20;
    private static final int FAILURE = 0x80;

    private Probe() {}

    /** The broker let somebody in, or it is not known whether it would. */
    static final class LetIn extends Exception {
        LetIn(String message) {
            super(message);
        }
    }

    /** Returns if both an anonymous client and one with a wrong password are refused with the broker's own word. */
    static void refused(String host, int port) throws LetIn {
        byte[] random = new byte[24];
        new SecureRandom().nextBytes(random);
        refused(host, port, "an anonymous client", Optional.empty());
        refused(host, port, "a wrong password", Optional.of(HexFormat.of().formatHex(random)));
    }

    private static void refused(String host, int port, String who, Optional<String> password) throws LetIn {
        int reason;
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(host, port), ANSWER_MS);
            socket.setSoTimeout(ANSWER_MS);
            socket.getOutputStream().write(connect(password));
            DataInputStream in = new DataInputStream(socket.getInputStream());
            if (in.readUnsignedByte() != CONNACK) throw new LetIn("the answer to " + who + " was none");
            in.readUnsignedByte(); // length: one byte is enough for what is read here
            in.readUnsignedByte(); // flags
            reason = in.readUnsignedByte();
        } catch (IOException e) {
            throw new LetIn("it is not known whether it refuses " + who + ": " + e);
        }
        if (reason < FAILURE) throw new LetIn(who + " was let in");
    }

    /** An MQTT 5 CONNECT: clean start, no will, keep-alive 10 s, no properties. */
    private static byte[] connect(Optional<String> password) throws IOException {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(body);
        text(out, "MQTT");
        out.write(5);
        out.write(password.isPresent() ? 0b1100_0010 : 0b0000_0010);
        out.writeShort(10);
        out.write(0);
        text(out, CLIENT_ID);
        if (password.isPresent()) {
            text(out, CLIENT_ID);
            text(out, password.get());
        }
        ByteArrayOutputStream packet = new ByteArrayOutputStream();
        packet.write(0x10);
        packet.write(body.size()); // below 128: one byte
        body.writeTo(packet);
        return packet.toByteArray();
    }

    private static void text(DataOutputStream out, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        out.writeShort(bytes.length);
        out.write(bytes);
    }
}
