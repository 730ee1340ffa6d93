// The meter: senses, reports what it sensed in signed batches, and pays its neighbour for carrying them.
//
//   every second:     sense temperature and humidity; keep what is new
//   four readings:    one transaction with their SenML pack under a Merkle root
//   every 4th report: a payment of 5 to the next validator
//
//   STATE  +0 next sample u64 · +8 reports u32 · +12 pack length u32

import * as app from "./app";

export * from "../index";

const PERIOD_MS: u64 = 1000;
const BATCH: u32 = 4;
const TEMPERATURE: u32 = 0;
const HUMIDITY: u32 = 1;

app.onTick((now: u64): u32 => {
  const due = load<u64>(app.STATE);
  if (now < due) return <u32>(due - now);
  store<u64>(app.STATE, now + PERIOD_MS);
  keep(TEMPERATURE, 0x706d6574, 0x6c65436d); // "temp", "mCel"
  keep(HUMIDITY, 0x79746964696d7568, 0x4852256d); // "humidity", "m%RH"
  if (app.kept() < BATCH || app.report(now) != 0) return <u32>PERIOD_MS;
  const reports = load<u32>(app.STATE, 8) + 1;
  store<u32>(app.STATE, reports, 8);
  if (reports % BATCH == 0) app.pay(app.neighbour(), 5, 1, now);
  return <u32>PERIOD_MS;
});

/** Senses one channel and keeps the value, if there is a new one. */
function keep(channel: u32, name: u64, unit: u32): void {
  const value = app.sense(channel);
  if (value != app.NOTHING) app.keep(name, unit, value);
}
