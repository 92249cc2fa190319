package dev.flotilla.controller.broker;

import com.hivemq.extension.sdk.api.auth.parameter.TopicPermission;
import com.hivemq.extension.sdk.api.auth.parameter.TopicPermission.MqttActivity;
import com.hivemq.extension.sdk.api.auth.parameter.TopicPermission.PermissionType;
import com.hivemq.extension.sdk.api.auth.parameter.TopicPermission.Qos;
import com.hivemq.extension.sdk.api.auth.parameter.TopicPermission.Retain;
import com.hivemq.extension.sdk.api.auth.parameter.TopicPermission.SharedSubscription;
import com.hivemq.extension.sdk.api.services.builder.Builders;
import dev.flotilla.carrier.Topics;
import dev.flotilla.controller.broker.Authority.Role;
import java.util.List;

/** What each role may write and read (PROTOCOL section 2); all else is denied. Nobody may use QoS 2 or share a subscription. */
final class Permissions {
    private Permissions() {}

    /** @param clientId  without {@code / + #} */
    static List<TopicPermission> of(Role role, Topics topics, String clientId) {
        if (role instanceof Role.Controller) {
            return List.of(writes(topics.everything(), Retain.ALL), reads(topics.everything()));
        }
        if (role instanceof Role.Device r) {
            return List.of(
                    writes(topics.report(r.device()), Retain.NOT_RETAINED),
                    writes(topics.presence(r.device()), Retain.ALL),
                    reads(topics.order(r.device())),
                    reads(topics.controller()));
        }
        if (role instanceof Role.Client r) {
            return List.of(
                    writes(topics.all("admin"), Retain.NOT_RETAINED),
                    reads(topics.reply(r.user(), clientId)),
                    reads(topics.events()));
        }
        if (role instanceof Role.Joiner) {
            return List.of(
                    writes(topics.joinAsked(clientId), Retain.NOT_RETAINED), reads(topics.joinAnswered(clientId)));
        }
        throw new AssertionError("no permissions for " + role);
    }

    private static TopicPermission writes(String filter, Retain retain) {
        return permission(filter, MqttActivity.PUBLISH, retain);
    }

    private static TopicPermission reads(String filter) {
        return permission(filter, MqttActivity.SUBSCRIBE, Retain.ALL);
    }

    private static TopicPermission permission(String filter, MqttActivity activity, Retain retain) {
        return Builders.topicPermission()
                .topicFilter(filter)
                .type(PermissionType.ALLOW)
                .activity(activity)
                .qos(Qos.ZERO_ONE)
                .retain(retain)
                .sharedSubscription(SharedSubscription.NOT_SHARED)
                .build();
    }
}
