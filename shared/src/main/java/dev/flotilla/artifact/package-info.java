/**
 * Artifacts: blobs named by their SHA-256 in one folder, which grow chunk by chunk and count once verified and synced; and the one pass that cuts
 * a file into shards. Any thread. In: chunks, files. Out: bytes, a plan of slices. Start at {@link dev.flotilla.artifact.ArtifactStore} and
 * {@link dev.flotilla.artifact.FileCutter}.
 */
package dev.flotilla.artifact;
