// What an application is to Synod, and Synod to an application: four hooks, five verbs. An app is the entry file of a build:
//
//   export * from "../index";             the ABI
//   app.onTick((now) => ... );            its hooks, handed over while the module starts
//
//   hooks   onBoot()   onTick(now): ms until next   onCommit(height)   onCommand(p, n): reason
//   verbs   sense(channel)   act(channel, value)   keep(name, unit, value)   report(now)   pay(to, amount, fee, now)
//
//   APP  +0 hook of boot u32 · +4 tick · +8 commit · +12 command (table indices; 0: none) · +16 the app's own 240 bytes
//
// Rule: an app decides when and what; the framework decides whether. State that all devices share changes by transactions only.

import { APP, MEMBER, WORK } from "../layout";
import * as hal from "../hal";
import * as event from "../wire/event";
import * as reason from "../wire/reason";
import * as ring from "../core/ring";
import * as cell from "../consensus/cell";
import * as chain from "../consensus/chain";
import * as readings from "../ledger/readings";
import * as wallet from "../ledger/wallet";
import * as purse from "../light/purse";
import * as trust from "../light/trust";

/** The app's own memory: 240 bytes, zero at power-up, lost with the power. */
export const STATE: usize = APP + 16;
/** What sense() gives when the channel has nothing new. */
export const NOTHING: i64 = i64.MIN_VALUE;

/** Called once after each start. */
export function onBoot(hook: () => void): void {
  store<u32>(APP, hook.index);
}

/** Called on every tick with the time in ms since boot; returns ms until it wants to be called again. */
export function onTick(hook: (now: u64) => u32): void {
  store<u32>(APP, hook.index, 4);
}

/** Called after each block that was executed, with its height. */
export function onCommit(hook: (height: u32) => void): void {
  store<u32>(APP, hook.index, 8);
}

/** Called with the n bytes at p of a COMMAND request; returns 0, or why not: 200 to 255 are the application's own reasons. */
export function onCommand(hook: (p: usize, n: u32) => u32): void {
  store<u32>(APP, hook.index, 12);
}

/** Reads a sensor: thousandths of its unit, or NOTHING. Tells whoever watches. */
export function sense(channel: u32): i64 {
  const value = hal.sense(channel);
  if (value == NOTHING) return value;
  const p = ring.event(event.READING, 16);
  if (p != 0) {
    store<u32>(p, channel);
    store<i64>(p, value, 8);
  }
  return value;
}

/** Sets an actuator, in thousandths of its unit. */
export function act(channel: u32, value: i64): void {
  ring.act(channel, value);
}

/** Keeps a reading for the next report, at the cell's time. Name and unit are ASCII, first character in the low byte. */
export function keep(name: u64, unit: u32, value: i64): bool {
  return readings.add(name, unit, value, MEMBER ? trust.time() : chain.blockTime()) != 0;
}

/** Readings kept, not yet reported. */
export function kept(): u32 {
  return readings.count();
}

/** Reports the readings kept as one signed transaction. 0, or why not; then they are gone. */
export function report(now: u64): u32 {
  const n = readings.pack(WORK + 1024, WORK + 1024 - 32);
  if (MEMBER) return purse.report(WORK + 1024 - 32, WORK + 1024, n, now);
  return wallet.report(WORK + 1024 - 32, WORK + 1024, n, now);
}

/** Pays `amount` with `fee` to the account with the kid at `to`. 0, or why not. */
export function pay(to: usize, amount: u64, fee: u64, now: u64): u32 {
  return MEMBER ? purse.pay(to, amount, fee, now) : wallet.pay(to, amount, fee, now);
}

/** Key id of the next validator after this one; to a member, of one of them. */
export function neighbour(): usize {
  return cell.kid((cell.me() + 1) % cell.n());
}

export function boot(): void {
  const hook = load<u32>(APP);
  if (hook != 0) call_indirect<void>(hook);
}

export function tick(now: u64): u32 {
  const hook = load<u32>(APP, 4);
  return hook != 0 ? call_indirect<u32>(hook, now) : 60000;
}

export function commit(height: u32): void {
  const hook = load<u32>(APP, 8);
  if (hook != 0) call_indirect<void>(hook, height);
}

export function command(p: usize, n: u32): u32 {
  const hook = load<u32>(APP, 12);
  return hook != 0 ? call_indirect<u32>(hook, p, n) : reason.NO_COMMAND;
}
