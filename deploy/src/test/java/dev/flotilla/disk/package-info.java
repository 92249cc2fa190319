/**
 * Disks that lose power, break and fill up. A {@link dev.flotilla.disk.Pair} is one controller and one agent, each with the shipped loop and
 * core on a real journal, in virtual time; {@link dev.flotilla.disk.Writes} is what such a pair wrote, system call by system call, and builds
 * from it what a disk may hold after the power went. Start at {@link dev.flotilla.disk.PowerLossTest}.
 */
package dev.flotilla.disk;
