/**
 * A stand-in for the image {@code hivemq/hivemq-ce}, for machines that run a Docker engine and reach no image registry: the same
 * broker from the same release, started the way that image starts it. Only {@code .ci/run} builds it; nothing that users install
 * holds it. Start at {@code build.sh}.
 */
package dev.flotilla.deploy.hivemq;
