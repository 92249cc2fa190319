/**
 * Commands about jobs: {@code JobList} is {@code flotilla job list}. In: words, job files, input files. Out: requests to the controller, answers
 * with their coverage. Threads: one command's. Start at {@link dev.flotilla.controller.cli.job.Submitter}.
 */
package dev.flotilla.controller.cli.job;
