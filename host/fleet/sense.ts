// What a fleet's sensors say, chosen by a plain value, so that a tape can name it.
//
//   "weather"                          every device has a temperature (channel 0) and a humidity (channel 1), made up
//   "nothing"                          no sensor has ever anything new
//   {recording: {from, intervalMs}}    devices 0 to 3 sense the recorded motes of host/sensor
//
// Rule: a value depends on seed, device, channel and time only, so a restart or another engine senses the same.

import { NOTHING } from "../device/device.ts";
import * as recording from "../sensor/recording.ts";

export type Senses =
  "weather" | "nothing" | { readonly recording: { readonly from: number; readonly intervalMs: number } };
export type Sense = (device: number, channel: number, nowMs: number) => bigint;

/** Thousandths of a degree Celsius and of a percent, wandering slowly; nothing on other channels. */
export function weather(seed: number): Sense {
  return (device, channel, nowMs) => {
    if (channel > 1) return NOTHING;
    const second = Math.floor(nowMs / 1000);
    const phase = (seed % 97) + 13 * device + 41 * channel;
    const triangle = Math.abs(((second + phase) % 120) - 60); // 0..60..0 in two minutes
    const noise = (Math.imul(second + phase, 0x9e3779b1) >>> 24) - 128;
    return BigInt((channel === 0 ? 18000 : 45000) + 100 * triangle + noise);
  };
}

/** The sensors that `senses` names, for one fleet. */
export function of(senses: Senses, seed: number): Sense {
  if (senses === "nothing") return () => NOTHING;
  return senses === "weather" ? weather(seed) : recording.sensors(senses.recording);
}
