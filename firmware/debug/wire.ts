// Test hooks of wire/: each layout function under a flat name, so that a test can set device and host side by side.

import * as effect from "../wire/effect";
import * as frame from "../wire/frame";
import * as genesis from "../wire/genesis";
import * as light from "../wire/light";
import * as vote from "../wire/vote";

export function wire_vote_check(p: u32, n: u32): bool {
  return vote.check(p, n);
}
export function wire_vote_statement(p: u32, k: u32, view: u32, digest: u32): void {
  vote.statement(p, k, view, digest);
}
export function wire_vote_nullification(p: u32, from: u32, to: u32, ctx: u32): void {
  vote.nullification(p, from, to, ctx);
}
export function wire_frame_check(p: u32, n: u32): bool {
  return frame.check(p, n);
}
export function wire_genesis_check(p: u32, n: u32): bool {
  return genesis.check(p, n);
}
export function wire_light_checkAsk(n: u32): bool {
  return light.checkAsk(n);
}
export function wire_light_proofAt(p: u32, n: u32): u32 {
  return light.proofAt(p, n);
}
export function wire_effect_span(n: u32): u32 {
  return effect.span(n);
}
