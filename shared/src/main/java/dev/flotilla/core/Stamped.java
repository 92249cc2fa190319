package dev.flotilla.core;

/** An input as the loop saw it: when it was taken up, and the dice that its decision may throw. */
public record Stamped<I>(Moment at, Dice dice, I input) {}
