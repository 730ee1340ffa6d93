// A sensor for runs that bring none: every device has a temperature (channel 0) and a humidity (channel 1).
//
// Rule: a value depends on seed, device, channel and second only, so a restart or another engine senses the same.

import { NOTHING } from "../device/device.ts";

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
