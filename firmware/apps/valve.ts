// The valve: senses a temperature, decides by a rule, acts, and reports what it saw and did. Read this app first.
//
//   sense ──> keep the reading ──> the rule ──> act ──> keep what was done ──> report: one signed transaction
//
//            opens at openAt ┌──────────── open (cools)
//                            │     between both limits it stays as it is, so that noise around one limit does not
//     closed ────────────────┘     wear it out (hysteresis); blind for half a minute it closes
//                  closes at closeAt
//
//   reading   name       unit    value
//             temp       mCel    thousandths of a degree Celsius, one a second
//             valve      m/      thousandths of fully open: 0 or 1000; whenever it turned, and once after each start
//             openAt     mCel    beside each valve: the rule by which it stands there
//             closeAt    mCel
//
//   COMMAND   0 openAt i32 · 4 closeAt i32        new limits, in thousandths of a degree; refused as a whole, by number
//   STATE     +0 next sample u64 · +8 last reading u64 · +16 position i64 · +24 openAt i32 · +28 closeAt i32 · +32 untold u32
//
// Rule: what the valve did is in the ledger, with the limits that made it do so. Limits that were set are lost with the power;
// after a start the ones below stand again, and the first report says so.

import * as app from "./app";

export * from "../index";

const SECOND_MS: u64 = 1000;
const BLIND_MS: u64 = 30000;
const BATCH: u32 = 4; // readings in a report, unless the valve turned
const TEMPERATURE: u32 = 0; // the channel it senses
const VALVE: u32 = 0; // the channel it acts on
const CLOSED: i64 = 0;
const OPEN: i64 = 1000;

// the limits after a start, thousandths of a degree, and what COMMAND accepts
const OPEN_AT: i32 = 30000;
const CLOSE_AT: i32 = 28500;
const COLDEST: i32 = -40000;
const HOTTEST: i32 = 85000;
const GAP: i32 = 500;

// why a COMMAND is refused; numbers from 200 to 255 are the application's own
const LIMITS_SIZE: u32 = 200; // not two i32
const LIMITS_RANGE: u32 = 201; // a limit outside of what the sensor measures
const LIMITS_GAP: u32 = 202; // openAt is not above closeAt by half a degree or more

// where its state lies: 240 bytes at app.STATE are the application's own
const NEXT: usize = app.STATE;
const HEARD: usize = app.STATE + 8;
const POSITION: usize = app.STATE + 16;
const LIMIT_OPEN: usize = app.STATE + 24;
const LIMIT_CLOSE: usize = app.STATE + 28;
const UNTOLD: usize = app.STATE + 32; // 1: the ledger does not know yet how it stands

// This runs while the module starts, before anything else: the limits, and which function is called when.
setLimits(OPEN_AT, CLOSE_AT);

app.onBoot((): void => app.act(VALVE, CLOSED)); // whatever it was, now it stands as POSITION says

app.onTick((now: u64): u32 => {
  const due = load<u64>(NEXT);
  if (now < due) return <u32>(due - now); // a device is ticked whenever a frame comes in, too
  store<u64>(NEXT, now + SECOND_MS);
  const value = app.sense(TEMPERATURE);
  if (value != app.NOTHING) {
    app.keep(0x706d6574, 0x6c65436d, value); // "temp", "mCel": ASCII, first character in the low byte
    store<u64>(HEARD, now);
    decide(value);
  } else if (now - load<u64>(HEARD) > BLIND_MS) turn(CLOSED);
  tell(now);
  return <u32>SECOND_MS;
});

app.onCommand((p: usize, n: u32): u32 => {
  if (n != 8) return LIMITS_SIZE;
  const openAt = load<i32>(p);
  const closeAt = load<i32>(p, 4);
  if (openAt > HOTTEST || closeAt < COLDEST) return LIMITS_RANGE;
  if (<i64>openAt - closeAt < GAP) return LIMITS_GAP; // in 64 bits: the difference of two i32 may not fit one
  setLimits(openAt, closeAt);
  return 0; // they hold from the next reading on
});

function setLimits(openAt: i32, closeAt: i32): void {
  store<i32>(LIMIT_OPEN, openAt);
  store<i32>(LIMIT_CLOSE, closeAt);
  store<u32>(UNTOLD, 1);
}

/** The rule. */
function decide(value: i64): void {
  if (value >= load<i32>(LIMIT_OPEN)) turn(OPEN);
  else if (value <= load<i32>(LIMIT_CLOSE)) turn(CLOSED);
}

/** Turns the valve, unless it stands there already. */
function turn(position: i64): void {
  if (position == load<i64>(POSITION)) return;
  store<i64>(POSITION, position);
  store<u32>(UNTOLD, 1);
  app.act(VALVE, position);
}

/** Reports when there is enough to say, or something to say at once. */
function tell(now: u64): void {
  const untold = load<u32>(UNTOLD) != 0;
  if (untold) {
    app.keep(0x65766c6176, 0x2f6d, load<i64>(POSITION)); // "valve", "m/"
    app.keep(0x74416e65706f, 0x6c65436d, load<i32>(LIMIT_OPEN)); // "openAt", "mCel"
    app.keep(0x744165736f6c63, 0x6c65436d, load<i32>(LIMIT_CLOSE)); // "closeAt", "mCel"
  }
  if (!untold && app.kept() < BATCH) return;
  if (app.report(now) == 0) store<u32>(UNTOLD, 0); // refused (too much waits already): it is said again in a second
}
