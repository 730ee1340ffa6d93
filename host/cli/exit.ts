// How a command ends. Scripts and CI read these four numbers, so they never change their meaning.

export const OK = 0;
export const FAILED = 1; // it ran, and what it was asked to show does not hold
export const USAGE = 2; // the command line is wrong: nothing was run
export const ENVIRONMENT = 3; // something this command needs is not on this machine

/** The command line is wrong; the message says what was expected. */
export class Usage extends Error {}

/** Something is not installed or not built; the message says what, and what to type. */
export class Environment extends Error {}

/** What was asked ran and failed; the message says what was expected and what happened. */
export class Failed extends Error {}
