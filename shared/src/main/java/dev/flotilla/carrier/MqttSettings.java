package dev.flotilla.carrier;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLContext;

/**
 * How to reach a broker.
 *
 * @param broker         {@code mqtt://host:port}, or {@code mqtts://host:port} for TLS
 * @param tls            how both ends prove themselves; there for {@code mqtts} alone
 * @param user           user name; empty for none
 * @param password       never logged
 * @param keepAlive      whole seconds, 1 to 65535
 * @param subscriptions  topic filters, subscribed again after each connect
 * @param will           last will
 * @param birth          published after each connect, before the listener hears of it
 * @param threadName     prefix of the name of its supervisor; Paho names its own threads by the client id
 */
public record MqttSettings(
        URI broker,
        Optional<SSLContext> tls,
        String clientId,
        Optional<String> user,
        Optional<char[]> password,
        Duration keepAlive,
        List<String> subscriptions,
        Optional<Carrier.Message> will,
        Optional<Carrier.Message> birth,
        String threadName) {
    @Override
    public String toString() {
        return broker + " as " + clientId;
    }
}
