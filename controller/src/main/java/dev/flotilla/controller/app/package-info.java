/**
 * The controller's process: wires broker, carrier, loop, journal, files and admin service together. In: settings. Out: a running controller.
 * Start at {@link dev.flotilla.controller.app.ControllerApp}.
 */
package dev.flotilla.controller.app;
