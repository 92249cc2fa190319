package dev.flotilla.controller.cli.job;

import picocli.CommandLine.Command;

/** {@code flotilla job}. */
@Command(
        name = "job",
        description = "Submit jobs, follow them, read their answers.",
        subcommands = {
            JobSubmit.class,
            JobList.class,
            JobShow.class,
            JobWait.class,
            JobResult.class,
            JobCancel.class,
            JobRelease.class,
            JobVerify.class,
            JobRemove.class
        })
public final class JobCommand {}
